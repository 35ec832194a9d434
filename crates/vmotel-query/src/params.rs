//! What is asked, checked before it is sent.

mod export;

use std::time::Duration;

pub use export::{CsvColumn, CsvFormat, ExportQuery, FederateQuery, TimeFormat};

use crate::{ParamError, Timestamp};

/// A query at one point in time.
///
/// # Examples
/// ```
/// use vmotel_query::{InstantQuery, Timestamp};
///
/// let query = InstantQuery { time: Some(Timestamp::from_millis(1_700_000_000_500)), ..InstantQuery::new("up") };
/// assert!(query.validate().is_ok());
/// assert!(InstantQuery::new(" ").validate().is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstantQuery {
    /// The MetricsQL expression; must not be blank.
    pub query: String,
    /// The time to evaluate at. Default: the server's now rounded down to a second, which does not see samples of the current second.
    pub time: Option<Timestamp>,
    /// The step of subqueries without one, and the lookback. Default: 5 minutes; at least 1 ms.
    pub step: Option<Duration>,
    /// Further options.
    pub options: QueryOptions,
}

/// A query at every step of a range of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RangeQuery {
    /// The MetricsQL expression; must not be blank.
    pub query: String,
    /// The first point in time.
    pub start: Timestamp,
    /// The last point in time at most; not before `start`.
    pub end: Timestamp,
    /// The distance of the points; at least 1 ms. The server allows 30,000 points a series by default.
    pub step: Duration,
    /// Further options.
    pub options: QueryOptions,
}

/// A search for series, label names or label values.
///
/// VictoriaMetrics works by whole UTC days here: series of the days that the range touches count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeriesQuery {
    /// Selectors, as in `up{job="a"}`; a series that fits one of them counts. Needed for series, optional for labels.
    pub selectors: Vec<String>,
    /// The beginning of the range. Default: 5 minutes before `end`.
    pub start: Option<Timestamp>,
    /// The end of the range. Default: now.
    pub end: Option<Timestamp>,
    /// The largest number of results; the server cuts silently. Default: the server's limit.
    pub limit: Option<u32>,
    /// Further options.
    pub options: ReadOptions,
}

/// Options of reads that evaluate no expression.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// The time for the whole exchange; the server is told nine tenths of it, so that its own message can arrive. Default: the
    /// client's timeout. At least 10 ms.
    pub timeout: Option<Duration>,
    /// Labels that every selector must also match. Default: none.
    pub extra_labels: Vec<(String, String)>,
    /// Selectors that every selector must also match. Default: none.
    pub extra_filters: Vec<String>,
    /// Whether a cluster shall fail instead of answering without the data of an absent storage. Default: false; exports always fail.
    pub deny_partial: bool,
}

/// Options of instant and range queries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryOptions {
    /// The time for the whole exchange; the server is told nine tenths of it, so that its own message can arrive. Default: the
    /// client's timeout. At least 10 ms. The server caps it (30 s by default).
    pub timeout: Option<Duration>,
    /// Whether to pass by the server's caches, which also keeps the range exact: with caches, the server moves `start` and `end` to
    /// multiples of the step from 50 points on. Default: false.
    pub nocache: bool,
    /// How old samples must be to be seen. Default: the server's (30 s), which hides the newest points; at least 1 ms.
    pub latency_offset: Option<Duration>,
    /// How far to look back for the last sample. Default: the server's rule; at least 1 ms.
    pub max_lookback: Option<Duration>,
    /// Decimal digits after the point to round values to. Default: no rounding.
    pub round_digits: Option<u8>,
    /// Labels that every selector must also match. Default: none.
    pub extra_labels: Vec<(String, String)>,
    /// Selectors that every selector must also match. Default: none.
    pub extra_filters: Vec<String>,
    /// Whether a cluster shall fail instead of answering without the data of an absent storage. Default: false.
    pub deny_partial: bool,
    /// Whether to tell how the server came to the answer ([`Answer::trace`](crate::Answer::trace)). Default: false.
    pub trace: bool,
}

impl InstantQuery {
    /// Creates a query at the server's now.
    #[must_use]
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            ..Self::default()
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        not_blank("query", &self.query)?;
        at_least_a_millisecond("step", self.step)?;
        self.options.validate()
    }
}

impl RangeQuery {
    /// Creates a query over a range.
    #[must_use]
    pub fn new(query: impl Into<String>, start: Timestamp, end: Timestamp, step: Duration) -> Self {
        Self {
            query: query.into(),
            start,
            end,
            step,
            options: QueryOptions::default(),
        }
    }

    /// Asks for exactly the points `start`, `start + step`, ... up to `end`, the newest samples among them.
    ///
    /// By default VictoriaMetrics moves `start` and `end` to multiples of the step when there are 50 points or more, so that its cache
    /// helps, and hides the last 30 seconds. This sets [`QueryOptions::nocache`] and a [`QueryOptions::latency_offset`] of 1 ms.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use vmotel_query::{RangeQuery, Timestamp};
    ///
    /// let (start, end) = (Timestamp::from_millis(7), Timestamp::from_millis(100_007));
    /// let query = RangeQuery::new("up", start, end, Duration::from_secs(1)).exact();
    /// assert!(query.options.nocache);
    /// assert_eq!(query.points(), 101);
    /// ```
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.options.nocache = true;
        self.options.latency_offset = Some(Duration::from_millis(1));
        self
    }

    /// Returns the number of points in the range; 0 for an invalid one.
    #[must_use]
    pub fn points(&self) -> u64 {
        let span = self.end.as_millis().checked_sub(self.start.as_millis());
        match (span, i64::try_from(self.step.as_millis())) {
            (Some(span @ 0..), Ok(step @ 1..)) => (span / step) as u64 + 1,
            _ => 0,
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        not_blank("query", &self.query)?;
        at_least_a_millisecond("step", Some(self.step))?;
        ordered(Some(self.start), Some(self.end))?;
        self.options.validate()
    }
}

impl SeriesQuery {
    /// Creates a search by one selector.
    #[must_use]
    pub fn new(selector: impl Into<String>) -> Self {
        Self {
            selectors: vec![selector.into()],
            ..Self::default()
        }
    }

    /// Checks every field; `needs_selector` as for series.
    pub(crate) fn validate(&self, needs_selector: bool) -> Result<(), ParamError> {
        if needs_selector || !self.selectors.is_empty() {
            selectors(&self.selectors)?;
        }
        ordered(self.start, self.end)?;
        self.options.validate()
    }
}

impl ReadOptions {
    pub(crate) fn validate(&self) -> Result<(), ParamError> {
        long_enough(self.timeout)?;
        label_names(&self.extra_labels)?;
        self.extra_filters
            .iter()
            .try_for_each(|filter| not_blank("extra_filters", filter))
    }
}

impl QueryOptions {
    fn validate(&self) -> Result<(), ParamError> {
        long_enough(self.timeout)?;
        at_least_a_millisecond("latency_offset", self.latency_offset)?;
        at_least_a_millisecond("max_lookback", self.max_lookback)?;
        label_names(&self.extra_labels)?;
        self.extra_filters
            .iter()
            .try_for_each(|filter| not_blank("extra_filters", filter))
    }
}

pub(crate) fn not_blank(name: &'static str, value: &str) -> Result<(), ParamError> {
    if value.trim().is_empty() {
        return Err(ParamError {
            name,
            value: value.to_owned(),
            expected: "a text that is not blank",
        });
    }
    Ok(())
}

fn long_enough(timeout: Option<Duration>) -> Result<(), ParamError> {
    match timeout.filter(|timeout| *timeout < Duration::from_millis(10)) {
        Some(timeout) => Err(ParamError {
            name: "timeout",
            value: format!("{timeout:?}"),
            expected: "at least 10 ms",
        }),
        None => Ok(()),
    }
}

pub(crate) fn label_names(labels: &[(String, String)]) -> Result<(), ParamError> {
    match labels
        .iter()
        .find(|(name, _)| name.is_empty() || name.contains('='))
    {
        Some((name, _)) => Err(ParamError {
            name: "extra_labels",
            value: name.clone(),
            expected: "a label name",
        }),
        None => Ok(()),
    }
}

pub(crate) fn selectors(selectors: &[String]) -> Result<(), ParamError> {
    if selectors.is_empty() {
        return Err(ParamError {
            name: "selectors",
            value: String::new(),
            expected: "at least one",
        });
    }
    selectors
        .iter()
        .try_for_each(|selector| not_blank("selectors", selector))
}

pub(crate) fn at_least_a_millisecond(name: &'static str, value: Option<Duration>) -> Result<(), ParamError> {
    match value.filter(|value| *value < Duration::from_millis(1)) {
        Some(value) => Err(ParamError {
            name,
            value: format!("{value:?}"),
            expected: "at least 1 ms",
        }),
        None => Ok(()),
    }
}

pub(crate) fn ordered(start: Option<Timestamp>, end: Option<Timestamp>) -> Result<(), ParamError> {
    match (start, end) {
        (Some(start), Some(end)) if end < start => Err(ParamError {
            name: "end",
            value: end.to_string(),
            expected: "a time not before start",
        }),
        _ => Ok(()),
    }
}
