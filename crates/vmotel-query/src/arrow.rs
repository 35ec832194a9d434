//! Results as Arrow record batches, a row a sample.
//!
//! | column | type | |
//! |---|---|---|
//! | `timestamp` | `Timestamp(Millisecond, "UTC")` | never null |
//! | `value` | `Float64` | never null; NaN and the infinities as they came, [`STALE_NAN`](crate::STALE_NAN) where an export marks an end |
//! | one for each label, `__name__` among them, by name | `Dictionary(Int32, Utf8)` | null where a series lacks the label |
//!
//! A label called `timestamp` or `value` has underscores put behind its column's name until no other column has it. The metadata of a label's
//! field hold the label's name as `vmotel.label`, those of the schema `vmotel.form` (`long`) and `vmotel.series`, the number of series that
//! begin in the batch.
//!
//! # Examples
//! ```
//! use arrow_array::cast::AsArray as _;
//! use arrow_array::types::{Float64Type, Int32Type};
//! use vmotel_query::{Labels, RangeSeries, Sample, Timestamp, arrow};
//!
//! let sample = |millis, value| Sample { time: Timestamp::from_millis(millis), value };
//! let series = RangeSeries {
//!     labels: Labels::new([("__name__", "up"), ("job", "shop")]),
//!     samples: vec![sample(1000, 1.0), sample(2000, 0.0)],
//! };
//! let batch = arrow::record_batch(&[series])?;
//! assert_eq!(batch.num_rows(), 2);
//! assert_eq!(batch["value"].as_primitive::<Float64Type>().values(), &[1.0, 0.0]);
//! let job = batch["job"].as_dictionary::<Int32Type>().downcast_dict::<arrow_array::StringArray>();
//! assert_eq!(job.map(|job| job.into_iter().collect::<Vec<_>>()), Some(vec![Some("shop"); 2]));
//! # Ok::<(), arrow::BatchError>(())
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use thiserror::Error as ThisError;

use crate::rows::{Full, LabelColumn, Rows};
use crate::{Block, ColumnSeries, RangeSeries};

/// The label of a column, in the metadata of its field.
const LABEL: &str = "vmotel.label";

/// Why there is no batch.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum BatchError {
    /// A dictionary addresses its texts with 31 bits.
    #[error("the values of label {label} have {bytes} bytes, expected less than 2 GiB a batch")]
    Full {
        /// The label.
        label: String,
        /// The bytes of all of its different values.
        bytes: usize,
    },
    /// Arrow refuses the columns.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

impl From<Full> for BatchError {
    fn from(full: Full) -> Self {
        let Full { label, bytes } = full;
        Self::Full { label, bytes }
    }
}

/// Makes a batch of the series of a range query.
///
/// # Errors
/// [`BatchError::Full`] for more text than a batch can hold.
pub fn record_batch(series: &[RangeSeries]) -> Result<RecordBatch, BatchError> {
    RecordBatchBuilder(Rows::of(series)?).finish()
}

/// Makes a batch of the series of a range query by columns.
///
/// # Errors
/// As [`record_batch`].
pub fn record_batch_of_columns(series: &[ColumnSeries]) -> Result<RecordBatch, BatchError> {
    RecordBatchBuilder(Rows::of_columns(series)?).finish()
}

/// Gathers blocks of a stream into batches, of a size that its user chooses: memory grows with the rows until [`Self::finish`].
///
/// # Examples
/// ```no_run
/// use vmotel_query::arrow::RecordBatchBuilder;
/// use vmotel_query::{ExportQuery, QueryClient};
///
/// # async fn run(client: QueryClient) -> Result<(), Box<dyn std::error::Error>> {
/// let mut builder = RecordBatchBuilder::new();
/// let mut stream = client.export(&ExportQuery::new("up")).await?;
/// while let Some(block) = stream.next().await? {
///     builder.append(&block)?;
///     if builder.rows() >= 1 << 20 {
///         println!("{} rows", builder.finish()?.num_rows());
///     }
/// }
/// println!("{} rows", builder.finish()?.num_rows());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct RecordBatchBuilder(Rows);

impl RecordBatchBuilder {
    /// Creates a builder without rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of rows so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.0.len()
    }

    /// Appends the samples of a block.
    ///
    /// # Errors
    /// [`BatchError::Full`], with nothing appended; [`Self::finish`] makes room.
    pub fn append(&mut self, block: &Block<'_>) -> Result<(), BatchError> {
        Ok(self.0.append(block)?)
    }

    /// Makes a batch of all rows so far and begins anew.
    ///
    /// The labels of a batch are those that its series have; another batch may have other columns.
    ///
    /// # Errors
    /// [`BatchError::Arrow`], which nothing known causes.
    pub fn finish(&mut self) -> Result<RecordBatch, BatchError> {
        let all = std::mem::take(&mut self.0);
        let rows = all.len();
        let mut labels = Vec::with_capacity(all.labels.len());
        for (name, label, column) in all.columns() {
            let column = dictionary(column, rows)?;
            let field = Field::new(name, column.data_type().clone(), true);
            let label = HashMap::from([(LABEL.to_owned(), label.to_owned())]);
            labels.push((field.with_metadata(label), column));
        }
        let mut fields = vec![
            Field::new(
                "timestamp",
                DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
                false,
            ),
            Field::new("value", DataType::Float64, false),
        ];
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampMillisecondArray::from(all.times).with_timezone("UTC")),
            Arc::new(Float64Array::from(all.values)),
        ];
        for (field, column) in labels {
            fields.push(field);
            columns.push(column);
        }
        let schema = Schema::new(fields).with_metadata(HashMap::from([
            ("vmotel.form".to_owned(), "long".to_owned()),
            ("vmotel.series".to_owned(), all.series.to_string()),
        ]));
        Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
    }
}

/// Makes the array of a label of so many rows.
fn dictionary(column: &LabelColumn, rows: usize) -> Result<ArrayRef, ArrowError> {
    let mut keys = Int32Array::builder(rows);
    for run in column.runs() {
        keys.append_nulls(run.begin - keys.values_slice().len());
        keys.append_value_n(run.value, run.rows);
    }
    keys.append_nulls(rows - keys.values_slice().len());
    let values = StringArray::from_iter_values(column.values());
    let array = DictionaryArray::<Int32Type>::try_new(keys.finish(), Arc::new(values))?;
    Ok(Arc::new(array))
}
