//! All series of one aggregated metric.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::{Key, KeyValue};
use papaya::HashMap;
use seize::Collector;
use vmotel_cardinality::SetId;
use vmotel_cells::{Cells, Counter};
use vmotel_model::Timestamp;

use super::{
    accumulator::{Accumulator, Replayer},
    definition::Definition,
    limiter::Limiter,
    series::{Changed, Late, Series},
};
use crate::attribute_set::{AttributeSet, Query, Ready};

/// The attribute of the set that takes what is beyond the limit (OpenTelemetry specification, "Cardinality limits").
const OVERFLOW: &str = "otel.metric.overflow";

/// What the families of one aggregator share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) closed: AtomicBool,
    pub(crate) refused: Counter,
    pub(crate) overflowed: Counter,
    pub(crate) evicted: Counter,
}

/// A number of key sequences, and whether all values seen so far were texts.
#[derive(Default)]
struct Creation {
    keys: Vec<Box<[Key]>>,
    other_types: bool,
}

pub(crate) struct Family<A: Accumulator> {
    pub(crate) definition: Definition,
    pub(crate) shape: A::Shape,
    pub(crate) shared: Arc<Shared>,
    limit: usize,
    cells: Cells,
    series: HashMap<AttributeSet, Arc<Series<A>>, Ready>,
    live: AtomicUsize,
    full: AtomicBool,
    /// Held while a set is admitted or evicted, never while a known one is updated.
    creation: Mutex<Creation>,
    overflow: Arc<Series<A>>,
    late: Arc<Late<A>>,
    limiter: Option<Limiter<A>>,
    /// Set while the aggregator is replayed into somebody else's meter.
    pub(crate) replayer: OnceLock<Replayer<A>>,
}

/// How often a set that the controller evicts meanwhile is decided on anew before it is folded whole.
const MAX_DECISIONS: usize = 16;

/// The series of a family at one collection.
pub(crate) struct Collected<A: Accumulator> {
    pub(crate) series: Vec<(Arc<Series<A>>, A::Value)>,
    pub(crate) keys: Vec<Box<[Key]>>,
    /// True if different attribute sets may have become equal texts.
    pub(crate) other_types: bool,
}

impl<A: Accumulator> Family<A> {
    pub(crate) fn new(
        definition: Definition,
        shape: A::Shape,
        limit: usize,
        cells: Cells,
        shared: Arc<Shared>,
        now: Timestamp,
        limiter: Option<Limiter<A>>,
    ) -> Self {
        let late = Arc::default();
        let overflow = vec![KeyValue::new(OVERFLOW, true)];
        let creation = Creation {
            keys: vec![[Key::from_static_str(OVERFLOW)].into()],
            other_types: false,
        };
        Self {
            overflow: Arc::new(Series::new(
                A::create(&cells, &shape),
                overflow,
                0,
                None,
                now,
                &late,
            )),
            // Retired series are dropped as soon as nobody looks, so that late adds are not kept waiting.
            series: HashMap::builder()
                .hasher(Ready::default())
                .collector(Collector::new().batch_size(1))
                .build(),
            creation: Mutex::new(creation),
            live: AtomicUsize::new(0),
            full: AtomicBool::new(limit == 0),
            definition,
            shape,
            shared,
            limit,
            cells,
            late,
            limiter,
            replayer: OnceLock::new(),
        }
    }

    /// Changes the cell of these attributes, in any order; creates it if there is room.
    #[inline]
    pub(crate) fn update(
        &self,
        attributes: &[KeyValue],
        now: impl FnOnce() -> Timestamp,
        change: impl FnOnce(&A),
    ) {
        if self.shared.closed.load(Ordering::Relaxed) {
            return self.shared.refused.add(1);
        }
        let Some(query) = Query::new(attributes) else {
            return self.admit_and(attributes, now, change);
        };
        // The pin keeps a series alive that is evicted meanwhile, until its cell has been changed.
        let series = self.series.pin();
        if let Some(series) = series.get(&query) {
            change(&series.cell);
        } else if let Some(limiter) = &self.limiter {
            // The pin keeps this series alive, too.
            let pinned = limiter.by_set.pin();
            let decision = limiter.check(attributes);
            if decision.is_overflow() {
                self.shared.overflowed.add(1);
                change(&self.overflow.cell);
            } else if let Some(series) = pinned.get(&decision.set().get()) {
                change(&series.cell);
            } else {
                self.admit_and(attributes, now, change);
            }
        } else if self.full.load(Ordering::Relaxed) {
            self.shared.overflowed.add(1);
            change(&self.overflow.cell);
        } else {
            self.admit_and(attributes, now, change);
        }
    }

    #[cold]
    #[inline(never)]
    fn admit_and(&self, attributes: &[KeyValue], now: impl FnOnce() -> Timestamp, change: impl FnOnce(&A)) {
        let series = self.admit(AttributeSet::new(attributes), now);
        change(&series.cell);
    }

    /// Returns the series of these attributes, or the overflow series if there is no room.
    ///
    /// The caller gets a handle: a series with handles is not evicted.
    pub(crate) fn admit(&self, attributes: AttributeSet, now: impl FnOnce() -> Timestamp) -> Arc<Series<A>> {
        if let Some(limiter) = &self.limiter {
            return self.admit_bounded(limiter, attributes.as_slice(), now);
        }
        let mut creation = self.creation();
        let series = self.series.pin();
        if let Some(series) = series.get(&attributes) {
            return Arc::clone(series);
        }
        if self.live.load(Ordering::Relaxed) >= self.limit {
            self.full.store(true, Ordering::Relaxed);
            self.shared.overflowed.add(1);
            return Arc::clone(&self.overflow);
        }
        let new = self.create(&mut creation, &attributes, None, now());
        series.insert(attributes, Arc::clone(&new));
        new
    }

    /// Returns the series that the controller decides on, by its protocol: a cell is made under the family's own lock, and
    /// only while the controller holds its set.
    fn admit_bounded(
        &self,
        limiter: &Limiter<A>,
        attributes: &[KeyValue],
        now: impl FnOnce() -> Timestamp,
    ) -> Arc<Series<A>> {
        let by_set = limiter.by_set.pin();
        for _ in 0..MAX_DECISIONS {
            let decision = limiter.check(attributes);
            let set = decision.set();
            if decision.is_overflow() {
                break;
            }
            let mut creation = self.creation();
            if let Some(series) = by_set.get(&set.get()) {
                return Arc::clone(series);
            }
            if limiter.dry_run && self.live.load(Ordering::Relaxed) >= self.limit {
                break;
            }
            if !limiter.holds(set) {
                continue;
            }
            let written = AttributeSet::new(&limiter.written(&decision, attributes));
            let new = self.create(&mut creation, &written, Some(set), now());
            by_set.insert(set.get(), Arc::clone(&new));
            self.series.pin().insert(written, Arc::clone(&new));
            return new;
        }
        self.shared.overflowed.add(1);
        Arc::clone(&self.overflow)
    }

    fn create(
        &self,
        creation: &mut Creation,
        attributes: &AttributeSet,
        set: Option<SetId>,
        now: Timestamp,
    ) -> Arc<Series<A>> {
        let keys = creation.key_sequence(attributes);
        let cell = A::create(&self.cells, &self.shape);
        let attributes = attributes.as_slice().to_vec();
        let live = self.live.fetch_add(1, Ordering::Relaxed) + 1;
        if live.is_power_of_two() {
            // Room for as many again keeps the table at most half full: a set beyond the limit is told by few probes.
            self.series.pin().reserve(live);
        }
        Arc::new(Series::new(cell, attributes, keys, set, now, &self.late))
    }

    /// Reads all series. Those that have been idle for `idle` are not handed out and go; those of `evicted` sets are handed
    /// out a last time.
    ///
    /// What has changed since the last time goes to the replayer, if there is one.
    pub(crate) fn collect(&self, now: Timestamp, idle: Option<Duration>, evicted: &[SetId]) -> Collected<A> {
        let replayer = self.replayer.get();
        let replay = |series: &Series<A>, value: &A::Value, changed: Option<&Changed<A>>| {
            if let (Some(replay), Some(changed)) = (replayer, changed) {
                replay(value, changed.before.as_ref(), &series.attributes);
            }
        };
        self.readmit_late(now);
        self.move_detached(now);
        let evicted: HashSet<SetId> = evicted.iter().copied().collect();
        // References that the family itself holds.
        let own = if self.limiter.is_some() { 2 } else { 1 };
        let mut creation = self.creation();
        let pinned = self.series.pin();
        let mut collected = Vec::with_capacity(self.live.load(Ordering::Relaxed) + 1);
        let mut gone = Vec::new();
        for (attributes, series) in &pinned {
            let is_evicted = series.set.is_some_and(|set| evicted.contains(&set));
            let (value, changed) = series.hand_out(now);
            if let (Some(limiter), Some(set), Some(changed)) = (&self.limiter, series.set, &changed)
                && !is_evicted
            {
                limiter.touch(set, A::weight(&value, changed.before.as_ref()));
            }
            replay(series, &value, changed.as_ref());
            let unchanged = now.0.saturating_sub(series.changed.load(Ordering::Relaxed));
            let has_handles = Arc::strong_count(series) > own;
            let is_idle = idle.is_some_and(|idle| u128::from(unchanged) >= idle.as_nanos()) && !has_handles;
            if is_idle || is_evicted {
                gone.push((attributes.clone(), Arc::clone(series)));
            }
            if !is_idle {
                collected.push((Arc::clone(series), value));
            }
        }
        for (attributes, series) in gone {
            series.evict();
            pinned.remove(&attributes);
            if let (Some(limiter), Some(set)) = (&self.limiter, series.set) {
                limiter.by_set.pin().remove(&set.get());
                limiter
                    .detached
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(series);
            }
            self.shared.evicted.add(1);
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
        self.full
            .store(self.live.load(Ordering::Relaxed) >= self.limit, Ordering::Relaxed);
        creation.forget_unused(&collected);
        let (value, changed) = self.overflow.hand_out(now);
        let unused = A::create(&Cells::new(), &self.shape).read();
        if value != unused {
            replay(&self.overflow, &value, changed.as_ref());
            collected.push((Arc::clone(&self.overflow), value));
        }
        Collected {
            series: collected,
            keys: creation.keys.clone(),
            other_types: creation.other_types,
        }
    }

    /// Adds what came to evicted series through handles since the last collection to the series that is now decided on.
    fn move_detached(&self, now: Timestamp) {
        let Some(limiter) = &self.limiter else {
            return;
        };
        let mut detached = limiter.detached.lock().unwrap_or_else(PoisonError::into_inner);
        for series in detached.iter() {
            if let Some((value, before)) = series.take_difference() {
                let to = self.admit_bounded(limiter, &series.attributes, || now);
                to.cell.add_difference(&value, &before);
            }
        }
        // Once nobody else holds a series, its drop hands over what came meanwhile.
        detached.retain(|series| Arc::strong_count(series) > 1);
    }

    /// Admits again what was added to series after their eviction.
    fn readmit_late(&self, now: Timestamp) {
        let late = std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner));
        for (attributes, add) in late {
            add(&self.admit(AttributeSet::new(&attributes), || now).cell);
        }
    }

    fn creation(&self) -> MutexGuard<'_, Creation> {
        self.creation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Creation {
    /// Returns the number of the sequence of the keys of `attributes`.
    fn key_sequence(&mut self, attributes: &AttributeSet) -> usize {
        self.other_types |= attributes
            .iter()
            .any(|a| !matches!(a.value, opentelemetry::Value::String(_)));
        let same = |keys: &[Key]| keys.iter().eq(attributes.iter().map(|attribute| &attribute.key));
        self.keys.iter().position(|keys| same(keys)).unwrap_or_else(|| {
            self.keys
                .push(attributes.iter().map(|attribute| attribute.key.clone()).collect());
            self.keys.len() - 1
        })
    }

    /// Forgets all key sequences but the overflow's when no series is left, so that a stream of new keys cannot pile up.
    fn forget_unused<A: Accumulator>(&mut self, series: &[(Arc<Series<A>>, A::Value)]) {
        if series.is_empty() {
            self.keys.truncate(1);
            self.other_types = false;
        }
    }
}
