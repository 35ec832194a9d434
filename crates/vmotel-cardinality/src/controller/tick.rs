//! What happens between two epochs: weights fade, heavier values take places, idle sets go.

use std::sync::atomic::Ordering::Relaxed;

use super::decision::SetId;
use super::metric::{Locked, Metric, State};

/// The sets of a metric that are no longer admitted.
///
/// Their room is free when this is dropped: drop it after their last values are exported and their cells are gone.
#[derive(Debug)]
#[must_use = "dropping it frees the room of the evicted sets"]
pub struct Evicted {
    metric: Metric,
    sets: Vec<SetId>,
}

impl Evicted {
    /// Returns the metric.
    #[must_use]
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// Returns the sets that are no longer admitted.
    #[must_use]
    pub fn sets(&self) -> &[SetId] {
        &self.sets
    }
}

impl Drop for Evicted {
    fn drop(&mut self) {
        let state = &self.metric.0;
        state.charged.fetch_sub(self.sets.len(), Relaxed);
        state.shared.charged.fetch_sub(self.sets.len(), Relaxed);
    }
}

/// Ends an epoch of a metric.
pub(crate) fn tick(metric: &Metric) -> Evicted {
    let state = &*metric.0;
    let mut locked = state.lock();
    credit_values(state, &locked);
    let mut evicted = Vec::new();
    let idle = state.shared.config.idle_epochs;
    if idle > 0 {
        let now = state.shared.epoch();
        let is_idle = |set: u64| {
            state
                .sets
                .find(set)
                .is_some_and(|slot| now.wrapping_sub(slot.epoch()) > idle)
        };
        evicted.extend(locked.sets.keys().copied().filter(|&set| is_idle(set)));
        remove_sets(state, &mut locked, &evicted);
        remove_unused_values(state, &mut locked);
    }
    for at in 0..state.known_labels().count() {
        let replaced = replace_values(state, &mut locked, at);
        remove_sets(state, &mut locked, &replaced);
        evicted.extend(replaced);
    }
    for label in state.known_labels() {
        for value in label.values.keys() {
            if let Some(slot) = label.values.find(value) {
                slot.set_weight(slot.weight() / 2);
            }
        }
        if let Some(heavy) = label.heavy() {
            heavy.decay();
        }
    }
    let distinct: f64 = state.known_labels().map(super::label::Label::estimate).sum();
    locked.new_per_epoch = (distinct - locked.last_distinct).max(0.0);
    locked.last_distinct = distinct;
    state.counts.evictions.fetch_add(evicted.len() as u64, Relaxed);
    Evicted {
        metric: metric.clone(),
        sets: evicted.into_iter().map(SetId::new).collect(),
    }
}

/// Moves the weights of the sets to their values.
fn credit_values(state: &State, locked: &Locked) {
    for (&set, values) in &locked.sets {
        let Some(slot) = state.sets.find(set) else {
            continue;
        };
        let (weight, epoch) = (slot.weight(), slot.epoch());
        slot.set_weight(0);
        for (label, &value) in state.known_labels().zip(values) {
            if let Some(slot) = label.values.find(value) {
                slot.touch(weight, slot.epoch().max(epoch));
            }
        }
    }
}

fn remove_sets(state: &State, locked: &mut Locked, sets: &[u64]) {
    for &set in sets {
        state.sets.remove(set);
        locked.sets.remove(&set);
    }
}

fn remove_unused_values(state: &State, locked: &mut Locked) {
    let now = state.shared.epoch();
    for (at, label) in state.known_labels().enumerate() {
        let used: std::collections::HashSet<u64> = locked
            .sets
            .values()
            .filter_map(|values| values.get(at).copied())
            .collect();
        let idle = state.shared.config.idle_epochs;
        let is_idle = |value: u64| {
            label
                .values
                .find(value)
                .is_some_and(|slot| now.wrapping_sub(slot.epoch()) > idle)
        };
        let gone: Vec<u64> = label
            .values
            .keys()
            .filter(|value| !used.contains(value) && is_idle(*value))
            .collect();
        for value in gone {
            label.values.remove(value);
            locked.texts[at].remove(&value);
        }
    }
}

/// Lets folded values that are clearly heavier take the places of light ones. Returns the sets that go.
fn replace_values(state: &State, locked: &mut Locked, at: usize) -> Vec<u64> {
    let Some((label, heavy)) = state.labels[at]
        .get()
        .and_then(|label| Some((label, label.heavy()?)))
    else {
        return Vec::new();
    };
    let mut admitted: Vec<(u64, u64)> = label
        .values
        .keys()
        .filter_map(|value| Some((label.values.find(value)?.weight(), value)))
        .collect();
    admitted.sort_unstable();
    let mut gone = std::collections::HashSet::new();
    for ((weight, light), (candidate, certain)) in admitted.into_iter().zip(heavy.ranked()) {
        if label.values.find(candidate).is_some() {
            heavy.forget(candidate);
            continue;
        }
        if certain as f64 <= weight as f64 * state.shared.config.hysteresis + 1.0 {
            break;
        }
        label.values.remove(light);
        locked.texts[at].remove(&light);
        heavy.forget(candidate);
        heavy.offer(light, weight);
        label.admit(candidate, certain, state.shared.epoch());
        gone.insert(light);
    }
    if gone.is_empty() {
        return Vec::new();
    }
    let has_gone = |values: &[u64]| values.get(at).is_some_and(|value| gone.contains(value));
    locked
        .sets
        .iter()
        .filter(|(_, values)| has_gone(values))
        .map(|(&set, _)| set)
        .collect()
}
