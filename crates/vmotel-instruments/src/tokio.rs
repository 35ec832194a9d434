//! The tokio runtime.

use opentelemetry::metrics::Meter;
use tokio::runtime::{Handle, RuntimeMetrics};
use vmotel_model::MetricDef;

use crate::{
    catalog,
    instrument::{observe_f64, observe_u64},
};

/// A tokio runtime: workers, tasks, the queue they share, time that workers are busy.
///
/// The metrics are those of [`catalog::TOKIO`], read at collection; what only a tokio tells that is built with
/// `--cfg tokio_unstable` is there with that flag. The names are a convention of this project, as OpenTelemetry has none.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::TokioMetrics;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// TokioMetrics::register(&opentelemetry::global::meter("shop"), &tokio::runtime::Handle::current());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TokioMetrics {
    _private: (),
}

impl TokioMetrics {
    /// Registers the observation of a runtime; call it once per meter provider.
    pub fn register(meter: &Meter, runtime: &Handle) {
        let metrics = runtime.metrics();
        let one = |def: &MetricDef, read: fn(&RuntimeMetrics) -> u64| {
            let metrics = metrics.clone();
            observe_u64(meter, def, move || Some(read(&metrics)));
        };
        one(&catalog::TOKIO_RUNTIME_WORKERS, |m| m.num_workers() as u64);
        one(&catalog::TOKIO_RUNTIME_ALIVE_TASKS, |m| {
            m.num_alive_tasks() as u64
        });
        one(&catalog::TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH, |m| {
            m.global_queue_depth() as u64
        });
        #[cfg(target_has_atomic = "64")]
        {
            one(&catalog::TOKIO_RUNTIME_PARKS, |m| {
                (0..m.num_workers())
                    .map(|worker| m.worker_park_count(worker))
                    .sum()
            });
            let metrics = metrics.clone();
            observe_f64(meter, &catalog::TOKIO_RUNTIME_BUSY_TIME, move || {
                let busy = |worker| metrics.worker_total_busy_duration(worker).as_secs_f64();
                Some((0..metrics.num_workers()).map(busy).sum())
            });
        }
        #[cfg(tokio_unstable)]
        {
            one(&catalog::TOKIO_RUNTIME_BLOCKING_THREADS, |m| {
                m.num_blocking_threads() as u64
            });
            one(&catalog::TOKIO_RUNTIME_BLOCKING_QUEUE_DEPTH, |m| {
                m.blocking_queue_depth() as u64
            });
        }
        #[cfg(all(tokio_unstable, target_has_atomic = "64"))]
        {
            one(
                &catalog::TOKIO_RUNTIME_SPAWNED_TASKS,
                RuntimeMetrics::spawned_tasks_count,
            );
            one(
                &catalog::TOKIO_RUNTIME_BUDGET_FORCED_YIELDS,
                RuntimeMetrics::budget_forced_yield_count,
            );
        }
    }
}
