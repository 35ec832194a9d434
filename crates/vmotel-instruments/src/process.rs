//! The process family.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use opentelemetry::metrics::Meter;
use vmotel_model::MetricDef;
use vmotel_process::{CpuUsage, Process, Reading};

use crate::{
    catalog,
    instrument::{attribute, observe_each_f64, observe_each_u64, observe_f64, observe_u64},
    labels,
    shared_reading::SharedReading,
};

type LastReading = SharedReading<Reading>;

fn last_reading() -> Arc<LastReading> {
    let process = Process::current();
    Arc::new(SharedReading::new(move || process.read()))
}

/// The process family: CPU time, memory, file descriptors, threads, start of the current process.
///
/// The metrics are those of [`catalog::PROCESS`]; all are read at collection, so that a scrape and a push tell the same.
/// What the system does not tell is absent. The observation lasts as long as the meter's provider.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::ProcessMetrics;
///
/// ProcessMetrics::register(&opentelemetry::global::meter("shop"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ProcessMetrics {
    _private: (),
}

impl ProcessMetrics {
    /// Registers the observation of the current process; call it once per meter provider.
    pub fn register(meter: &Meter) {
        let last = last_reading();
        let seconds = |def, field: fn(&Reading) -> Option<Duration>| {
            let last = Arc::clone(&last);
            observe_f64(meter, def, move || {
                field(&last.get()).map(|time| time.as_secs_f64())
            });
        };
        seconds(&catalog::PROCESS_CPU_SECONDS_TOTAL, |r| Some(r.cpu?.total()));
        seconds(&catalog::PROCESS_CPU_SECONDS_USER_TOTAL, |r| Some(r.cpu?.user));
        seconds(&catalog::PROCESS_CPU_SECONDS_SYSTEM_TOTAL, |r| {
            Some(r.cpu?.system)
        });
        seconds(&catalog::PROCESS_START_TIME_SECONDS, |r| r.start_time);
        seconds(&catalog::PROCESS_UPTIME_SECONDS, |r| r.uptime);

        let whole = |def, field: fn(&Reading) -> Option<u64>| {
            let last = Arc::clone(&last);
            observe_u64(meter, def, move || field(&last.get()));
        };
        whole(&catalog::PROCESS_RESIDENT_MEMORY_BYTES, |r| {
            Some(r.memory?.resident_bytes)
        });
        whole(&catalog::PROCESS_VIRTUAL_MEMORY_BYTES, |r| {
            Some(r.memory?.virtual_bytes)
        });
        whole(&catalog::PROCESS_OPEN_FDS, |r| r.open_fds);
        whole(&catalog::PROCESS_MAX_FDS, |r| r.max_fds);
        whole(&catalog::PROCESS_NUM_THREADS, |r| r.threads);
    }
}

impl ProcessMetrics {
    /// Registers the observation of the current process by the semantic conventions, the metrics of
    /// [`catalog::PROCESS_CONVENTIONS`]; call it once per meter provider, instead of [`register`](Self::register) or beside it.
    pub fn register_conventions(meter: &Meter) {
        let last = last_reading();
        by_mode(meter, &catalog::PROCESS_CPU_TIME, &last, |r| {
            let cpu = r.cpu?;
            Some([cpu.user.as_secs_f64(), cpu.system.as_secs_f64()])
        });
        let usage = Mutex::new(CpuUsage::default());
        by_mode(meter, &catalog::PROCESS_CPU_UTILIZATION, &last, move |r| {
            let (cpu, uptime) = (r.cpu?, r.uptime?);
            let mut usage = usage.lock().unwrap_or_else(PoisonError::into_inner);
            let now = usage.update(cpu, uptime);
            Some([now.user, now.system])
        });
        let one = |def, field: fn(&Reading) -> Option<u64>| {
            let last = Arc::clone(&last);
            observe_u64(meter, def, move || field(&last.get()));
        };
        one(&catalog::PROCESS_MEMORY_USAGE, |r| Some(r.memory?.resident_bytes));
        one(&catalog::PROCESS_MEMORY_VIRTUAL, |r| {
            Some(r.memory?.virtual_bytes)
        });
        one(&catalog::PROCESS_THREAD_COUNT, |r| r.threads);
        one(&catalog::PROCESS_UNIX_FILE_DESCRIPTOR_COUNT, |r| r.open_fds);

        let two = |def, key, values: [&'static str; 2], fields: fn(&Reading) -> Option<[u64; 2]>| {
            let last = Arc::clone(&last);
            let attributes = values.map(|value| [attribute(key, value)]);
            observe_each_u64(meter, def, move |observe| {
                for (value, attributes) in fields(&last.get()).into_iter().flatten().zip(&attributes) {
                    observe(value, attributes);
                }
            });
        };
        two(
            &catalog::PROCESS_DISK_IO,
            labels::DISK_IO_DIRECTION,
            ["read", "write"],
            |r| r.disk_io.map(|io| [io.read_bytes, io.written_bytes]),
        );
        let switches = ["voluntary", "involuntary"];
        two(
            &catalog::PROCESS_CONTEXT_SWITCHES,
            labels::PROCESS_CONTEXT_SWITCH_TYPE,
            switches,
            |r| {
                r.context_switches
                    .map(|switches| [switches.voluntary, switches.involuntary])
            },
        );
        two(
            &catalog::PROCESS_PAGING_FAULTS,
            labels::SYSTEM_PAGING_FAULT_TYPE,
            ["minor", "major"],
            |r| r.page_faults.map(|faults| [faults.minor, faults.major]),
        );
        observe_f64(meter, &catalog::PROCESS_UPTIME, move || {
            last.get().uptime.map(|time| time.as_secs_f64())
        });
    }
}

/// Observes what a reading tells of CPU time in user mode and in the kernel.
fn by_mode(
    meter: &Meter,
    def: &MetricDef,
    last: &Arc<LastReading>,
    field: impl Fn(&Reading) -> Option<[f64; 2]> + Send + Sync + 'static,
) {
    let last = Arc::clone(last);
    let attributes = ["user", "system"].map(|mode| [attribute(labels::CPU_MODE, mode)]);
    observe_each_f64(meter, def, move |observe| {
        for (value, attributes) in field(&last.get()).into_iter().flatten().zip(&attributes) {
            observe(value, attributes);
        }
    });
}
