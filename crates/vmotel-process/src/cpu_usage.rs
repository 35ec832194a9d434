//! CPU utilisation between two readings.

use std::time::Duration;

use crate::CpuTime;

/// Works out CPU utilisation in percent from successive readings.
///
/// 100 means that every CPU available to the process was busy with it for the whole time between two readings; results
/// are held within 0 to 100. The first result is the average since the process started.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vmotel_process::{CpuTime, CpuUsage};
///
/// let seconds = Duration::from_secs;
/// let at = |user| CpuTime { user: seconds(user), system: seconds(0) };
/// let mut usage = CpuUsage::new(2, seconds(1));
/// // 4 s of CPU in 10 s on 2 CPUs.
/// assert_eq!(usage.update(at(4), seconds(10), seconds(100)), 20.0);
/// // 1 s more in the next 5 s.
/// assert_eq!(usage.update(at(5), seconds(15), seconds(105)), 10.0);
/// ```
#[derive(Debug, Clone)]
pub struct CpuUsage {
    cpus: usize,
    min_window: Duration,
    base: Option<(CpuTime, Duration)>,
    percent: f64,
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
            base: None,
            percent: 0.0,
        }
    }

    /// Takes a reading and returns the utilisation since the last one, in percent (0 to 100).
    ///
    /// `uptime` is the process's at the reading, used for the first result only; `now` is the time of the reading since
    /// any fixed moment.
    #[expect(clippy::cast_precision_loss, reason = "a number of CPUs is far below 2^52")]
    pub fn update(&mut self, cpu: CpuTime, uptime: Duration, now: Duration) -> f64 {
        let (used, elapsed) = match self.base {
            None => (cpu.total(), uptime),
            Some((_, then)) if now.saturating_sub(then) < self.min_window => return self.percent,
            Some((before, then)) => (
                cpu.total().saturating_sub(before.total()),
                now.saturating_sub(then),
            ),
        };
        self.base = Some((cpu, now));
        if !elapsed.is_zero() {
            let ratio = used.as_secs_f64() / (elapsed.as_secs_f64() * self.cpus as f64);
            self.percent = (ratio * 100.0).clamp(0.0, 100.0);
        }
        self.percent
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

    fn cpu(millis: u64) -> CpuTime {
        CpuTime {
            user: Duration::ZERO,
            system: Duration::from_millis(millis),
        }
    }

    #[test]
    fn a_short_window_repeats_the_last_result() {
        let ms = Duration::from_millis;
        let mut usage = CpuUsage::new(1, ms(500));
        assert_eq!(usage.update(cpu(500), ms(1000), ms(0)), 50.0);
        assert_eq!(usage.update(cpu(900), ms(1400), ms(499)), 50.0);
        // The window begins at the last reading that counted.
        assert_eq!(usage.update(cpu(1000), ms(2000), ms(1000)), 50.0);
        assert_eq!(usage.update(cpu(1000), ms(3000), ms(2000)), 0.0);
    }

    #[test]
    fn results_stay_between_0_and_100() {
        let ms = Duration::from_millis;
        let mut usage = CpuUsage::new(0, Duration::ZERO);
        // No time has passed: nothing can be said.
        assert_eq!(usage.update(cpu(10), ms(0), ms(0)), 0.0);
        assert_eq!(usage.update(cpu(10_000), ms(10), ms(10)), 100.0);
        // Readings out of order.
        assert_eq!(usage.update(cpu(10), ms(20), ms(20)), 0.0);
        assert_eq!(usage.update(cpu(20), ms(10), ms(5)), 0.0);
    }
}
