//! Record batches, read by Arrow.

use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, TimestampMillisecondType};
use arrow_array::{Array as _, ArrayAccessor as _, RecordBatch, StringArray};
use proptest::prelude::*;
use vmotel_query::arrow::{RecordBatchBuilder, record_batch, record_batch_of_columns};
use vmotel_query::{ExportQuery, Labels, RangeQuery, RangeSeries, Sample, Timestamp};
use vmotel_testkit::{Version, VictoriaMetrics};

use super::{
    T0, client_of, outcome,
    rows::{Rows, by_columns, expected, series},
};

fn rows(batch: &RecordBatch) -> Rows {
    for column in batch.columns() {
        column
            .to_data()
            .validate_full()
            .expect("Arrow finds the column valid");
    }
    let times = batch["timestamp"].as_primitive::<TimestampMillisecondType>();
    let values = batch["value"].as_primitive::<Float64Type>();
    (0..batch.num_rows())
        .map(|row| {
            let labels = batch.schema().fields()[2..]
                .iter()
                .zip(&batch.columns()[2..])
                .filter(|(_, column)| column.is_valid(row))
                .map(|(field, column)| {
                    let column = column.as_dictionary::<Int32Type>();
                    let texts = column.downcast_dict::<StringArray>().expect("texts");
                    (
                        field.metadata()["vmotel.label"].clone(),
                        texts.value(row).to_owned(),
                    )
                })
                .collect();
            (labels, times.value(row), values.value(row).to_bits())
        })
        .collect()
}

proptest! {
    #[test]
    fn every_sample_is_a_row(all in proptest::collection::vec(series(), 0..8)) {
        let batch = record_batch(&all).unwrap();
        prop_assert_eq!(rows(&batch), expected(&all));
        let schema = batch.schema();
        prop_assert_eq!(&schema.metadata()["vmotel.series"], &all.len().to_string());
        let mut names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), schema.fields().len(), "names are columns' own");
        prop_assert_eq!(rows(&record_batch_of_columns(&by_columns(&all)).unwrap()), expected(&all));
    }
}

#[test]
fn labels_that_are_called_as_a_column() {
    let labels = Labels::new([("value", "a"), ("value_", "b"), ("timestamp", "c")]);
    let samples = vec![Sample::default()];
    let batch = record_batch(&[RangeSeries { labels, samples }]).expect("a small batch");
    let names: Vec<String> = batch
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    assert_eq!(names, ["timestamp", "value", "timestamp_", "value__", "value_"]);
}

#[tokio::test]
async fn what_a_server_gives() -> outcome::Result {
    let server = VictoriaMetrics::start(Version::Newest)?;
    let client = client_of(&server);
    let stored: Vec<RangeSeries> = ["a", "b"]
        .iter()
        .map(|shop| RangeSeries {
            labels: Labels::new([("__name__", "orders"), ("shop", shop)]),
            samples: (0..50)
                .map(|i| Sample {
                    time: Timestamp::from_millis(T0 + 1000 * i),
                    value: i as f64 / 4.0,
                })
                .collect(),
        })
        .collect();
    client.import(stored.clone()).await?;
    server.flush()?;
    let end = Timestamp::from_millis(T0 + 49_000);
    let range = RangeQuery::new("orders", Timestamp::from_millis(T0), end, Duration::from_secs(1)).exact();
    let asked = record_batch(&client.query_range(&range).await?.complete()?)?;
    assert_eq!(rows(&asked), expected(&stored));

    // An export in batches of a few rows is the same.
    let mut builder = RecordBatchBuilder::new();
    let mut read = Rows::new();
    let query = ExportQuery {
        max_rows_per_line: 7,
        ..ExportQuery::new("orders")
    };
    let mut stream = client.export(&query).await?;
    while let Some(block) = stream.next().await? {
        builder.append(&block)?;
        if builder.rows() >= 10 {
            read.extend(rows(&builder.finish()?));
        }
    }
    read.extend(rows(&builder.finish()?));
    assert_eq!(builder.rows(), 0);
    read.sort();
    let mut wanted = expected(&stored);
    wanted.sort();
    assert_eq!(read, wanted);
    Ok(())
}
