//! The metrics of the process.

use std::time::Duration;

use vmotel_process::{Process, Reading};

use crate::{Observation, Registry, RegistryError};

impl Registry {
    /// Adds the metrics of the process, as VictoriaMetrics/metrics for Go names them, read at each collection as long as the
    /// observation lives. What the system does not tell is absent.
    ///
    /// These are `process_cpu_seconds_total` (and `_user_`, `_system_`), `process_resident_memory_bytes`,
    /// `process_virtual_memory_bytes`, `process_open_fds`, `process_max_fds`, `process_num_threads`, `process_start_time_seconds`.
    ///
    /// # Errors
    /// Returns an error if one of these is here as a metric of another type.
    ///
    /// ```
    /// let registry = vmotel_registry::Registry::new();
    /// registry.process_metrics()?.keep();
    /// # Ok::<(), vmotel_registry::RegistryError>(())
    /// ```
    pub fn process_metrics(&self) -> Result<Observation, RegistryError> {
        type Read = fn(&Reading) -> Option<f64>;
        const COUNTERS: [(&str, &str, Read); 3] = [
            (
                "process_cpu_seconds_total",
                "CPU time in user and system mode",
                |r| Some(r.cpu?.total().as_secs_f64()),
            ),
            ("process_cpu_seconds_user_total", "CPU time in user mode", |r| {
                Some(r.cpu?.user.as_secs_f64())
            }),
            (
                "process_cpu_seconds_system_total",
                "CPU time in system mode",
                |r| Some(r.cpu?.system.as_secs_f64()),
            ),
        ];
        const GAUGES: [(&str, &str, Read); 6] = [
            ("process_resident_memory_bytes", "Memory in RAM", |r| {
                Some(r.memory?.resident_bytes as f64)
            }),
            ("process_virtual_memory_bytes", "Address space", |r| {
                Some(r.memory?.virtual_bytes as f64)
            }),
            ("process_open_fds", "Open file descriptors", |r| {
                r.open_fds.map(|n| n as f64)
            }),
            ("process_max_fds", "Soft limit of open file descriptors", |r| {
                r.max_fds.map(|n| n as f64)
            }),
            ("process_num_threads", "Threads", |r| r.threads.map(|n| n as f64)),
            (
                "process_start_time_seconds",
                "When the process started, since the epoch",
                |r| r.start_time.as_ref().map(Duration::as_secs_f64),
            ),
        ];
        let process = Process::current();
        let reading = process.read();
        let mut counters = Vec::new();
        for (name, help, read) in COUNTERS.into_iter().filter(|(.., read)| read(&reading).is_some()) {
            self.describe(name, help);
            counters.push((self.float_counter(name)?, read));
        }
        let mut gauges = Vec::new();
        for (name, help, read) in GAUGES.into_iter().filter(|(.., read)| read(&reading).is_some()) {
            self.describe(name, help);
            gauges.push((self.gauge(name)?, read));
        }
        Ok(self.on_collect("process", move || {
            let reading = process.read();
            for (counter, read) in &counters {
                // CPU time only grows, so the difference is what came since the last reading.
                let now = read(&reading).unwrap_or_default();
                let before = counter.get();
                if now > before {
                    counter.add(now - before);
                }
            }
            for (gauge, read) in &gauges {
                if let Some(value) = read(&reading) {
                    gauge.set(value);
                }
            }
        }))
    }
}
