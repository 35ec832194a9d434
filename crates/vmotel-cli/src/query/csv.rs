//! Results as CSV (RFC 4180): one line a sample.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use vmotel_query::RangeSeries;
use vmotel_query::render::full;

/// Renders rows with the columns `timestamp` (milliseconds since 1970), `value`, and one for each label.
pub(super) fn render(rows: &[RangeSeries]) -> String {
    let names: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| row.labels.iter().map(|(name, _)| name))
        .collect();
    let mut text = String::from("timestamp,value");
    for name in &names {
        text.push(',');
        field(&mut text, name);
    }
    text.push('\n');
    for row in rows {
        let mut labels = String::new();
        for name in &names {
            labels.push(',');
            field(&mut labels, row.labels.get(name).unwrap_or_default());
        }
        for sample in &row.samples {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{},{}{labels}", sample.time.as_millis(), full(sample.value));
        }
    }
    text
}

fn field(text: &mut String, value: &str) {
    if value.contains(['"', ',', '\n', '\r']) {
        let _ = write!(text, "\"{}\"", value.replace('"', "\"\""));
    } else {
        text.push_str(value);
    }
}

#[cfg(test)]
mod tests {
    use vmotel_query::{Labels, Sample, Timestamp};

    use super::*;

    #[test]
    fn quotes_what_needs_it() {
        let sample = |value| Sample {
            time: Timestamp::from_millis(1_500),
            value,
        };
        let rows = [
            RangeSeries {
                labels: Labels::new([("a", "x,\"y\"")]),
                samples: vec![sample(1.0), sample(f64::INFINITY)],
            },
            RangeSeries {
                labels: Labels::new([("b", "z")]),
                samples: vec![sample(0.1)],
            },
        ];
        assert_eq!(
            render(&rows),
            "timestamp,value,a,b\n1500,1,\"x,\"\"y\"\"\",\n1500,+Inf,\"x,\"\"y\"\"\",\n1500,0.1,,z\n"
        );
        assert_eq!(render(&[]), "timestamp,value\n");
    }
}
