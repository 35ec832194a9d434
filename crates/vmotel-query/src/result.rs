//! What a query gives.

use crate::{Error, HistogramSeries, Labels, Timestamp, Trace};

/// The answer to a query: the data, and how far it can be trusted.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Answer<T> {
    /// The data.
    pub data: T,
    /// Whether all storages of a cluster took part; a single node is always complete.
    pub completeness: Completeness,
    /// What the server says about its work.
    pub stats: Stats,
    /// What Prometheus warns of; VictoriaMetrics never does.
    pub warnings: Vec<String>,
    /// What Prometheus annotates; VictoriaMetrics never does.
    pub infos: Vec<String>,
    /// The series of native histograms of a query, which have no place in `data`; only Prometheus gives them. A series that has numbers as well
    /// is in both.
    pub histograms: Vec<HistogramSeries>,
    /// How the server came to the answer, if [`QueryOptions::trace`](crate::QueryOptions::trace) asked for it.
    pub trace: Option<Trace>,
}

impl<T> Answer<T> {
    /// Returns the answer with other data.
    pub fn map<U>(self, data: impl FnOnce(T) -> U) -> Answer<U> {
        Answer {
            data: data(self.data),
            completeness: self.completeness,
            stats: self.stats,
            warnings: self.warnings,
            infos: self.infos,
            histograms: self.histograms,
            trace: self.trace,
        }
    }

    /// Returns the data of a complete answer.
    ///
    /// # Errors
    /// [`Error::Partial`] if a part of the data may be missing.
    pub fn complete(self) -> Result<T, Error> {
        match self.completeness {
            Completeness::Complete => Ok(self.data),
            Completeness::Partial => Err(Error::Partial),
        }
    }
}

/// Whether an answer holds all the data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Completeness {
    /// All storages took part.
    #[default]
    Complete,
    /// A storage of the cluster was away: series or samples may be missing.
    Partial,
}

/// What the server says about its work on a query; absent where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Series read from the storage.
    pub series_fetched: Option<u64>,
    /// Time spent on the query, in milliseconds.
    pub execution_millis: Option<u64>,
}

/// One sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Sample {
    /// The time.
    pub time: Timestamp,
    /// The value; may be infinite.
    pub value: f64,
}

/// A series with one sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VectorSeries {
    /// The labels.
    pub labels: Labels,
    /// The sample.
    pub sample: Sample,
}

/// A series with its samples in order of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RangeSeries {
    /// The labels.
    pub labels: Labels,
    /// The samples.
    pub samples: Vec<Sample>,
}

/// The data of an instant query.
///
/// VictoriaMetrics answers with a vector (also for `1+1`), or with a matrix for a bare `m[5m]`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Data {
    /// One sample a series.
    Vector(Vec<VectorSeries>),
    /// All samples of a window a series.
    Matrix(Vec<RangeSeries>),
    /// A number without a series; only other servers of the same API give it.
    Scalar(Sample),
    /// A text without a series; only other servers of the same API give it.
    String {
        /// The time.
        time: Timestamp,
        /// The text.
        text: String,
    },
}

impl Data {
    /// Returns the series of a vector; `None` for the other kinds.
    #[must_use]
    pub fn into_vector(self) -> Option<Vec<VectorSeries>> {
        match self {
            Self::Vector(series) => Some(series),
            _ => None,
        }
    }

    /// Returns the series of a matrix; `None` for the other kinds.
    #[must_use]
    pub fn into_matrix(self) -> Option<Vec<RangeSeries>> {
        match self {
            Self::Matrix(series) => Some(series),
            _ => None,
        }
    }
}
