//! Queries that run, and those that cost the most.

use std::time::Duration;

use http::Request;
use serde::{Deserialize, Deserializer};
use vmotel_http::Body;

use crate::form::Form;
use crate::request::{Millis, get_or_post};
use crate::{ParamError, Timestamp};

/// A query that runs now.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ActiveQuery {
    /// The server's name for it.
    pub id: String,
    /// How long it has been running.
    #[serde(deserialize_with = "go_seconds")]
    pub duration: Duration,
    /// Who asks; with proxies, all of them.
    pub remote_addr: String,
    /// The expression.
    pub query: String,
    /// The first point in time.
    #[serde(deserialize_with = "millis")]
    pub start: Timestamp,
    /// The last point in time.
    #[serde(deserialize_with = "millis")]
    pub end: Timestamp,
    /// The distance of the points, in milliseconds.
    #[serde(rename = "step")]
    pub step_millis: i64,
}

/// A question for the queries that cost the most (`/api/v1/status/top_queries`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopQueriesQuery {
    /// How many of each kind. Default: 20.
    pub top: Option<u32>,
    /// Only queries of this past. Default: 10 minutes; at least 1 ms.
    pub max_lifetime: Option<Duration>,
}

impl TopQueriesQuery {
    /// Returns the request.
    ///
    /// # Errors
    /// A lifetime below a millisecond.
    pub fn request(&self) -> Result<Request<Body>, ParamError> {
        crate::params::at_least_a_millisecond("max_lifetime", self.max_lifetime)?;
        let mut form = Form::default();
        form.optional("topN", self.top);
        form.optional("maxLifetime", self.max_lifetime.map(Millis));
        get_or_post("/api/v1/status/top_queries", form)
    }
}

/// The queries that cost the most.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TopQueries {
    /// Those that were asked most often.
    pub top_by_count: Vec<TopQuery>,
    /// Those that took the longest on average.
    pub top_by_avg_duration: Vec<TopQuery>,
    /// Those that took the longest in sum.
    pub top_by_sum_duration: Vec<TopQuery>,
    /// Those that used the most memory on average; newer versions only.
    #[serde(alias = "topByAvgMemoryUsage")]
    pub top_by_avg_memory: Vec<TopQuery>,
}

/// One query with its costs; a list gives only the cost that it is sorted by, beside the count.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TopQuery {
    /// The expression.
    pub query: String,
    /// The range it was asked for, in seconds; 0 for an instant query.
    pub time_range_seconds: i64,
    /// How often it was asked.
    pub count: u64,
    /// The mean time, in seconds.
    pub avg_duration_seconds: Option<f64>,
    /// The time of all together, in seconds.
    pub sum_duration_seconds: Option<f64>,
    /// The mean memory, in bytes.
    #[serde(alias = "avgMemoryUsage")]
    pub avg_memory_bytes: Option<f64>,
}

/// Reads `0.123s`.
fn go_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let seconds = text.strip_suffix('s').unwrap_or(&text).parse().unwrap_or(0.0);
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    i64::deserialize(deserializer).map(Timestamp::from_millis)
}
