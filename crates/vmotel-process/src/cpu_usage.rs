//! CPU utilisation between two readings.

use std::time::Duration;

use crate::CpuTime;

/// The share of the CPUs available to a process that it used, by mode: 1 means that all of them did nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CpuUtilization {
    /// The share in user mode.
    pub user: f64,
    /// The share in the kernel on behalf of the process.
    pub system: f64,
}

impl CpuUtilization {
    /// Returns user and system together, from 0 to 1.
    #[must_use]
    pub fn total(self) -> f64 {
        (self.user + self.system).min(1.0)
    }
}

/// Works out CPU utilisation from successive readings: the CPU time between two of them, divided by the time that passed and the number of
/// CPUs, which is what `process.cpu.utilization` of the semantic conventions means.
///
/// Results are held within 0 to 1. The first one is the average since the process started.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vmotel_process::{CpuTime, CpuUsage, CpuUtilization};
///
/// let seconds = Duration::from_secs;
/// let at = |user, system| CpuTime { user: seconds(user), system: seconds(system) };
/// let mut usage = CpuUsage::new(2, seconds(1));
/// // 5 s of CPU in the first 10 s on 2 CPUs.
/// assert_eq!(usage.update(at(4, 1), seconds(10)), CpuUtilization { user: 0.2, system: 0.05 });
/// // 1 s more in the next 5 s.
/// assert_eq!(usage.update(at(5, 1), seconds(15)).total(), 0.1);
/// ```
#[derive(Debug, Clone)]
pub struct CpuUsage {
    cpus: usize,
    min_window: Duration,
    /// The reading that the window began with.
    base: (CpuTime, Duration),
    last: Option<CpuUtilization>,
}

impl CpuUsage {
    /// Creates a calculator for a process that may use `cpus` CPUs (0 counts as 1).
    ///
    /// An update less than `min_window` after the one before returns the last result: CPU time comes in ticks of
    /// 10 ms, so that a short window tells nothing, and several readers would otherwise cut each other's windows.
    #[must_use]
    pub fn new(cpus: usize, min_window: Duration) -> Self {
        Self {
            cpus: cpus.max(1),
            min_window,
            base: (CpuTime::default(), Duration::ZERO),
            last: None,
        }
    }

    /// Takes a reading of CPU time and uptime and returns the utilisation since the last one.
    #[expect(clippy::cast_precision_loss, reason = "a number of CPUs is far below 2^52")]
    pub fn update(&mut self, cpu: CpuTime, uptime: Duration) -> CpuUtilization {
        let (before, then) = self.base;
        let elapsed = uptime.saturating_sub(then);
        if let Some(last) = self.last
            && elapsed < self.min_window
        {
            return last;
        }
        self.base = (cpu, uptime);
        let available = elapsed.as_secs_f64() * self.cpus as f64;
        let mut now = self.last.unwrap_or_default();
        if available > 0.0 {
            let share = |now: Duration, before| now.saturating_sub(before).as_secs_f64() / available;
            let (user, system) = (share(cpu.user, before.user), share(cpu.system, before.system));
            // Ticks may show more than there was.
            let excess = (user + system).max(1.0);
            now = CpuUtilization {
                user: user / excess,
                system: system / excess,
            };
        }
        self.last = Some(now);
        now
    }
}

impl Default for CpuUsage {
    /// Creates a calculator for the CPUs that the standard library finds available (affinity and cgroup quotas are
    /// respected), with a window of at least half a second.
    fn default() -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(cpus, Duration::from_millis(500))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(user: u64, system: u64) -> CpuTime {
        CpuTime {
            user: ms(user),
            system: ms(system),
        }
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_short_window_repeats_the_last_result() {
        let mut usage = CpuUsage::new(1, ms(500));
        assert_eq!(usage.update(cpu(0, 500), ms(1000)).total(), 0.5);
        assert_eq!(usage.update(cpu(0, 900), ms(1499)).total(), 0.5);
        // The window begins at the last reading that counted.
        assert_eq!(usage.update(cpu(0, 1000), ms(2000)).total(), 0.5);
        assert_eq!(usage.update(cpu(0, 1000), ms(3000)).total(), 0.0);
    }

    #[test]
    fn modes_are_told_apart() {
        let mut usage = CpuUsage::new(4, ms(500));
        usage.update(cpu(100, 900), ms(1000));
        let expected = CpuUtilization {
            user: 0.25,
            system: 0.125,
        };
        assert_eq!(usage.update(cpu(1100, 1400), ms(2000)), expected);
    }

    #[test]
    fn results_stay_between_0_and_1() {
        let mut usage = CpuUsage::new(0, Duration::ZERO);
        // No time has passed: nothing can be said.
        assert_eq!(usage.update(cpu(10, 0), ms(0)), CpuUtilization::default());
        let all = CpuUtilization {
            user: 0.75,
            system: 0.25,
        };
        assert_eq!(usage.update(cpu(7510, 2500), ms(10)), all);
        // Readings out of order.
        assert_eq!(usage.update(cpu(10, 0), ms(20)), CpuUtilization::default());
        assert_eq!(usage.update(cpu(20, 0), ms(10)), CpuUtilization::default());
    }
}
