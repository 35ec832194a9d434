//! Reading stored samples in bulk.

use std::fmt;
use std::time::Duration;

use super::{at_least_a_millisecond, ordered, selectors};
use crate::{ParamError, ReadOptions, Timestamp};

/// A read of stored samples as they are, without an expression (`/api/v1/export`).
///
/// # Examples
/// ```
/// use vmotel_query::{ExportQuery, Timestamp};
///
/// let query = ExportQuery { start: Some(Timestamp::from_millis(0)), ..ExportQuery::new(r#"{job="api"}"#) };
/// assert!(query.validate().is_ok());
/// assert!(ExportQuery::default().validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ExportQuery {
    /// Selectors, as in `up{job="a"}`; a series that fits one of them counts. At least one.
    pub selectors: Vec<String>,
    /// The first time. Default: the beginning of the retention.
    pub start: Option<Timestamp>,
    /// The last time. Default: the server's now, rounded down to a second.
    pub end: Option<Timestamp>,
    /// JSON lines only: how many samples a line holds at most, which bounds the memory of both sides. Default: 10,000; 0 puts all of a
    /// series into one line.
    pub max_rows_per_line: u32,
    /// Whether the server sends blocks as they are stored instead of gathering each series first. It needs less memory then, but
    /// the blocks of a series need not follow each other. Default: false; native exports always are like that.
    pub reduce_mem_usage: bool,
    /// Further options.
    pub options: ReadOptions,
}

impl Default for ExportQuery {
    fn default() -> Self {
        Self {
            selectors: Vec::new(),
            start: None,
            end: None,
            max_rows_per_line: 10_000,
            reduce_mem_usage: false,
            options: ReadOptions::default(),
        }
    }
}

impl ExportQuery {
    /// Creates a read of the series that fit a selector.
    #[must_use]
    pub fn new(selector: impl Into<String>) -> Self {
        Self {
            selectors: vec![selector.into()],
            ..Self::default()
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        selectors(&self.selectors)?;
        ordered(self.start, self.end)?;
        self.options.validate()
    }
}

/// A read of the last sample of each series as Prometheus text (`/federate`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FederateQuery {
    /// Selectors; at least one.
    pub selectors: Vec<String>,
    /// The time to look back from. Default: the server's now rounded down to a second, which does not see samples of the current second.
    pub end: Option<Timestamp>,
    /// How far to look back for the last sample. Default: 5 minutes; at least 1 ms.
    pub max_lookback: Option<Duration>,
    /// Further options.
    pub options: ReadOptions,
}

impl FederateQuery {
    /// Creates a read of the series that fit a selector.
    #[must_use]
    pub fn new(selector: impl Into<String>) -> Self {
        Self {
            selectors: vec![selector.into()],
            ..Self::default()
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        selectors(&self.selectors)?;
        at_least_a_millisecond("max_lookback", self.max_lookback)?;
        self.options.validate()
    }
}

/// The columns of a CSV export or import, in their order.
///
/// # Examples
/// ```
/// use vmotel_query::CsvFormat;
///
/// let format = CsvFormat::of_labels(["__name__", "job"]);
/// assert_eq!(format.for_export(), "__name__,job,__value__,__timestamp__:unix_ms");
/// assert_eq!(format.for_import("up"), "2:label:job,3:metric:up,4:time:unix_ms");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsvFormat {
    /// The columns.
    pub columns: Vec<CsvColumn>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsvColumn {
    /// The value of a label; `__name__` is the metric's name.
    Label(String),
    /// The value of the sample.
    Value,
    /// The time of the sample.
    Time(TimeFormat),
}

/// How a column writes times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeFormat {
    /// Whole seconds since 1970; a fraction is lost.
    Seconds,
    /// Milliseconds since 1970. The default, and exact.
    #[default]
    Millis,
    /// Nanoseconds since 1970.
    Nanos,
    /// `2026-11-22T12:00:00.25Z`.
    Rfc3339,
}

impl CsvFormat {
    /// Returns the given labels, then value and time in milliseconds: the order that is read fastest.
    #[must_use]
    pub fn of_labels<L: Into<String>>(labels: impl IntoIterator<Item = L>) -> Self {
        let labels = labels.into_iter().map(|name| CsvColumn::Label(name.into()));
        Self {
            columns: labels
                .chain([CsvColumn::Value, CsvColumn::Time(TimeFormat::Millis)])
                .collect(),
        }
    }

    /// Returns the text of the parameter `format` of an export.
    #[must_use]
    pub fn for_export(&self) -> String {
        let columns = self.columns.iter().map(|column| match column {
            CsvColumn::Label(name) => name.clone(),
            CsvColumn::Value => "__value__".to_owned(),
            CsvColumn::Time(format) => format!("__timestamp__:{format}"),
        });
        columns.collect::<Vec<_>>().join(",")
    }

    /// Returns the text of the parameter `format` of an import that stores the values as `metric`; a column `__name__` is passed over, as the
    /// server takes the name from the format only.
    #[must_use]
    pub fn for_import(&self, metric: &str) -> String {
        let columns = self.columns.iter().enumerate().filter_map(|(i, column)| {
            let place = i + 1;
            match column {
                CsvColumn::Label(name) if name == "__name__" => None,
                CsvColumn::Label(name) => Some(format!("{place}:label:{name}")),
                CsvColumn::Value => Some(format!("{place}:metric:{metric}")),
                CsvColumn::Time(format) => Some(format!("{place}:time:{format}")),
            }
        });
        columns.collect::<Vec<_>>().join(",")
    }

    /// Checks that there is one value, at most one time, and no label twice or with a comma in its name.
    ///
    /// # Errors
    /// What is wrong with the columns.
    pub fn validate(&self) -> Result<(), ParamError> {
        let count = |wanted: fn(&CsvColumn) -> bool| self.columns.iter().filter(|c| wanted(c)).count();
        let failed = |expected| ParamError {
            name: "columns",
            value: self.for_export(),
            expected,
        };
        if count(|c| matches!(c, CsvColumn::Value)) != 1 {
            return Err(failed("exactly one column of values"));
        }
        if count(|c| matches!(c, CsvColumn::Time(_))) > 1 {
            return Err(failed("at most one column of times"));
        }
        for (i, column) in self.columns.iter().enumerate() {
            if let CsvColumn::Label(name) = column
                && (name.is_empty() || name.contains([',', ':', '\n']) || self.columns[..i].contains(column))
            {
                return Err(failed(
                    "label names that differ, without comma, colon and line end",
                ));
            }
        }
        Ok(())
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "unix_s",
            Self::Millis => "unix_ms",
            Self::Nanos => "unix_ns",
            Self::Rfc3339 => "rfc3339",
        })
    }
}
