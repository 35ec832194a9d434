//! Many samples in few columns.

use crate::{Sample, Timestamp};

/// The mean of the finite values of one column.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    mean: f64,
    count: f64,
}

impl Mean {
    pub(super) fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.count += 1.0;
            // Each part for itself: a difference of the largest numbers would be infinite.
            self.mean += value / self.count - self.mean / self.count;
        }
    }

    pub(super) fn get(self) -> Option<f64> {
        (self.count > 0.0).then_some(self.mean)
    }
}

/// Spreads values evenly; at most as many columns as values.
pub(super) fn even(values: &[f64], width: usize) -> Vec<Option<f64>> {
    let width = width.min(values.len());
    if width == 0 {
        return Vec::new();
    }
    let mut means = vec![Mean::default(); width];
    for (index, value) in values.iter().enumerate() {
        means[index * width / values.len()].add(*value);
    }
    means.into_iter().map(Mean::get).collect()
}

/// Puts samples where their time falls between `start` and `end`; where there are fewer steps than columns, a sample is a step wide.
pub(super) fn over_time(
    samples: &[Sample],
    (start, end): (Timestamp, Timestamp),
    width: usize,
) -> Vec<Option<f64>> {
    let span = (end.as_millis() as f64 - start.as_millis() as f64).max(0.0);
    let steps = steps(samples, span).clamp(1, width.max(1));
    let mut means = vec![Mean::default(); steps];
    for sample in samples {
        let since = sample.time.as_millis() as f64 - start.as_millis() as f64;
        // Without a span there is one step, and every sample is in it.
        let share = if span > 0.0 { since / span } else { 0.0 };
        let step = (share * (steps - 1) as f64)
            .round()
            .clamp(0.0, (steps - 1) as f64);
        means[step as usize].add(sample.value);
    }
    (0..width)
        .map(|column| means[column * steps / width].get())
        .collect()
}

/// Returns how many steps there are room for, told by the least distance of two samples.
fn steps(samples: &[Sample], span: f64) -> usize {
    let distance = samples
        .windows(2)
        .map(|pair| pair[1].time.as_millis() as f64 - pair[0].time.as_millis() as f64)
        .filter(|distance| *distance > 0.0)
        .fold(f64::INFINITY, f64::min);
    match samples.len() {
        // One sample is a thin column where it stands.
        1 if span > 0.0 => usize::MAX,
        _ if distance.is_finite() => (span / distance).round() as usize + 1,
        _ => 1,
    }
}
