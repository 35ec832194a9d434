//! Data frames, read by polars.

use std::collections::BTreeMap;

use polars_core::prelude::{DataFrame, DataType, TimeUnit};
use proptest::prelude::*;
use vmotel_query::polars::{data_frame, data_frame_of_columns};
use vmotel_query::{Labels, RangeSeries, Sample};

use super::rows::{Rows, by_columns, expected, series};

/// Returns the rows; `names` tells which label a column is of.
fn rows(frame: &DataFrame, names: &BTreeMap<String, String>) -> Rows {
    let column = |name: &str| frame.column(name).expect("the column is there");
    assert_eq!(
        column("timestamp").dtype(),
        &DataType::Datetime(TimeUnit::Milliseconds, None)
    );
    let times = column("timestamp").datetime().expect("times").physical();
    let values = column("value").f64().expect("values");
    (0..frame.height())
        .map(|row| {
            let labels = names.iter().filter_map(|(name, label)| {
                let text = column(name).str().expect("texts").get(row)?;
                Some((label.clone(), text.to_owned()))
            });
            let time = times.get(row).expect("never null");
            let value = values.get(row).expect("never null");
            (labels.collect(), time, value.to_bits())
        })
        .collect()
}

/// Returns the label of each column of labels: they are sorted, behind those of the samples.
fn names(frame: &DataFrame, all: &[RangeSeries]) -> BTreeMap<String, String> {
    let labels: std::collections::BTreeSet<&str> = all
        .iter()
        .filter(|series| !series.samples.is_empty())
        .flat_map(|series| series.labels.iter().map(|(name, _)| name))
        .collect();
    let columns = frame.get_column_names_owned();
    assert_eq!(columns.len(), 2 + labels.len());
    columns[2..]
        .iter()
        .zip(labels)
        .map(|(name, label)| (name.to_string(), label.to_owned()))
        .collect()
}

proptest! {
    #[test]
    fn every_sample_is_a_row(all in proptest::collection::vec(series(), 0..8)) {
        let frame = data_frame(&all).unwrap();
        let names = names(&frame, &all);
        prop_assert_eq!(rows(&frame, &names), expected(&all));
        let frame = data_frame_of_columns(&by_columns(&all)).unwrap();
        prop_assert_eq!(rows(&frame, &names), expected(&all));
    }
}

#[test]
fn labels_that_are_called_as_a_column() {
    let labels = Labels::new([("value", "a"), ("value_", "b"), ("timestamp", "c")]);
    let samples = vec![Sample::default()];
    let frame = data_frame(&[RangeSeries { labels, samples }]).expect("a small frame");
    let names: Vec<&str> = frame
        .get_column_names()
        .into_iter()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(names, ["timestamp", "value", "timestamp_", "value__", "value_"]);
}
