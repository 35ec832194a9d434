//! What was recorded into an exponential histogram.

use super::{MAX_SCALE, MIN_SCALE, coarser};

/// What was recorded into an exponential histogram of [`Exponentials`](super::Exponentials).
///
/// # Examples
/// ```
/// use vmotel_cells::{ExponentialCounts, Exponentials};
///
/// let histograms = Exponentials::new(1, 160, 0);
/// let (mut before, mut now) = (ExponentialCounts::default(), ExponentialCounts::default());
/// histograms.record(0, 3.0);
/// histograms.read(0, &mut before);
/// histograms.record(0, 6.0);
/// histograms.read(0, &mut now);
/// assert_eq!((now.positive.start, now.positive.counts.as_slice()), (1, &[1, 1][..]), "2 to 4, 4 to 8");
/// assert_eq!(now.since(&before).positive.counts, [1]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ExponentialCounts {
    /// The resolution, -10 to 20: a class ends at `2^(2^-scale)` times its beginning.
    pub scale: i8,
    /// Values that were zero.
    pub zero: u64,
    /// The sum of all values.
    pub sum: f64,
    /// Values above zero.
    pub positive: ExponentialRun,
    /// Values below zero, by magnitude.
    pub negative: ExponentialRun,
}

/// Adjacent classes: the first and the last one have counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExponentialRun {
    /// The first class: `i` is `(2^(i/2^scale), 2^((i+1)/2^scale)]`. Zero if there is none.
    pub start: i32,
    /// How many values each class holds.
    pub counts: Vec<u64>,
}

impl Default for ExponentialCounts {
    fn default() -> Self {
        Self::at(MAX_SCALE)
    }
}

impl ExponentialCounts {
    /// Nothing, at a scale.
    pub(super) const fn at(scale: i8) -> Self {
        Self {
            scale,
            zero: 0,
            sum: 0.0,
            positive: ExponentialRun::new(),
            negative: ExponentialRun::new(),
        }
    }

    /// Becomes nothing at a scale; keeps the memory.
    pub(super) fn reset(&mut self, scale: i8) {
        (self.scale, self.zero, self.sum) = (scale, 0, 0.0);
        for run in [&mut self.positive, &mut self.negative] {
            run.start = 0;
            run.counts.clear();
        }
    }

    /// Returns the number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        let runs = self.positive.counts.iter().chain(&self.negative.counts);
        runs.fold(self.zero, |sum, count| sum.wrapping_add(*count))
    }

    /// Returns what has come since `earlier`, which was read of the same histogram.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut earlier = earlier.clone();
        earlier.coarsen(earlier.scale.saturating_sub(self.scale).max(0) as u32);
        Self {
            scale: self.scale,
            zero: self.zero.wrapping_sub(earlier.zero),
            sum: self.sum - earlier.sum,
            positive: self.positive.since(&earlier.positive),
            negative: self.negative.since(&earlier.negative),
        }
    }

    /// Adds values of one class of a scale.
    pub(super) fn add(&mut self, negative: bool, scale: i8, class: i32, count: u64, max_size: u32) {
        self.coarsen((self.scale - scale).max(0) as u32);
        let class = class >> (scale - self.scale).max(0);
        let run = self.run(negative);
        let (low, high) = match run.counts.len() {
            0 => (class, class),
            len => (run.start.min(class), (run.start + len as i32 - 1).max(class)),
        };
        let by = coarser(low, high, max_size, self.scale);
        self.coarsen(by);
        self.run(negative).add(class >> by, count);
    }

    /// Adds all that another one holds.
    pub(super) fn merge(&mut self, other: &Self, max_size: u32) {
        self.zero = self.zero.wrapping_add(other.zero);
        self.sum += other.sum;
        self.coarsen((self.scale - other.scale).max(0) as u32);
        for (negative, run) in [(false, &other.positive), (true, &other.negative)] {
            let counts = (run.start..).zip(&run.counts).filter(|(_, count)| **count > 0);
            counts.for_each(|(class, count)| self.add(negative, other.scale, class, *count, max_size));
        }
    }

    fn run(&mut self, negative: bool) -> &mut ExponentialRun {
        if negative {
            &mut self.negative
        } else {
            &mut self.positive
        }
    }

    /// Goes over to a scale that is lower by so much.
    fn coarsen(&mut self, by: u32) {
        if by > 0 {
            self.scale = self.scale.saturating_sub(by as i8).max(MIN_SCALE);
            self.positive.coarsen(by);
            self.negative.coarsen(by);
        }
    }
}

impl ExponentialRun {
    const fn new() -> Self {
        Self {
            start: 0,
            counts: Vec::new(),
        }
    }

    /// Adds to a class that is so near that the run is not too long.
    fn add(&mut self, class: i32, count: u64) {
        if self.counts.is_empty() {
            self.start = class;
        }
        if class < self.start {
            let more = (self.start - class) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, more));
            self.start = class;
        }
        let index = (class - self.start) as usize;
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] = self.counts[index].wrapping_add(count);
    }

    fn coarsen(&mut self, by: u32) {
        let start = self.start >> by;
        let mut len = 0;
        for index in 0..self.counts.len() {
            let to = (((self.start + index as i32) >> by) - start) as usize;
            let count = std::mem::take(&mut self.counts[index]);
            self.counts[to] = self.counts[to].wrapping_add(count);
            len = to + 1;
        }
        self.start = start;
        self.counts.truncate(len);
    }

    fn since(&self, earlier: &Self) -> Self {
        let before = |class: i32| {
            let index = usize::try_from(class - earlier.start).ok();
            index.and_then(|index| earlier.counts.get(index)).copied()
        };
        let mut run = Self::new();
        for (class, count) in (self.start..).zip(&self.counts) {
            let more = count.wrapping_sub(before(class).unwrap_or(0));
            if more > 0 {
                run.add(class, more);
            }
        }
        run
    }
}
