//! Results as JSON.

use serde_json::{Map, Number, Value, json};

use vmotel_query::RangeSeries;
use vmotel_query::render::full;

/// Renders rows as an array with one line a series: `metric`, and `values` as pairs of seconds and number.
///
/// What JSON has no number for is a text: `"NaN"`, `"+Inf"`, `"-Inf"`.
pub(super) fn render(rows: &[RangeSeries]) -> anyhow::Result<String> {
    if rows.is_empty() {
        return Ok("[]\n".to_owned());
    }
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let metric: Map<String, Value> = row
            .labels
            .iter()
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        let values: Vec<Value> = row
            .samples
            .iter()
            .map(|sample| json!([seconds(sample.time.as_millis()), number(sample.value)]))
            .collect();
        lines.push(serde_json::to_string(
            &json!({"metric": metric, "values": values}),
        )?);
    }
    Ok(format!("[{}]\n", lines.join(",\n ")))
}

fn seconds(millis: i64) -> Value {
    if millis % 1000 == 0 {
        return Value::from(millis / 1000);
    }
    number(millis as f64 / 1000.0)
}

fn number(float: f64) -> Value {
    if float == float.trunc() && float.abs() < 9.0e15 {
        return Value::from(float as i64);
    }
    Number::from_f64(float).map_or_else(|| Value::from(full(float)), Value::Number)
}

#[cfg(test)]
mod tests {
    use vmotel_query::{Labels, Sample, Timestamp};

    use super::*;

    #[test]
    fn keeps_every_value() {
        let sample = |millis, value| Sample {
            time: Timestamp::from_millis(millis),
            value,
        };
        let rows = [RangeSeries {
            labels: Labels::new([("__name__", "m")]),
            samples: vec![
                sample(1_000, 2.0),
                sample(1_500, 0.1),
                sample(2_000, f64::NAN),
                sample(3_000, -f64::INFINITY),
            ],
        }];
        assert_eq!(
            render(&rows).unwrap(),
            "[{\"metric\":{\"__name__\":\"m\"},\"values\":[[1,2],[1.5,0.1],[2,\"NaN\"],[3,\"-Inf\"]]}]\n"
        );
        assert_eq!(render(&[]).unwrap(), "[]\n");
    }
}
