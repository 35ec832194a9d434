//! A series of a result, whatever the kind of query.

use vmotel_query::{Data, Labels, RangeSeries, Sample};

/// A series and its samples; an instant query gives one of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Row {
    pub(super) labels: Labels,
    pub(super) samples: Vec<Sample>,
}

pub(super) fn of_data(data: Data) -> Vec<Row> {
    match data {
        Data::Vector(all) => all
            .into_iter()
            .map(|series| Row {
                labels: series.labels,
                samples: vec![series.sample],
            })
            .collect(),
        Data::Matrix(all) => of_range(all),
        Data::Scalar(sample) => vec![Row {
            labels: Labels::default(),
            samples: vec![sample],
        }],
        _ => Vec::new(),
    }
}

pub(super) fn of_range(all: Vec<RangeSeries>) -> Vec<Row> {
    all.into_iter()
        .map(|series| Row {
            labels: series.labels,
            samples: series.samples,
        })
        .collect()
}

/// Writes a value as VictoriaMetrics' text format does.
pub(super) fn value(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value == f64::INFINITY {
        "+Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        value.to_string()
    }
}

/// Writes a value for people: six digits that count.
pub(super) fn brief(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() || number == number.trunc() && size < 1e15 {
        return value(number);
    }
    if !(1e-4..1e15).contains(&size) {
        return format!("{number:.5e}");
    }
    let digits = (5 - size.log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{number:.digits$}");
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_values_for_people() {
        for (number, text) in [
            (0.1 + 0.2, "0.3"),
            (1234.5678, "1234.57"),
            (123_456_789.5, "123456790"),
            (0.000_123_456_78, "0.000123457"),
            (1e-7, "1.00000e-7"),
            (9_007_199_254_740_991.0, "9.00720e15"),
            (42.0, "42"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
            (-2.50, "-2.5"),
        ] {
            assert_eq!(brief(number), text, "{number:e}");
        }
    }
}
