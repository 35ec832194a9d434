//! From snapshots to the text of a scrape.

use std::fmt::Write as _;

use vmotel_model::{
    Family, Kind, MetricSink, Number, Point, Series, Snapshot, escape_help, escape_label_value,
};

use crate::Format;

/// What an encoding did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    pub(crate) series: u64,
    pub(crate) merged: u64,
    /// By [`Report::REASONS`].
    pub(crate) dropped: [u64; 6],
    /// What a user should be told once.
    pub(crate) warnings: Vec<String>,
}

impl Report {
    /// Why series are left out.
    pub(crate) const REASONS: [&'static str; 6] = ["type", "clash", "form", "nan", "mismatched", "invalid"];
}

/// Encodes the snapshots as one exposition.
pub(crate) fn encode(format: Format, snapshots: &[&dyn Snapshot], out: &mut Vec<u8>) -> Report {
    let mut heads: Vec<_> = snapshots
        .iter()
        .flat_map(|snapshot| (0..snapshot.len()).map(move |index| (snapshot.family(index), *snapshot, index)))
        .collect();
    heads.sort_by(|a, b| a.0.name.cmp(b.0.name));
    let mut text = Text {
        out,
        name: String::new(),
        report: Report::default(),
    };
    for (family, snapshot, index) in heads {
        text.family(&family);
        snapshot.visit(index, &mut text);
    }
    if format.word() == "openmetrics" {
        text.out.extend_from_slice(b"# EOF\n");
    }
    text.report
}

struct Text<'a> {
    out: &'a mut Vec<u8>,
    name: String,
    report: Report,
}

impl Text<'_> {
    fn line(&mut self, suffix: &str, series: &Series<'_>, extra: Option<(&str, &str)>, value: &str) {
        self.out.extend_from_slice(self.name.as_bytes());
        self.out.extend_from_slice(suffix.as_bytes());
        let mut before = b'{';
        let out = &mut *self.out;
        let mut label = |name: &str, value: &str| {
            out.push(before);
            before = b',';
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"=\"");
            escape_label_value(value, out);
            out.push(b'"');
        };
        series.labels.for_each(&mut label);
        if let Some((name, value)) = extra {
            label(name, value);
        }
        if before == b',' {
            out.push(b'}');
        }
        out.push(b' ');
        out.extend_from_slice(value.as_bytes());
        out.push(b'\n');
    }
}

impl MetricSink for Text<'_> {
    fn family(&mut self, family: &Family<'_>) {
        if self.name == family.name {
            return;
        }
        family.name.clone_into(&mut self.name);
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
            Kind::UpDownCounter | Kind::Gauge => "gauge",
            _ => "untyped",
        };
        if !family.help.is_empty() {
            self.out
                .extend_from_slice(format!("# HELP {} ", family.name).as_bytes());
            escape_help(family.help, self.out);
            self.out.push(b'\n');
        }
        self.out
            .extend_from_slice(format!("# TYPE {} {kind}\n", family.name).as_bytes());
    }

    fn series(&mut self, series: &Series<'_>) {
        self.report.series += 1;
        match &series.point {
            Point::Number(Number::U64(value)) => self.line("", series, None, &value.to_string()),
            Point::Number(Number::I64(value)) => self.line("", series, None, &value.to_string()),
            Point::Number(Number::F64(value)) => self.line("", series, None, &value.to_string()),
            Point::Histogram(point) => {
                let mut sum = 0;
                let mut bound = String::new();
                for (nth, count) in point.counts.iter().enumerate() {
                    sum += count;
                    bound.clear();
                    match point.bounds.get(nth) {
                        Some(le) => _ = write!(bound, "{le}"),
                        None => bound.push_str("+Inf"),
                    }
                    self.line("_bucket", series, Some(("le", &bound)), &sum.to_string());
                }
                if let Some(sum) = point.sum {
                    self.line("_sum", series, None, &sum.to_string());
                }
                self.line("_count", series, None, &point.count.to_string());
            }
            _ => self.report.dropped[4] += 1,
        }
    }
}
