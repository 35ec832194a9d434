//! Keeping as many events as a budget allows.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use vmotel_cells::{Cells, Counter, PerThread};

use super::{
    SamplerError,
    draw::{Draw, Gaps},
    stats::{SamplerStats, Tally, Weight},
};

/// What an [`AdaptiveSampler`] aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdaptiveConfig {
    /// Events to keep per interval. Default: 1000.
    pub budget: u64,
    /// The length of an interval. Default: 10 s. An interval ends at the first [`AdaptiveSampler::tick`] after it.
    pub interval: Duration,
}

impl Default for AdaptiveConfig {
    fn default() -> Self {
        Self {
            budget: 1000,
            interval: Duration::from_secs(10),
        }
    }
}

/// The lower half of a thread's state.
const COUNTDOWN: u64 = u32::MAX as u64;

/// A rate and its number in the row of rates.
#[derive(Clone, Copy)]
struct Rate {
    /// Never 0, which stands for a fresh countdown.
    generation: u32,
    rate: f32,
}

impl Rate {
    fn unpack(bits: u64) -> Self {
        Self {
            generation: (bits >> 32) as u32,
            rate: f32::from_bits((bits & COUNTDOWN) as u32),
        }
    }

    fn pack(self) -> u64 {
        (u64::from(self.generation) << 32) | u64::from(self.rate.to_bits())
    }

    fn next(self, rate: f32) -> Self {
        Self {
            generation: self.generation.checked_add(1).unwrap_or(1),
            rate: rate.max(f32::MIN_POSITIVE),
        }
    }
}

/// Keeps about a budget of events per interval, whatever the load: the rate of an interval follows from the one before.
///
/// Inside an interval the rate falls to a quarter when the budget has been kept, and again each time half of the rest up to
/// twice the budget is gone: a sudden burst of a hundred times the expected load still keeps at most twice the budget. The rate
/// at which an event is decided depends on the past only and travels as its weight, so that sums stay unbiased.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use vmotel_aggregate::{AdaptiveConfig, AdaptiveSampler};
///
/// let sampler = AdaptiveSampler::new(AdaptiveConfig { budget: 100, ..AdaptiveConfig::default() })?;
/// let kept = (0..5_000).filter_map(|_| sampler.decide()).count();
/// assert!(kept < 200);
/// sampler.tick(Duration::from_secs(10));
/// assert_eq!(sampler.rate(), 0.02_f32.into());
/// # Ok::<(), vmotel_aggregate::SamplerError>(())
/// ```
#[derive(Debug)]
pub struct AdaptiveSampler {
    config: AdaptiveConfig,
    /// The rate in force, as [`Rate::pack`] makes it: one word, so that a decision and its weight see the same rate.
    rate: AtomicU64,
    /// Upper half: the generation of the rate that the countdown was drawn for; lower half: events until the next kept one.
    countdown: PerThread,
    seen: Counter,
    /// Of the running interval.
    kept: AtomicU64,
    next_cut: AtomicU64,
    /// Of the interval before: events seen up to its end, and when it began (nanoseconds).
    seen_before: AtomicU64,
    began: AtomicU64,
    draw: Draw,
    tally: Tally,
}

impl AdaptiveSampler {
    /// Creates a sampler that begins by keeping everything.
    ///
    /// # Errors
    /// Returns an error if the budget is 0.
    pub fn new(config: AdaptiveConfig) -> Result<Self, SamplerError> {
        Self::with_draw(config, Draw::Thread)
    }

    /// Creates a sampler whose decisions repeat with the seed, for tests.
    ///
    /// # Errors
    /// Returns an error if the budget is 0.
    pub fn seeded(config: AdaptiveConfig, seed: u64) -> Result<Self, SamplerError> {
        Self::with_draw(config, Draw::seeded(seed))
    }

    fn with_draw(config: AdaptiveConfig, draw: Draw) -> Result<Self, SamplerError> {
        if config.budget == 0 {
            return Err(SamplerError::Budget);
        }
        let cells = Cells::eager();
        Ok(Self {
            config,
            rate: AtomicU64::new(
                Rate {
                    generation: 1,
                    rate: 1.0,
                }
                .pack(),
            ),
            countdown: cells.per_thread(),
            seen: cells.counter(),
            kept: AtomicU64::new(0),
            next_cut: AtomicU64::new(config.budget),
            seen_before: AtomicU64::new(0),
            began: AtomicU64::new(0),
            draw,
            tally: Tally::new(&cells),
        })
    }

    /// Returns the probability with which the next event is kept.
    #[must_use]
    pub fn rate(&self) -> f64 {
        f64::from(self.current().rate)
    }

    fn current(&self) -> Rate {
        Rate::unpack(self.rate.load(Ordering::Relaxed))
    }

    /// Decides about one event: returns the weight if it is kept.
    #[inline]
    #[must_use]
    pub fn decide(&self) -> Option<Weight> {
        self.seen.add(1);
        let rate = self.current();
        let generation = u64::from(rate.generation) << 32;
        let keep = self.countdown.update(|state| {
            // A gap drawn for another rate is drawn anew: a geometric gap has no memory, so nothing is biased.
            let state = if state & !COUNTDOWN == generation {
                state
            } else {
                generation | self.gap(rate)
            };
            match state & COUNTDOWN {
                1 => (generation | self.gap(rate), true),
                _ => (state - 1, false),
            }
        });
        keep.then(|| self.keep(rate))
    }

    /// Runs `record` with the weight if the event is kept; returns its result.
    #[inline]
    pub fn sample<R>(&self, record: impl FnOnce(Weight) -> R) -> Option<R> {
        self.decide().map(record)
    }

    #[cold]
    fn gap(&self, rate: Rate) -> u64 {
        self.draw.gap(Gaps::new(f64::from(rate.rate))).min(COUNTDOWN)
    }

    #[inline(never)]
    fn keep(&self, rate: Rate) -> Weight {
        let kept = self.kept.fetch_add(1, Ordering::Relaxed) + 1;
        let cut = self.next_cut.load(Ordering::Relaxed);
        if kept >= cut {
            let left = (2 * self.config.budget).saturating_sub(cut);
            let next = cut + left.div_ceil(2).max(1);
            // One thread cuts the rate; the others have kept at the old rate and say so in their weights.
            if self
                .next_cut
                .compare_exchange(cut, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            {
                self.rate
                    .store(rate.next(rate.rate / 4.0).pack(), Ordering::Relaxed);
            }
        }
        self.tally.keep(self.draw.round(1.0 / f64::from(rate.rate)))
    }

    /// Tells the time since any fixed moment; when an interval has passed, sets the rate for the next one.
    ///
    /// One caller at a time: the collection of the metrics, or a timer.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a rate; 584 years fit"
    )]
    pub fn tick(&self, now: Duration) {
        let now = now.as_nanos() as u64;
        let passed = now.saturating_sub(self.began.load(Ordering::Relaxed));
        let interval = self.config.interval.as_nanos() as u64;
        if passed < interval.max(1) {
            return;
        }
        self.began.store(now, Ordering::Relaxed);
        let seen = self.seen.get();
        let events = seen.wrapping_sub(self.seen_before.swap(seen, Ordering::Relaxed));
        self.kept.store(0, Ordering::Relaxed);
        self.next_cut.store(self.config.budget, Ordering::Relaxed);
        let expected = events as f64 * interval as f64 / passed as f64;
        let rate = (self.config.budget as f64 / expected.max(1.0)).min(1.0);
        self.rate
            .store(self.current().next(rate as f32).pack(), Ordering::Relaxed);
    }

    /// Returns what was kept so far.
    #[must_use]
    pub fn stats(&self) -> SamplerStats {
        self.tally.stats()
    }
}
