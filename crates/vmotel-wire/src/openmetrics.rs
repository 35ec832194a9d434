//! OpenMetrics 1.0.0, for scrapers that ask for it; those of VictoriaMetrics do not.

use vmotel_model::{Family, Kind, MetricSink, Series, Snapshot, escape_help_openmetrics, escape_metric_name};

use crate::{EncodeConfig, EncodeReport, Merge, MergeConfig, Names, body::Body};

/// The value of `Content-Type`.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Appends the merged families of all snapshots to `out`, with `# EOF` at the end.
///
/// See [`text::encode`](crate::text::encode); `target_info` comes first.
///
/// ```
/// use vmotel_wire::{EncodeConfig, openmetrics};
///
/// let mut out = Vec::new();
/// let report = openmetrics::encode(&[], &EncodeConfig::default(), &mut out);
/// assert_eq!(out, b"# EOF\n");
/// assert_eq!(report.series, 0);
/// ```
pub fn encode(
    snapshots: &[Box<dyn Snapshot + '_>],
    config: &EncodeConfig,
    out: &mut Vec<u8>,
) -> EncodeReport {
    encode_with(&mut Merge::default(), snapshots, config, out)
}

/// As [`encode`], with the buffers of a merge that is kept between scrapes.
pub fn encode_with(
    merge: &mut Merge,
    snapshots: &[Box<dyn Snapshot + '_>],
    config: &EncodeConfig,
    out: &mut Vec<u8>,
) -> EncodeReport {
    let mut sink = OpenMetricsSink::new(config, out);
    let merged = merge.visit(
        snapshots,
        MergeConfig {
            target_info_first: true,
            ..MergeConfig::of(config)
        },
        &mut sink,
    );
    let mut report = sink.finish();
    report.merge = merged;
    report
}

/// Encodes a visit as OpenMetrics 1.0.0.
///
/// - The family of a counter has the name without `_total`. A counter whose name does not end so, or whose family's name
///   another family has, is exposed as `unknown`: the name of its series stays, as in all other formats.
/// - The gauge `target_info` is an `info`.
/// - `# UNIT` is written where the family's name ends with the unit.
/// - `le` and `quantile` have the canonical spelling (`1.0`, `1e+06`); VictoriaMetrics and Prometheus read both alike.
/// - Exponential and vmrange histograms are cumulative `le` buckets at their own bounds, or at those of the configuration.
/// - A histogram with a bound below zero has neither `_sum` nor `_count`, as the format forbids them.
#[derive(Debug)]
pub struct OpenMetricsSink<'a> {
    body: Body<'a>,
    /// What `_total` takes of the name of a counter's family.
    cut: usize,
    /// Names that families have claimed: all that each of their series could have.
    claimed: hashbrown::HashSet<String, foldhash::fast::RandomState>,
}

impl<'a> OpenMetricsSink<'a> {
    /// Creates a sink that appends to `out`.
    #[must_use]
    pub fn new(config: &'a EncodeConfig, out: &'a mut Vec<u8>) -> Self {
        Self {
            body: Body::new(config, true, out),
            cut: 0,
            claimed: hashbrown::HashSet::default(),
        }
    }

    /// Ends the body with `# EOF`; returns what was written and what was left out.
    pub fn finish(self) -> EncodeReport {
        self.body.out.extend_from_slice(b"# EOF\n");
        EncodeReport {
            series: self.body.series,
            samples: self.body.samples,
            skipped: self.body.skipped,
            rejected: self.body.rejected,
            ..EncodeReport::default()
        }
    }

    /// Takes all names that a family of this type can give to series, or none if one of them is taken.
    fn claim(&mut self, name: &str, suffixes: &[&str]) -> bool {
        let names = || suffixes.iter().map(|suffix| format!("{name}{suffix}"));
        let free = !names().any(|name| self.claimed.contains(&name));
        if free {
            self.claimed.extend(names());
        }
        free
    }
}

impl MetricSink for OpenMetricsSink<'_> {
    fn family(&mut self, family: &Family<'_>) {
        self.body.family(family);
        let escaped = match self.body.config.names {
            Names::Quoted => family.name.into(),
            _ => escape_metric_name(family.name),
        };
        let name = escaped.as_ref();
        self.cut = 0;
        let stem = match family.kind {
            Kind::Counter => name
                .strip_suffix("_total")
                .map(|stem| (stem, "counter", &COUNTER[..])),
            Kind::Gauge if name == "target_info" => Some(("target", "info", &["", "_info"][..])),
            _ => None,
        };
        let kind = match (stem, family.kind) {
            (Some((stem, kind, suffixes)), _) if !stem.is_empty() && self.claim(stem, suffixes) => {
                self.cut = name.len() - stem.len();
                Some(kind)
            }
            (_, Kind::UpDownCounter | Kind::Gauge) => self.claim(name, &[""]).then_some("gauge"),
            (_, Kind::Histogram) => self.claim(name, &HISTOGRAM).then_some("histogram"),
            (_, Kind::Summary) => self.claim(name, &SUMMARY).then_some("summary"),
            _ => self.claim(name, &[""]).then_some("unknown"),
        };
        let body = &mut self.body;
        let Some(kind) = kind else {
            body.open = false;
            return;
        };
        body.head.push_comment("TYPE", self.cut, body.out);
        body.out.extend_from_slice(kind.as_bytes());
        body.out.push(b'\n');
        let stem = &name[..name.len() - self.cut];
        let unit = family.unit;
        if !unit.is_empty()
            && kind != "info"
            && stem.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
        {
            body.head.push_comment("UNIT", self.cut, body.out);
            body.out.extend_from_slice(unit.as_bytes());
            body.out.push(b'\n');
        }
        if !family.help.is_empty() {
            body.head.push_comment("HELP", self.cut, body.out);
            escape_help_openmetrics(family.help, body.out);
            body.out.push(b'\n');
        }
    }

    fn series(&mut self, series: &Series<'_>) {
        let before = self.body.samples;
        self.body.series(series);
        let cumulative = self.cut > 0 || matches!(self.body.kind, Kind::Histogram | Kind::Summary);
        if self.body.config.created
            && cumulative
            && self.body.kind != Kind::Gauge
            && self.body.samples > before
        {
            self.body.created(series, self.cut);
        }
    }
}

const COUNTER: [&str; 3] = ["", "_total", "_created"];
const HISTOGRAM: [&str; 5] = ["", "_bucket", "_count", "_sum", "_created"];
const SUMMARY: [&str; 4] = ["", "_count", "_sum", "_created"];
