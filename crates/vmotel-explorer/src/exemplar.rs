//! Exemplars that stay in the process: VictoriaMetrics stores none.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The most families that have exemplars.
const MAX_FAMILIES: usize = 256;

/// The most buckets of a family.
const MAX_BUCKETS: usize = 256;

/// One measurement, with the trace that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    /// What was measured.
    pub value: f64,
    /// The trace (W3C Trace Context, `trace-id`).
    pub trace_id: u128,
    /// The span in the trace (`parent-id`).
    pub span_id: u64,
}

/// Exemplars of histograms, one per bucket, for the page to show. A cheap clone of one shared state.
///
/// An opt-in beside the histogram itself: offer what you record. A bucket takes the first offer after each sample of the explorer, so
/// that an offer mostly costs a search of its bucket and two loads. Bounded: 256 families of 256 buckets of 48 bytes.
///
/// ```
/// use vmotel_explorer::Exemplars;
///
/// let exemplars = Exemplars::default();
/// let latency = exemplars.family("http_server_request_duration_seconds", &[0.01, 0.1, 1.0]);
/// latency.offer(0.02, 0x4bf92f3577b34da6a3ce929d0e0e4736, 0x00f067aa0ba902b7);
/// let shown: Vec<_> = latency.list().into_iter().map(|(le, exemplar)| (le, exemplar.value)).collect();
/// assert_eq!(shown, [(0.1, 0.02)]);
/// ```
#[derive(Clone, Default)]
pub struct Exemplars {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    epoch: Arc<AtomicU64>,
    families: Mutex<BTreeMap<String, ExemplarFamily>>,
}

/// The exemplars of one histogram.
#[derive(Clone)]
pub struct ExemplarFamily {
    bounds: Arc<[f64]>,
    slots: Arc<[Slot]>,
    epoch: Arc<AtomicU64>,
}

struct Slot {
    /// The epoch of the exemplar, more than one if there is none.
    epoch: AtomicU64,
    exemplar: Mutex<Option<Exemplar>>,
}

impl Exemplars {
    /// Returns the place for exemplars of a histogram, under its exposed name; made at the first call. `bounds` are the upper bounds,
    /// ascending; what is not ascending or beyond the 256th is left out.
    ///
    /// The 257th family and later ones keep nothing.
    #[must_use]
    pub fn family(&self, name: &str, bounds: &[f64]) -> ExemplarFamily {
        let mut families = self.inner.families.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(family) = families.get(name) {
            return family.clone();
        }
        let full = families.len() >= MAX_FAMILIES;
        let family = ExemplarFamily::new(if full { None } else { Some(bounds) }, &self.inner.epoch);
        if !full {
            families.insert(name.to_owned(), family.clone());
        }
        family
    }

    pub(crate) fn get(&self, name: &str) -> Option<ExemplarFamily> {
        let families = self.inner.families.lock().unwrap_or_else(PoisonError::into_inner);
        families.get(name).cloned()
    }

    /// Opens all buckets for a new exemplar.
    pub(crate) fn tick(&self) {
        self.inner.epoch.fetch_add(1, Ordering::Relaxed);
    }
}

impl ExemplarFamily {
    fn new(bounds: Option<&[f64]>, epoch: &Arc<AtomicU64>) -> Self {
        let mut kept: Vec<f64> = Vec::new();
        for bound in bounds.unwrap_or_default() {
            if kept.len() < MAX_BUCKETS && bound.is_finite() && kept.last().is_none_or(|last| last < bound) {
                kept.push(*bound);
            }
        }
        let slots = bounds.map_or(0, |_| kept.len() + 1);
        Self {
            bounds: kept.into(),
            slots: (0..slots).map(|_| Slot::new()).collect(),
            epoch: Arc::clone(epoch),
        }
    }

    /// Offers a measurement; a value that is no number is passed over, and so is one of a trace that is all zeros.
    pub fn offer(&self, value: f64, trace_id: u128, span_id: u64) {
        if value.is_nan() || trace_id == 0 {
            return;
        }
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        let Some(slot) = self.slots.get(bucket) else {
            return;
        };
        let epoch = self.epoch.load(Ordering::Relaxed);
        if slot.epoch.load(Ordering::Relaxed) == epoch {
            return;
        }
        // Whoever holds it is bringing one of just now.
        if let Ok(mut place) = slot.exemplar.try_lock() {
            *place = Some(Exemplar {
                value,
                trace_id,
                span_id,
            });
            slot.epoch.store(epoch, Ordering::Relaxed);
        }
    }

    /// Returns the exemplars that are there, with the upper bounds of their buckets, ascending.
    #[must_use]
    pub fn list(&self) -> Vec<(f64, Exemplar)> {
        let kept = self.kept();
        kept.into_iter()
            .map(|(bound, exemplar, _)| (bound, exemplar))
            .collect()
    }

    /// Returns them with how many samples of the explorer they are old.
    pub(crate) fn kept(&self) -> Vec<(f64, Exemplar, u64)> {
        let now = self.epoch.load(Ordering::Relaxed);
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        bounds
            .zip(&*self.slots)
            .filter_map(|(bound, slot)| {
                let exemplar = *slot.exemplar.lock().unwrap_or_else(PoisonError::into_inner);
                let age = now.saturating_sub(slot.epoch.load(Ordering::Relaxed));
                Some((bound, exemplar?, age))
            })
            .collect()
    }
}

impl Slot {
    fn new() -> Self {
        Self {
            epoch: AtomicU64::new(u64::MAX),
            exemplar: Mutex::new(None),
        }
    }
}

impl fmt::Debug for Exemplars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.inner.families.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(families.keys()).finish()
    }
}

impl fmt::Debug for ExemplarFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.list()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(family: &ExemplarFamily) -> Vec<(f64, f64)> {
        let list = family.list();
        list.into_iter()
            .map(|(bound, exemplar)| (bound, exemplar.value))
            .collect()
    }

    /// Upper bounds are inclusive, as those of a histogram.
    #[test]
    fn one_per_bucket_and_sample() {
        let exemplars = Exemplars::default();
        let family = exemplars.family("x", &[1.0, 2.0]);
        for value in [1.0, 0.5, 2.5, f64::INFINITY, f64::NAN] {
            family.offer(value, 7, 1);
        }
        family.offer(1.5, 0, 1);
        assert_eq!(values(&family), [(1.0, 1.0), (f64::INFINITY, 2.5)]);

        exemplars.tick();
        family.offer(0.5, 7, 1);
        assert_eq!(values(&family), [(1.0, 0.5), (f64::INFINITY, 2.5)]);
        let ages: Vec<u64> = family.kept().iter().map(|(_, _, age)| *age).collect();
        assert_eq!(ages, [0, 1]);
    }

    #[test]
    fn bounded_in_number() {
        let exemplars = Exemplars::default();
        let bounds: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(exemplars.family("x", &bounds).slots.len(), MAX_BUCKETS + 1);
        for number in 0..1000 {
            exemplars.family(&format!("y{number}"), &[1.0]).offer(0.5, 7, 1);
        }
        let late = exemplars.family("y999", &[1.0]);
        late.offer(0.5, 7, 1);
        assert_eq!(values(&late), []);
        assert!(exemplars.get("y999").is_none());
        let odd = exemplars.family("x", &[]);
        assert_eq!(odd.slots.len(), MAX_BUCKETS + 1, "the first call counts");
    }
}
