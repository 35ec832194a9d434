//! A sample of values: all of them up to a thousand, then an even choice.
//!
//! The same choice, by the same random numbers, as the histogram that summaries of VictoriaMetrics/metrics for Go are made of.

use vmotel_model::Quantile;

/// The most values that are kept.
const CAPACITY: usize = 1000;

#[derive(Debug)]
pub(super) struct Reservoir {
    max: f64,
    min: f64,
    count: u64,
    values: Vec<f64>,
    /// Room for sorting.
    sorted: Vec<f64>,
    random: u32,
}

impl Reservoir {
    pub(super) const fn new() -> Self {
        Self {
            max: f64::NEG_INFINITY,
            min: f64::INFINITY,
            count: 0,
            values: Vec::new(),
            sorted: Vec::new(),
            random: 1,
        }
    }

    /// Begins anew; a reservoir that was empty gives its memory back.
    pub(super) fn reset(&mut self) {
        let (mut values, mut sorted) = (std::mem::take(&mut self.values), std::mem::take(&mut self.sorted));
        let used = !values.is_empty();
        values.clear();
        sorted.clear();
        *self = Self::new();
        if used {
            (self.values, self.sorted) = (values, sorted);
        }
    }

    pub(super) fn update(&mut self, value: f64) {
        if value > self.max {
            self.max = value;
        }
        if value < self.min {
            self.min = value;
        }
        self.count = self.count.wrapping_add(1);
        if self.values.len() < CAPACITY {
            self.values.push(value);
            return;
        }
        let place = (u64::from(self.next_random()) * u64::from(self.count as u32)) >> 32;
        if let Some(kept) = self.values.get_mut(place as usize) {
            *kept = value;
        }
    }

    /// Xorshift of 32 bits.
    fn next_random(&mut self) -> u32 {
        let mut x = self.random;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random = x;
        x
    }

    /// Returns up to `count` values, those that came last where they are known.
    pub(super) fn newest(&self, count: u64) -> Vec<f64> {
        let count = usize::try_from(count)
            .unwrap_or(usize::MAX)
            .min(self.values.len());
        self.values[self.values.len() - count..].to_vec()
    }

    /// Appends the values at these quantiles; nothing if there are no values.
    pub(super) fn quantiles(&mut self, quantiles: &[f64], out: &mut Vec<Quantile>) {
        if self.values.is_empty() {
            return;
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.values);
        self.sorted.sort_unstable_by(f64::total_cmp);
        let last = self.sorted.len() - 1;
        for &quantile in quantiles {
            let value = if quantile <= 0.0 {
                self.min
            } else if quantile >= 1.0 {
                self.max
            } else {
                let index = (quantile * last as f64 + 0.5) as usize;
                self.sorted[index.min(last)]
            };
            out.push(Quantile { quantile, value });
        }
    }
}
