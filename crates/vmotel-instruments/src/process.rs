//! The process family.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::metrics::Meter;
use vmotel_process::{Process, Reading};

use crate::{
    catalog,
    instrument::{observe_f64, observe_sum, observe_u64},
};

/// How long a reading serves: the callbacks of one collection run within it and share one look at the process.
const FRESH: Duration = Duration::from_millis(100);

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
        let last = Arc::new(LastReading::new());
        let sum = |def, field: fn(&Reading) -> Option<f64>| {
            let last = Arc::clone(&last);
            observe_sum(meter, def, move || field(&last.get()));
        };
        sum(&catalog::PROCESS_CPU_SECONDS_TOTAL, |r| {
            Some(r.cpu?.total().as_secs_f64())
        });
        sum(&catalog::PROCESS_CPU_SECONDS_USER_TOTAL, |r| {
            Some(r.cpu?.user.as_secs_f64())
        });
        sum(&catalog::PROCESS_CPU_SECONDS_SYSTEM_TOTAL, |r| {
            Some(r.cpu?.system.as_secs_f64())
        });

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

        let seconds = |def, field: fn(&Reading) -> Option<Duration>| {
            let last = Arc::clone(&last);
            observe_f64(meter, def, move || {
                field(&last.get()).map(|time| time.as_secs_f64())
            });
        };
        seconds(&catalog::PROCESS_START_TIME_SECONDS, |r| r.start_time);
        seconds(&catalog::PROCESS_UPTIME_SECONDS, |r| r.uptime);
    }
}

/// The process with its last reading.
#[derive(Debug)]
struct LastReading {
    process: Process,
    last: Mutex<Option<(Instant, Reading)>>,
}

impl LastReading {
    fn new() -> Self {
        Self {
            process: Process::current(),
            last: Mutex::new(None),
        }
    }

    fn get(&self) -> Reading {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        #[expect(clippy::disallowed_methods, reason = "the age of a reading is real time")]
        let now = Instant::now();
        match *last {
            Some((then, reading)) if now.saturating_duration_since(then) < FRESH => reading,
            _ => last.insert((now, self.process.read())).1,
        }
    }
}
