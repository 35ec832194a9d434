//! Series of any labels and samples, and the rows that they are.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vmotel_query::{ColumnSeries, Labels, RangeSeries, Sample, Timestamp};

/// Labels, time, bits of the value.
pub(super) type Rows = Vec<(BTreeMap<String, String>, i64, u64)>;

pub(super) fn expected(series: &[RangeSeries]) -> Rows {
    let one = |series: &RangeSeries| {
        let labels: BTreeMap<String, String> = series
            .labels
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let samples = series.samples.iter();
        samples
            .map(|sample| (labels.clone(), sample.time.as_millis(), sample.value.to_bits()))
            .collect::<Vec<_>>()
    };
    series.iter().flat_map(one).collect()
}

pub(super) fn series() -> impl Strategy<Value = RangeSeries> {
    let name = prop_oneof![
        Just("timestamp".to_owned()),
        Just("value".to_owned()),
        Just("value_".to_owned()),
        "[a-c]{1,2}",
        any::<String>(),
    ];
    let text = prop_oneof!["[xy]", any::<String>()];
    let labels = proptest::collection::vec((name, text), 0..5).prop_map(Labels::new);
    let sample = (any::<i64>(), any::<u64>()).prop_map(|(millis, bits)| Sample {
        time: Timestamp::from_millis(millis),
        value: f64::from_bits(bits),
    });
    (labels, proptest::collection::vec(sample, 0..6))
        .prop_map(|(labels, samples)| RangeSeries { labels, samples })
}

pub(super) fn by_columns(all: &[RangeSeries]) -> Vec<ColumnSeries> {
    all.iter()
        .map(|series| ColumnSeries {
            labels: series.labels.clone(),
            times: series
                .samples
                .iter()
                .map(|sample| sample.time.as_millis())
                .collect(),
            values: series.samples.iter().map(|sample| sample.value).collect(),
        })
        .collect()
}
