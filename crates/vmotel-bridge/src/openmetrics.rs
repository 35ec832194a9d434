//! Reads the text that prometheus-client writes: OpenMetrics 1.0, families one after the other, series without a gap.

use vmotel_model::{Kind, Number};

use crate::collected::{Buckets, OwnedFamily, OwnedSeries, Value};

/// A family being read.
struct Reading {
    /// As the comments name it: without `_total` and `_info`.
    stem: String,
    /// What OpenMetrics calls the type.
    kind: String,
    family: OwnedFamily,
    histogram: Option<Histogram>,
}

/// A histogram being read.
#[derive(Default)]
struct Histogram {
    labels: Vec<(String, String)>,
    cumulative: Vec<(f64, u64)>,
    sum: f64,
    count: u64,
}

/// Returns the families of a text, and how many lines could not be read.
pub(crate) fn read(text: &str) -> (Vec<OwnedFamily>, u64) {
    let mut families = Vec::new();
    let mut reading: Option<Reading> = None;
    let mut faults = 0;
    for line in text.lines() {
        let is_read = match line.strip_prefix("# ") {
            Some("EOF") => true,
            Some(comment) => read_comment(comment, &mut reading, &mut families).is_some(),
            None => match &mut reading {
                Some(reading) => reading.sample(line).is_some(),
                None => false,
            },
        };
        faults += u64::from(!is_read);
    }
    families.extend(reading.and_then(Reading::end));
    (families, faults)
}

fn read_comment(comment: &str, reading: &mut Option<Reading>, families: &mut Vec<OwnedFamily>) -> Option<()> {
    let (key, rest) = comment.split_once(' ')?;
    let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
    if reading.as_ref().is_none_or(|reading| reading.stem != name) {
        let next = Reading {
            stem: name.to_owned(),
            kind: "unknown".to_owned(),
            family: OwnedFamily {
                name: name.to_owned(),
                kind: Kind::Unknown,
                unit: String::new(),
                help: String::new(),
                series: Vec::new(),
            },
            histogram: None,
        };
        families.extend(reading.replace(next).and_then(Reading::end));
    }
    let reading = reading.as_mut()?;
    match key {
        // The crate escapes nothing here.
        "HELP" => value.clone_into(&mut reading.family.help),
        "UNIT" => value.clone_into(&mut reading.family.unit),
        "TYPE" => {
            value.clone_into(&mut reading.kind);
            let (kind, suffix) = match value {
                "counter" => (Kind::Counter, "_total"),
                "gauge" => (Kind::Gauge, ""),
                // A set of labels on the value 1.
                "info" => (Kind::Gauge, "_info"),
                "histogram" => (Kind::Histogram, ""),
                "unknown" => (Kind::Unknown, ""),
                _ => return None,
            };
            reading.family.kind = kind;
            reading.family.name = format!("{name}{suffix}");
        }
        _ => return None,
    }
    Some(())
}

impl Reading {
    /// Reads a line such as `jobs_total{queue="mail"} 1 # {trace_id="..."} 1`; none if it is not one of this family.
    fn sample(&mut self, line: &str) -> Option<()> {
        let end = line.find(['{', ' '])?;
        let (name, rest) = line.split_at(end);
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(rest) => read_labels(rest)?,
            None => (Vec::new(), rest),
        };
        // What follows is a time or an exemplar.
        let value = rest.split_ascii_whitespace().next()?;
        let suffix = name.strip_prefix(self.stem.as_str())?;
        if self.kind == "histogram" {
            return self.histogram_sample(suffix, labels, value);
        }
        if suffix == "_created" {
            return Some(());
        }
        if name != self.family.name {
            return None;
        }
        self.family
            .series
            .push(OwnedSeries::new(labels, Value::Number(number(value)?)));
        Some(())
    }

    fn histogram_sample(
        &mut self,
        suffix: &str,
        mut labels: Vec<(String, String)>,
        value: &str,
    ) -> Option<()> {
        let bound = match suffix {
            "_bucket" => {
                let at = labels.iter().position(|(name, _)| name == "le")?;
                Some(labels.remove(at).1.parse::<f64>().ok()?)
            }
            _ => None,
        };
        let is_next = match &self.histogram {
            // Each begins with its sum.
            Some(histogram) => histogram.labels != labels || suffix == "_sum",
            None => true,
        };
        if is_next {
            self.end_histogram();
            self.histogram = Some(Histogram {
                labels,
                ..Histogram::default()
            });
        }
        let histogram = self.histogram.as_mut()?;
        match (suffix, bound) {
            ("_bucket", Some(bound)) => histogram.cumulative.push((bound, value.parse().ok()?)),
            ("_sum", _) => histogram.sum = value.parse().ok()?,
            ("_count", _) => histogram.count = value.parse().ok()?,
            ("_created", _) => {}
            _ => return None,
        }
        Some(())
    }

    fn end_histogram(&mut self) {
        if let Some(histogram) = self.histogram.take() {
            let buckets = Buckets::from_cumulative(&histogram.cumulative, histogram.sum, histogram.count);
            self.family
                .series
                .push(OwnedSeries::new(histogram.labels, Value::Histogram(buckets)));
        }
    }

    /// Returns the family, if it has a series.
    fn end(mut self) -> Option<OwnedFamily> {
        self.end_histogram();
        (!self.family.series.is_empty()).then_some(self.family)
    }
}

/// Labels as they are written, and what follows them.
type Labels<'a> = (Vec<(String, String)>, &'a str);

/// Reads `name="value",...}`.
fn read_labels(mut rest: &str) -> Option<Labels<'_>> {
    let mut labels = Vec::new();
    loop {
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut is_escaped = false;
        let end = quoted.find(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        })?;
        labels.push((name.to_owned(), unescape(&quoted[..end])?));
        rest = &quoted[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// Reads `\\`, `\"` and `\n`; none if another character is escaped.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        out.push(match c {
            '\\' => match characters.next()? {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

/// Reads a number; whole ones stay exact.
fn number(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse() {
        return Some(Number::U64(number));
    }
    if let Ok(number) = text.parse() {
        return Some(Number::I64(number));
    }
    text.parse().ok().map(Number::F64)
}
