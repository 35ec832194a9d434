//! What all families of a registry share.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use vmotel_cells::{Cells, Counter};
use vmotel_model::Clock;

use crate::RegistryConfig;

/// What all families of a registry share.
pub(crate) struct Shared {
    pub(crate) config: RegistryConfig,
    pub(crate) clock: Arc<dyn Clock>,
    /// Series of all families.
    series: AtomicUsize,
    pub(crate) overflowed: Counter,
    pub(crate) refused: Counter,
    pub(crate) cut: Counter,
    pub(crate) removed: Counter,
    panics: Counter,
    last_panic: Mutex<Option<String>>,
}

impl Shared {
    pub(crate) fn new(config: RegistryConfig, clock: Arc<dyn Clock>) -> Self {
        let cells = Cells::new();
        Self {
            config,
            clock,
            series: AtomicUsize::new(0),
            overflowed: cells.counter(),
            refused: cells.counter(),
            cut: cells.counter(),
            removed: cells.counter(),
            panics: cells.counter(),
            last_panic: Mutex::default(),
        }
    }

    /// Takes room for one series, unless all is taken.
    pub(crate) fn charge(&self) -> bool {
        self.series
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |series| {
                (series < self.config.total).then_some(series + 1)
            })
            .is_ok()
    }

    /// Gives back the room of so many series.
    pub(crate) fn release(&self, series: usize) {
        self.series.fetch_sub(series, Ordering::Relaxed);
    }

    pub(crate) fn panicked(&self, name: &str) {
        self.panics.add(1);
        let mut last = self.last_panic.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(name.to_owned());
    }

    /// Returns how often callbacks panicked, and the name of the one that did last.
    pub(crate) fn panics(&self) -> (u64, Option<String>) {
        let last = self.last_panic.lock().unwrap_or_else(PoisonError::into_inner);
        (self.panics.get(), last.clone())
    }

    pub(crate) fn series(&self) -> usize {
        self.series.load(Ordering::Relaxed)
    }
}

/// What a registry holds, and what it has refused and folded so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryStats {
    /// Series that are handed out, overflow series not counted.
    pub series: usize,
    /// Measurements and handles that went to an overflow series.
    pub overflowed: u64,
    /// Measurements refused because they are not usable numbers: NaN for a histogram, summary or float counter, a negative number
    /// for a counter.
    pub refused: u64,
    /// Measurements and handles of which the value of a label was cut, as it had more than 4096 bytes.
    pub cut: u64,
    /// Series removed because they were idle or finished.
    pub removed: u64,
    /// Callbacks that panicked.
    pub callback_panics: u64,
    /// The name of the callback that panicked last.
    pub last_panic: Option<String>,
}
