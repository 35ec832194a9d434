//! Equal series: found by a first visit, merged in a second.

use std::hash::BuildHasher;

use hashbrown::{HashTable, hash_table::Entry};
use vmotel_model::{Family, Kind, MetricSink, Series};

use super::owned::Owned;
use crate::{Names, label_text::LabelText};

/// Hashes of the label texts of a family's series. As a sink it takes the first visit.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    kind: Option<Kind>,
    names: Names,
    labels: LabelText,
    state: foldhash::fast::RandomState,
    seen: HashTable<u64>,
    /// Those seen more than once.
    several: HashTable<u64>,
}

impl Fingerprints {
    pub(super) fn begin(&mut self, kind: Kind, names: Names) {
        self.kind = Some(kind);
        self.names = names;
        self.seen.clear();
        self.several.clear();
    }

    pub(super) fn all_different(&self) -> bool {
        self.several.is_empty()
    }

    /// Returns label text and its hash.
    fn of<'t>(&'t mut self, series: &Series<'t>) -> (u64, &'t [u8]) {
        let text = self
            .labels
            .of(series, self.kind.unwrap_or(Kind::Unknown), self.names);
        (self.state.hash_one(text), text)
    }
}

/// Returns true if the hash was there already.
fn insert(table: &mut HashTable<u64>, hash: u64) -> bool {
    match table.entry(hash, |&other| other == hash, |&hash| hash) {
        Entry::Occupied(_) => true,
        Entry::Vacant(vacant) => {
            vacant.insert(hash);
            false
        }
    }
}

impl MetricSink for Fingerprints {
    fn family(&mut self, _: &Family<'_>) {}

    fn series(&mut self, series: &Series<'_>) {
        let (hash, _) = self.of(series);
        if insert(&mut self.seen, hash) {
            insert(&mut self.several, hash);
        }
    }
}

/// Takes the second visit: hands on what occurs once, keeps and merges the rest.
pub(super) struct Filter<'a> {
    fingerprints: &'a mut Fingerprints,
    sink: &'a mut dyn MetricSink,
    index: HashTable<(u64, usize)>,
    kept: Vec<Owned>,
    merged: u64,
    dropped: u64,
}

impl<'a> Filter<'a> {
    pub(super) fn new(fingerprints: &'a mut Fingerprints, sink: &'a mut dyn MetricSink) -> Self {
        Self {
            fingerprints,
            sink,
            index: HashTable::new(),
            kept: Vec::new(),
            merged: 0,
            dropped: 0,
        }
    }

    /// Hands on what was merged, in the order in which each series came first; returns how many were merged and dropped.
    pub(super) fn finish(self) -> (u64, u64) {
        for series in &self.kept {
            series.visit(self.sink);
        }
        (self.merged, self.dropped)
    }
}

impl MetricSink for Filter<'_> {
    fn family(&mut self, _: &Family<'_>) {}

    fn series(&mut self, series: &Series<'_>) {
        let kind = self.fingerprints.kind.unwrap_or(Kind::Unknown);
        let (hash, _) = self.fingerprints.of(series);
        if self
            .fingerprints
            .several
            .find(hash, |&other| other == hash)
            .is_none()
        {
            self.sink.series(series);
            return;
        }
        let (_, text) = self.fingerprints.of(series);
        let kept = &mut self.kept;
        let known = self
            .index
            .find(hash, |&(other, at)| other == hash && kept[at].text() == text);
        match known {
            None => {
                self.index
                    .insert_unique(hash, (hash, kept.len()), |&(hash, _)| hash);
                kept.push(Owned::new(series, text));
            }
            Some(&(_, at)) => {
                if kept[at].merge(kind, series) {
                    self.merged += 1;
                } else {
                    self.dropped += 1;
                }
            }
        }
    }
}
