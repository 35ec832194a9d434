//! Results as polars data frames, a row a sample.
//!
//! | column | type | |
//! |---|---|---|
//! | `timestamp` | `Datetime(Milliseconds)`, in UTC | never null |
//! | `value` | `Float64` | never null; NaN and the infinities as they came, [`STALE_NAN`](crate::STALE_NAN) where an export marks an end |
//! | one for each label, `__name__` among them, by name | `String` | null where a series lacks the label |
//!
//! A label called `timestamp` or `value` has underscores put behind its column's name until no other column has it. The frame is that of the
//! crate `polars` of the same version as `polars-core` here.
//!
//! # Examples
//! ```
//! use vmotel_query::{Labels, RangeSeries, Sample, Timestamp, polars};
//!
//! let sample = |millis, value| Sample { time: Timestamp::from_millis(millis), value };
//! let series = RangeSeries {
//!     labels: Labels::new([("__name__", "up"), ("job", "shop")]),
//!     samples: vec![sample(1000, 1.0), sample(2000, 0.0)],
//! };
//! let frame = polars::data_frame(&[series])?;
//! assert_eq!(frame.shape(), (2, 4));
//! assert_eq!(frame.column("value")?.f64()?.sum(), Some(1.0));
//! assert_eq!(frame.column("job")?.str()?.get(1), Some("shop"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use polars_core::error::PolarsError;
use polars_core::frame::DataFrame;
use polars_core::prelude::{
    Float64Chunked, Int64Chunked, IntoColumn as _, StringChunked, StringChunkedBuilder, TimeUnit,
};
use thiserror::Error as ThisError;

use crate::rows::{Full, LabelColumn, Rows};
use crate::{Block, ColumnSeries, RangeSeries};

/// Why there is no frame.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum FrameError {
    /// The different values of a label are numbered with 31 bits.
    #[error("the values of label {label} have {bytes} bytes, expected less than 2 GiB a frame")]
    Full {
        /// The label.
        label: String,
        /// The bytes of all of its different values.
        bytes: usize,
    },
    /// Polars refuses the columns.
    #[error(transparent)]
    Polars(#[from] PolarsError),
}

impl From<Full> for FrameError {
    fn from(full: Full) -> Self {
        let Full { label, bytes } = full;
        Self::Full { label, bytes }
    }
}

/// Makes a frame of the series of a range query.
///
/// # Errors
/// [`FrameError::Full`] for more text than a frame can hold.
pub fn data_frame(series: &[RangeSeries]) -> Result<DataFrame, FrameError> {
    DataFrameBuilder(Rows::of(series)?).finish()
}

/// Makes a frame of the series of a range query by columns.
///
/// # Errors
/// As [`data_frame`].
pub fn data_frame_of_columns(series: &[ColumnSeries]) -> Result<DataFrame, FrameError> {
    DataFrameBuilder(Rows::of_columns(series)?).finish()
}

/// Gathers blocks of a stream into frames, of a size that its user chooses: memory grows with the rows until [`Self::finish`].
///
/// # Examples
/// ```no_run
/// use vmotel_query::polars::DataFrameBuilder;
/// use vmotel_query::{ExportQuery, QueryClient};
///
/// # async fn run(client: QueryClient) -> Result<(), Box<dyn std::error::Error>> {
/// let mut builder = DataFrameBuilder::new();
/// let mut stream = client.export(&ExportQuery::new("up")).await?;
/// while let Some(block) = stream.next().await? {
///     builder.append(&block)?;
/// }
/// println!("{:?}", builder.finish()?.shape());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct DataFrameBuilder(Rows);

impl DataFrameBuilder {
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
    /// [`FrameError::Full`], with nothing appended; [`Self::finish`] makes room.
    pub fn append(&mut self, block: &Block<'_>) -> Result<(), FrameError> {
        Ok(self.0.append(block)?)
    }

    /// Makes a frame of all rows so far and begins anew.
    ///
    /// The labels of a frame are those that its series have; another frame may have other columns.
    ///
    /// # Errors
    /// [`FrameError::Polars`], which nothing known causes.
    pub fn finish(&mut self) -> Result<DataFrame, FrameError> {
        let all = std::mem::take(&mut self.0);
        let rows = all.len();
        let labels: Vec<_> = all
            .columns()
            .map(|(name, _, column)| texts(name, column, rows).into_column())
            .collect();
        let times = Int64Chunked::from_vec("timestamp".into(), all.times);
        let mut columns = vec![
            times.into_datetime(TimeUnit::Milliseconds, None).into_column(),
            Float64Chunked::from_vec("value".into(), all.values).into_column(),
        ];
        columns.extend(labels);
        Ok(DataFrame::new(rows, columns)?)
    }
}

/// Makes the column of a label of so many rows.
fn texts(name: String, column: &LabelColumn, rows: usize) -> StringChunked {
    let mut texts = StringChunkedBuilder::new(name.into(), rows);
    let mut row = 0;
    for run in column.runs() {
        (row..run.begin).for_each(|_| texts.append_null());
        let text = &column.values()[run.value as usize];
        (0..run.rows).for_each(|_| texts.append_value(text));
        row = run.begin + run.rows;
    }
    (row..rows).for_each(|_| texts.append_null());
    texts.finish()
}
