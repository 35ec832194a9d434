//! One metric: the decision for a label set.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::Shared;
use super::config::MAX_LABELS;
use super::decision::{Decision, SetId};
use super::label::Label;
use super::table::Table;
use super::value;
use crate::hash::Keys;

/// The gate of one metric, a cheap clone. Get it from [`Controller::metric`](crate::Controller::metric).
///
/// # Protocol of a caller that keeps a cell per set
/// 1. [`check`](Self::check) the label values, and add to the cell of [`Decision::set`].
/// 2. Create a missing cell under the caller's own lock, and only while [`holds`](Self::holds) is true there;
///    otherwise check again.
/// 3. At [`Controller::tick`](crate::Controller::tick), take the cells of the evicted sets out under that lock, export
///    their last values, and drop the [`Evicted`](crate::Evicted): only then is there room for other sets.
///
/// So every measurement is in one cell, and no more than the limit of cells exist at any time. A set that comes back
/// is a new series with a start time of its own.
#[derive(Clone, Debug)]
pub struct Metric(pub(crate) Arc<State>);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) name: Box<str>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) labels: Box<[OnceLock<Label>]>,
    known_labels: AtomicUsize,
    pub(crate) sets: Table,
    /// Sets that exist for the caller: those in `sets` and the evicted ones not yet dropped.
    pub(crate) charged: AtomicUsize,
    pub(crate) locked: Mutex<Locked>,
    pub(crate) counts: Counts,
}

#[derive(Debug, Default)]
pub(crate) struct Locked {
    /// The hashes of the values of each set, by label; 0 is no value, or a folded one.
    pub(crate) sets: HashMap<u64, Box<[u64]>, ahash::RandomState>,
    /// The texts of admitted values, by label.
    pub(crate) texts: Vec<HashMap<u64, Box<str>, ahash::RandomState>>,
    pub(crate) last_distinct: f64,
    pub(crate) new_per_epoch: f64,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) admissions: AtomicU64,
    pub(crate) evictions: AtomicU64,
    pub(crate) overflows: AtomicU64,
    pub(crate) cuts: AtomicU64,
    pub(crate) dropped: AtomicU64,
}

impl Metric {
    pub(crate) fn new(name: &str, labels: &[&str], shared: &Arc<Shared>) -> Self {
        let config = &shared.config;
        let state = State {
            name: name.into(),
            shared: Arc::clone(shared),
            labels: std::iter::repeat_with(OnceLock::new)
                .take(config.labels)
                .collect(),
            known_labels: AtomicUsize::new(0),
            sets: Table::new(config.per_metric),
            charged: AtomicUsize::new(0),
            locked: Mutex::default(),
            counts: Counts::default(),
        };
        let metric = Self(Arc::new(state));
        for label in labels {
            metric.0.label_index(label);
        }
        metric
    }

    /// Returns the name of the metric.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Decides on a label set, given by the values in the order of the labels, with weight 1.
    ///
    /// An empty or missing value is no label. Values beyond the last label are dropped and counted.
    #[inline]
    pub fn check(&self, values: &[&str]) -> Decision {
        self.check_weighted(values, 1)
    }

    /// Decides on a label set; the weight tells how much it matters when the heaviest values are kept.
    #[inline]
    pub fn check_weighted(&self, values: &[&str], weight: u64) -> Decision {
        let state = &*self.0;
        let mut hash = 0_u64;
        let mut longest = 0;
        for (label, value) in state.labels.iter().zip(values) {
            let Some(label) = label.get() else {
                return state.decide(values, weight);
            };
            longest = longest.max(value.len());
            hash = hash.wrapping_add(label.hash(value));
        }
        if longest <= state.shared.config.value_length
            && values.len() <= state.labels.len()
            && let Some(slot) = state.sets.find(hash.max(1))
        {
            slot.touch(weight, state.shared.epoch());
            return Decision::admitted(hash.max(1));
        }
        state.decide(values, weight)
    }

    /// Decides on a label set of pairs in any order; a name not seen before becomes a label of the metric, up to the
    /// limit on labels. Pairs beyond it are dropped and counted.
    ///
    /// Indices of a [`Decision`] are those of [`label`](Self::label).
    pub fn check_pairs(&self, pairs: &[(&str, &str)], weight: u64) -> Decision {
        let mut values = [""; MAX_LABELS];
        let mut len = 0;
        for (name, value) in pairs {
            match self.0.label_index(name) {
                Some(at) => {
                    values[at] = value;
                    len = len.max(at + 1);
                }
                None => {
                    self.0.counts.dropped.fetch_add(1, Relaxed);
                }
            }
        }
        self.check_weighted(&values[..len], weight)
    }

    /// Returns the index of a label, or `None` for a dropped one.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<usize> {
        self.0.known(name)
    }

    /// Returns the text under which the value of the label with the index `label` is exported.
    ///
    /// Call it once when a cell is created, not on every measurement.
    #[must_use]
    pub fn text<'a>(&'a self, decision: &Decision, label: usize, value: &'a str) -> Cow<'a, str> {
        let config = &self.0.shared.config;
        if value.is_empty() {
            return Cow::Borrowed("");
        }
        if decision.is_overflow() {
            return Cow::Borrowed(&config.fold_name);
        }
        // As it is decided on: the bucket is that of the value that has been cut.
        let value = value::cut(value, config.value_length);
        if decision.folded >> label & 1 == 0 {
            return value;
        }
        value::bucket_name(config, value::bucket(&config.fold, &value))
    }

    /// Adds weight to a set from its cell, for callers that do not check on every measurement.
    pub fn touch(&self, set: SetId, weight: u64) {
        if let Some(slot) = self.0.sets.find(set.get()) {
            slot.touch(weight, self.0.shared.epoch());
        }
    }

    /// Tells whether a set is admitted now. The set that is folded whole always is.
    #[must_use]
    pub fn holds(&self, set: SetId) -> bool {
        // Under the lock, so that a set that is being moved is not missed.
        set == SetId::OVERFLOW || self.0.lock().sets.contains_key(&set.get()) || self.0.shared.config.dry_run
    }
}

impl State {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Locked> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn known_labels(&self) -> impl Iterator<Item = &Label> {
        self.labels.iter().map_while(OnceLock::get)
    }

    fn known(&self, name: &str) -> Option<usize> {
        self.known_labels().position(|label| &*label.name == name)
    }

    fn label_index(&self, name: &str) -> Option<usize> {
        if let Some(at) = self.known(name) {
            return Some(at);
        }
        if self.known_labels.load(Relaxed) >= self.labels.len() {
            return None;
        }
        let mut locked = self.lock();
        if let Some(at) = self.known(name) {
            return Some(at);
        }
        let at = self.known_labels().count();
        let label = Label::new(name, Keys::new(&self.shared.random, at), &self.shared.config);
        self.labels.get(at)?.set(label).ok()?;
        locked.texts.push(HashMap::default());
        self.known_labels.store(at + 1, Relaxed);
        Some(at)
    }
}
