//! What a sampler says of itself.

use vmotel_cells::{Cells, Counter};

/// How many events a kept event stands for: at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(pub(super) u64);

impl Weight {
    /// Returns the weight as a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns `n` times the weight, for a counter; saturates.
    #[must_use]
    pub const fn scale(self, n: u64) -> u64 {
        n.saturating_mul(self.0)
    }
}

/// What a sampler has kept so far, and how exact estimates made of it are.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SamplerStats {
    /// Events kept.
    pub kept: u64,
    /// The estimate of all events: the sum of the weights.
    pub estimated: u64,
    /// The estimated variance of `estimated`: the sum of weight × (weight - 1).
    pub variance: f64,
}

impl SamplerStats {
    /// Returns the share of events that was kept; 1 if there was none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    pub fn rate(&self) -> f64 {
        if self.estimated == 0 {
            1.0
        } else {
            self.kept as f64 / self.estimated as f64
        }
    }

    /// Returns the standard error of `estimated`, in events.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        self.variance.sqrt()
    }
}

/// Counts kept events; skipped ones touch nothing here.
#[derive(Debug)]
pub(super) struct Tally {
    kept: Counter,
    estimated: Counter,
    variance: Counter,
}

impl Tally {
    pub(super) fn new(cells: &Cells) -> Self {
        Self {
            kept: cells.counter(),
            estimated: cells.counter(),
            variance: cells.counter(),
        }
    }

    pub(super) fn keep(&self, weight: u64) -> Weight {
        self.kept.add(1);
        self.estimated.add(weight);
        self.variance.add(weight.saturating_mul(weight.saturating_sub(1)));
        Weight(weight)
    }

    #[expect(clippy::cast_precision_loss, reason = "an error bar for people")]
    pub(super) fn stats(&self) -> SamplerStats {
        SamplerStats {
            kept: self.kept.get(),
            estimated: self.estimated.get(),
            variance: self.variance.get() as f64,
        }
    }
}
