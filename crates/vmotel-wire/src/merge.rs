//! From several snapshots to one visit: every family once, sorted, every series once.

mod equal;
mod owned;
pub(crate) mod point;

use std::borrow::Cow;

use vmotel_model::{Family, Kind, MetricSink, Series, Snapshot, escape_metric_name};

use self::equal::{Filter, Fingerprints};
use crate::{Conflict, ConflictKind, EncodeConfig, MergeReport, Names};

/// How snapshots are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MergeConfig {
    /// Under which names families and labels are compared. Default: [`Names::Classic`], as they are.
    pub names: Names,
    /// Whether `target_info` comes before all others, as OpenMetrics demands. Default: false.
    pub target_info_first: bool,
}

impl MergeConfig {
    /// Returns what fits an encoding.
    #[must_use]
    pub const fn of(config: &EncodeConfig) -> Self {
        Self {
            names: config.names,
            target_info_first: false,
        }
    }
}

/// Merges snapshots into one visit. Its buffers are kept, so that a later visit allocates no memory for series.
///
/// - Families of one name become one. Equal series in it are added (counters, up-down counters, histograms) or the last one
///   stays (gauges, summaries, unknowns), in the order of the snapshots and of the families in each.
/// - Where types differ, the families of one type stay: the first of counter, up-down counter and gauge (one type, as both
///   are exposed as gauge), histogram, summary, unknown, whatever the order of the snapshots.
/// - Where descriptions or units differ, none is handed on. An empty one does not count.
/// - A family `x_count`, `x_sum` or `x_bucket` is dropped where `x` is a histogram (or a summary: `x_count`, `x_sum`).
/// - A family whose snapshot says that it is distinct, and that is the only one of its name, is handed on without a check.
///
/// Equal histograms with different bounds get the bounds that they have in common, exponential ones the coarser scale.
#[derive(Debug, Default)]
pub struct Merge {
    entries: Vec<Entry>,
    kept: Vec<(Entry, Kind)>,
    fingerprints: Fingerprints,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    snapshot: usize,
    family: usize,
}

/// What a visit works on.
#[derive(Clone, Copy)]
struct Input<'s, 'b> {
    snapshots: &'s [Box<dyn Snapshot + 'b>],
    config: MergeConfig,
}

impl<'s> Input<'s, '_> {
    fn family(&self, entry: Entry) -> Family<'s> {
        self.snapshots[entry.snapshot].family(entry.family)
    }

    fn name(&self, entry: Entry) -> Cow<'s, str> {
        let name = self.family(entry).name;
        if self.config.names == Names::Underscores {
            escape_metric_name(name)
        } else {
            Cow::Borrowed(name)
        }
    }

    fn visit(&self, entry: Entry, sink: &mut dyn MetricSink) {
        self.snapshots[entry.snapshot].visit(entry.family, sink);
    }

    fn distinct(&self, entry: Entry) -> bool {
        self.config.names != Names::Underscores && self.snapshots[entry.snapshot].distinct(entry.family)
    }
}

impl Merge {
    /// Hands all families of the snapshots to `sink`, and reports what was merged and dropped.
    pub fn visit(
        &mut self,
        snapshots: &[Box<dyn Snapshot + '_>],
        config: MergeConfig,
        sink: &mut dyn MetricSink,
    ) -> MergeReport {
        let input = Input { snapshots, config };
        let mut report = MergeReport::default();
        let mut entries = std::mem::take(&mut self.entries);
        entries.clear();
        for (at, snapshot) in snapshots.iter().enumerate() {
            entries.extend((0..snapshot.len()).map(|family| Entry { snapshot: at, family }));
        }
        entries.sort_by(|a, b| input.name(*a).cmp(&input.name(*b)));
        self.kept.clear();
        let is_same = |a: &Entry, b: &Entry| input.name(*a) == input.name(*b);
        let is_target = |group: &[Entry]| config.target_info_first && input.name(group[0]) == "target_info";
        if config.target_info_first
            && let Some(group) = entries.chunk_by(is_same).find(|group| is_target(group))
        {
            self.group(&input, group, sink, &mut report);
            self.kept.clear();
        }
        for group in entries.chunk_by(is_same) {
            if !is_target(group) {
                self.group(&input, group, sink, &mut report);
            }
        }
        self.entries = entries;
        report
    }

    /// Handles all families of one name.
    fn group(
        &mut self,
        input: &Input<'_, '_>,
        group: &[Entry],
        sink: &mut dyn MetricSink,
        report: &mut MergeReport,
    ) {
        let first = group[0];
        let name = input.name(first);
        if self.clashes(input, &name) {
            report.conflict(&name, ConflictKind::Clash);
            report.dropped_clash += group.iter().map(|&entry| count(input, entry)).sum::<u64>();
            return;
        }
        let Some(rank) = group.iter().map(|&entry| rank(input.family(entry).kind)).min() else {
            return;
        };
        let stays = |entry: &&Entry| rank == self::rank(input.family(**entry).kind);
        let others: u64 = group
            .iter()
            .filter(|entry| !stays(entry))
            .map(|&entry| count(input, entry))
            .sum();
        if group.iter().any(|entry| !stays(&entry)) {
            report.conflict(&name, ConflictKind::Type);
            report.dropped_type += others;
        }
        let mut family = Family {
            name: &name,
            ..input.family(first)
        };
        let mut kind = None;
        (family.help, family.unit) = ("", "");
        let (mut help, mut unit) = (Agreed::default(), Agreed::default());
        for entry in group.iter().filter(stays) {
            let head = input.family(*entry);
            help.add(head.help);
            unit.add(head.unit);
            // Up-down counters and gauges of one name are all taken as gauges.
            kind = Some(if kind.is_none_or(|kind| kind == head.kind) {
                head.kind
            } else {
                Kind::Gauge
            });
        }
        family.kind = kind.unwrap_or(family.kind);
        family.help = help.get().unwrap_or_else(|| {
            report.conflict(&name, ConflictKind::Help);
            ""
        });
        family.unit = unit.get().unwrap_or_else(|| {
            report.conflict(&name, ConflictKind::Unit);
            ""
        });
        self.kept.push((first, family.kind));
        report.families += 1;
        sink.family(&family);
        let mut entries = group.iter().filter(stays);
        if let (Some(&only), None) = (entries.next(), entries.next())
            && input.distinct(only)
        {
            input.visit(only, sink);
            return;
        }
        self.fingerprints.begin(family.kind, input.config.names);
        for &entry in group.iter().filter(stays) {
            input.visit(entry, &mut self.fingerprints);
        }
        if self.fingerprints.all_different() {
            for &entry in group.iter().filter(stays) {
                input.visit(entry, sink);
            }
            return;
        }
        let mut filter = Filter::new(&mut self.fingerprints, sink);
        for &entry in group.iter().filter(stays) {
            input.visit(entry, &mut filter);
        }
        let (merged, dropped) = filter.finish();
        report.merged += merged;
        report.dropped_form += dropped;
        if merged > 0 {
            report.conflict(&name, ConflictKind::EqualSeries);
        }
        if dropped > 0 {
            report.conflict(&name, ConflictKind::Form);
        }
    }

    /// Returns true if the name is that of series of a histogram or summary that was handed on.
    fn clashes(&self, input: &Input<'_, '_>, name: &str) -> bool {
        let stem = |suffix| name.strip_suffix(suffix);
        let owner = |stem: Option<&str>, kinds: &[Kind]| {
            stem.is_some_and(|stem| {
                self.kept
                    .binary_search_by(|(entry, _)| input.name(*entry).as_ref().cmp(stem))
                    .is_ok_and(|at| kinds.contains(&self.kept[at].1))
            })
        };
        owner(stem("_bucket"), &[Kind::Histogram])
            || owner(
                stem("_count").or_else(|| stem("_sum")),
                &[Kind::Histogram, Kind::Summary],
            )
    }
}

impl MergeReport {
    fn conflict(&mut self, name: &str, kind: ConflictKind) {
        self.conflicts.push(Conflict {
            name: name.to_owned(),
            kind,
        });
    }
}

/// Types in the order in which they stay; one number for those that are exposed alike.
const fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Counter => 0,
        Kind::UpDownCounter | Kind::Gauge => 1,
        Kind::Histogram => 2,
        Kind::Summary => 3,
        _ => 4,
    }
}

/// A text on which all families of a name agree.
#[derive(Default)]
struct Agreed<'a> {
    text: &'a str,
    differs: bool,
}

impl<'a> Agreed<'a> {
    fn add(&mut self, text: &'a str) {
        if self.text.is_empty() {
            self.text = text;
        } else if !text.is_empty() && text != self.text {
            self.differs = true;
        }
    }

    fn get(&self) -> Option<&'a str> {
        (!self.differs).then_some(self.text)
    }
}

/// Counts the series of a family.
fn count(input: &Input<'_, '_>, entry: Entry) -> u64 {
    struct Count(u64);
    impl MetricSink for Count {
        fn family(&mut self, _: &Family<'_>) {}
        fn series(&mut self, _: &Series<'_>) {
            self.0 += 1;
        }
    }
    let mut count = Count(0);
    input.visit(entry, &mut count);
    count.0
}

#[cfg(test)]
mod tests;
