//! What is kept of the samples: for each family and each label, the last values.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use vmotel_cardinality::LabelCount;
use vmotel_model::Kind;

use crate::{history::Ring, reading::Reading};

/// The most labels whose growth is kept.
const MAX_LABELS: usize = 2000;

/// All that the page shows of the past.
#[derive(Debug)]
pub(crate) struct State {
    room: usize,
    /// Seconds since the start, of each sample.
    pub(crate) times: Ring<f64>,
    pub(crate) families: BTreeMap<String, FamilyState>,
    /// Distinct values by controller, metric and label.
    pub(crate) labels: HashMap<(usize, String, String), Ring<f64>>,
    pub(crate) samples: u64,
    pub(crate) took: Duration,
    pub(crate) left_out: u64,
    pub(crate) failure: Option<String>,
}

/// A family with its last values; all rings are as long as the one of the times.
#[derive(Debug)]
pub(crate) struct FamilyState {
    pub(crate) kind: Kind,
    pub(crate) unit: String,
    pub(crate) help: String,
    /// 0 if the last sample did not have it.
    pub(crate) series: u64,
    pub(crate) is_exact: bool,
    pub(crate) overflows: bool,
    pub(crate) value: Ring<f64>,
    pub(crate) sum: Ring<f64>,
    pub(crate) new: Ring<u32>,
}

impl FamilyState {
    /// Makes a family that the samples before did not have.
    fn new(room: usize, before: usize) -> Self {
        Self {
            kind: Kind::Unknown,
            unit: String::new(),
            help: String::new(),
            series: 0,
            is_exact: true,
            overflows: false,
            value: Ring::filled(room, before, f64::NAN),
            sum: Ring::filled(room, before, f64::NAN),
            new: Ring::filled(room, before, 0),
        }
    }
}

impl State {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            room,
            times: Ring::filled(room, 0, 0.0),
            families: BTreeMap::new(),
            labels: HashMap::new(),
            samples: 0,
            took: Duration::ZERO,
            left_out: 0,
            failure: None,
        }
    }

    /// Adds a sample taken `now` after the start.
    pub(crate) fn add(&mut self, now: Duration, readings: Vec<Reading>, left_out: u64) {
        let before = self.times.len();
        self.times.push(now.as_secs_f64());
        self.samples += 1;
        self.left_out = left_out;
        let mut gone = std::mem::take(&mut self.families);
        for reading in readings {
            let mut family = gone
                .remove(&reading.name)
                .unwrap_or_else(|| FamilyState::new(self.room, before));
            family.kind = reading.kind;
            family.unit = reading.unit;
            family.help = reading.help;
            family.series = reading.series;
            family.is_exact = reading.is_exact;
            family.overflows = reading.overflows;
            family.value.push(reading.value);
            family.sum.push(reading.sum);
            family.new.push(u32::try_from(reading.new).unwrap_or(u32::MAX));
            self.families.insert(reading.name, family);
        }
        // Those that are gone stay as long as something of them can be seen, and there is room.
        let bound = self.families.len() * 2;
        for (name, mut family) in gone {
            family.series = 0;
            family.value.push(f64::NAN);
            family.sum.push(f64::NAN);
            family.new.push(0);
            if self.families.len() < bound && family.value.iter().any(f64::is_finite) {
                self.families.insert(name, family);
            }
        }
    }

    /// Adds what a controller knows of its labels, to the sample that was added last.
    pub(crate) fn add_labels(&mut self, controller: usize, counts: Vec<LabelCount>) {
        let before = self.times.len().saturating_sub(1);
        for count in counts {
            let key = (controller, count.metric, count.label);
            if self.labels.len() >= MAX_LABELS && !self.labels.contains_key(&key) {
                continue;
            }
            let room = self.room;
            let ring = self
                .labels
                .entry(key)
                .or_insert_with(|| Ring::filled(room, before, 0.0));
            ring.push(count.distinct);
        }
    }

    /// Returns how many of the last samples lie in the minute before the last one.
    pub(crate) fn last_minute(&self) -> usize {
        let last = self.times.last().unwrap_or_default();
        self.times
            .iter()
            .rev()
            .take_while(|time| last - time < 60.0)
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(name: &str, value: f64) -> Reading {
        Reading {
            name: name.to_owned(),
            kind: Kind::Counter,
            unit: String::new(),
            help: String::new(),
            series: 1,
            value,
            sum: 0.0,
            new: 0,
            is_exact: true,
            overflows: false,
        }
    }

    fn values(state: &State, name: &str) -> Vec<String> {
        let family = &state.families[name];
        family.value.iter().map(|value| value.to_string()).collect()
    }

    #[test]
    fn values_stand_at_their_times() {
        let mut state = State::new(3);
        state.add(Duration::from_secs(0), vec![reading("a", 1.0)], 0);
        state.add(
            Duration::from_secs(5),
            vec![reading("a", 2.0), reading("b", 7.0)],
            0,
        );
        state.add(Duration::from_secs(10), vec![reading("a", 3.0)], 0);
        assert_eq!(values(&state, "a"), ["1", "2", "3"]);
        assert_eq!(values(&state, "b"), ["NaN", "7", "NaN"]);
        state.add(Duration::from_secs(15), vec![reading("a", 4.0)], 0);
        assert_eq!(values(&state, "b"), ["7", "NaN", "NaN"]);
        state.add(Duration::from_secs(20), vec![reading("a", 5.0)], 0);
        assert!(
            !state.families.contains_key("b"),
            "nothing of it can be seen any more"
        );
        assert_eq!(values(&state, "a"), ["3", "4", "5"]);
        assert_eq!(state.last_minute(), 3);
    }

    #[test]
    fn families_that_change_their_names_stay_bounded() {
        let mut state = State::new(3600);
        for number in 0..500 {
            let name = format!("m{number}");
            state.add(Duration::from_secs(number), vec![reading(&name, 1.0)], 0);
        }
        assert!(state.families.len() <= 2, "{}", state.families.len());
    }
}
