//! The controller behind a family: under which labels a new series is made.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use vmotel_cardinality::{Decision, Evicted, Metric, SetId};
use vmotel_cells::Pin;

use super::{Key, Series, creation::Place, key::Packed, schema::Schema};
use crate::store::Store;

/// How often a set that the controller evicts meanwhile is decided on anew before it is folded whole.
const MAX_DECISIONS: usize = 16;

/// What a family has where a controller bounds it.
pub(crate) struct Limiter {
    metric: Metric,
    sets: Mutex<Sets>,
}

/// The series of admitted sets, folded ones included.
#[derive(Default)]
struct Sets {
    series: HashMap<SetId, u32>,
    sets: HashMap<u32, SetId>,
}

impl Limiter {
    pub(crate) fn new(metric: Metric) -> Self {
        Self {
            metric,
            sets: Mutex::default(),
        }
    }

    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds weight to the set of a series.
    pub(super) fn touch(&self, id: u32, weight: u64) {
        if let Some(set) = self.sets().sets.get(&id) {
            self.metric.touch(*set, weight);
        }
    }

    /// Forgets a removed series.
    pub(super) fn forget(&self, id: u32) {
        let mut sets = self.sets();
        if let Some(set) = sets.sets.remove(&id)
            && sets.series.get(&set) == Some(&id)
        {
            sets.series.remove(&set);
        }
    }

    /// Returns the series of the sets that are no longer admitted.
    pub(super) fn leaving(&self, evicted: &[Evicted]) -> Vec<u32> {
        let sets = self.sets();
        let own = |evicted: &&Evicted| evicted.metric().name() == self.metric.name();
        evicted
            .iter()
            .filter(own)
            .flat_map(Evicted::sets)
            .filter_map(|set| sets.series.get(set).copied())
            .collect()
    }

    /// Returns the key under which a decision has a series written: folded, cut, without dropped labels.
    fn written(&self, decision: &Decision, schema: &Schema, key: &Packed<'_>) -> Key {
        let texts: Vec<_> = schema
            .keys
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let label = self.metric.label(name);
                label.map_or_else(Default::default, |label| {
                    self.metric.text(decision, label, key.value(index))
                })
            })
            .collect();
        Key::new(schema.number, texts.len(), |index| &texts[index])
    }
}

impl<S: Store> Series<S> {
    /// Makes the series that the controller decides on, by its protocol: under the creation lock, and only while the controller
    /// holds the set.
    pub(super) fn create_bounded<'a>(&'a self, pin: &Pin, limiter: &Limiter, key: &Key) -> Place<'a, S> {
        let bytes = key.bytes();
        let packed = Packed(&bytes);
        let schemas = self.schemas.get(pin);
        if let Some(schema) = schemas.get(usize::from(packed.schema())) {
            let names = schema.keys.iter().enumerate();
            let pairs: Vec<(&str, &str)> = names
                .map(|(index, name)| (&**name, packed.value(index)))
                .collect();
            for _ in 0..MAX_DECISIONS {
                let decision = limiter.metric.check_pairs(&pairs, 1);
                if decision.is_overflow() {
                    break;
                }
                let written = limiter.written(&decision, schema, &packed);
                let hash = written.hash(&self.seed);
                let now = self.shared.clock.now();
                let mut creation = self.creation();
                if let Some(found) = self.find(pin, &written, hash) {
                    // One that is folded into another's series is as new as it can be.
                    return Place::new(found, written.words() != key.words());
                }
                if !limiter.metric.holds(decision.set()) {
                    continue;
                }
                if creation.live >= self.limit() {
                    break;
                }
                let Some((id, chunk, at)) = self.admit(pin, &mut creation, &written, hash, now) else {
                    break;
                };
                let mut sets = limiter.sets();
                sets.series.insert(decision.set(), id);
                sets.sets.insert(id, decision.set());
                return Place::new((id, chunk, at), true);
            }
        }
        self.shared.overflowed.add(1);
        Place::new(self.overflow(pin, &mut self.creation()), true)
    }
}
