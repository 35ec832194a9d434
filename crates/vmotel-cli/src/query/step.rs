//! The step of a range that nobody chose.

use std::time::Duration;

/// About as many points as a terminal has columns.
const POINTS: u64 = 100;
/// Steps that people choose, in milliseconds.
const STEPS: [u64; 19] = [
    1, 10, 100, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000,
];

/// Returns the smallest usual step that gives at most about 100 points.
pub(super) fn of_span(span_millis: u64) -> Duration {
    let least = span_millis / POINTS;
    let step = STEPS.iter().copied().find(|step| *step >= least);
    // Beyond a hundred days: whole days.
    Duration::from_millis(step.unwrap_or_else(|| least.div_ceil(86_400_000) * 86_400_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_about_a_hundred_points() {
        assert_eq!(of_span(3_600_000), Duration::from_secs(60));
        assert_eq!(of_span(86_400_000), Duration::from_secs(1800));
        assert_eq!(of_span(0), Duration::from_millis(1));
        assert_eq!(of_span(365 * 86_400_000), Duration::from_secs(4 * 86_400));
    }
}
