//! Which metrics are never asked for.

use http::Request;
use serde::Deserialize;
use vmotel_http::Body;

use crate::form::Form;
use crate::request::get_or_post;
use crate::tenant::Service;
use crate::{ParamError, Tenant};

/// A question for how often queries read each metric (`/api/v1/status/metric_names_stats`, VictoriaMetrics 1.113 and later).
///
/// # Examples
/// ```
/// use vmotel_query::{NameStatsQuery, Tenant};
///
/// let unused = NameStatsQuery { at_most: Some(0), ..NameStatsQuery::default() };
/// assert_eq!(*unused.request(Tenant::SingleNode)?.uri(), "/api/v1/status/metric_names_stats?le=0");
/// # Ok::<(), vmotel_query::ParamError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameStatsQuery {
    /// How many metrics at most. Default: 1,000.
    pub limit: Option<u32>,
    /// Only metrics that were read at most this often; 0 finds those that nobody needs. Default: all.
    pub at_most: Option<u32>,
    /// Only metrics whose name holds this text. Default: all.
    pub name_contains: Option<String>,
}

impl NameStatsQuery {
    /// Returns the request.
    ///
    /// # Errors
    /// None so far.
    pub fn request(&self, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        let mut form = Form::default();
        form.optional("limit", self.limit);
        form.optional("le", self.at_most);
        form.optional("match_pattern", self.name_contains.as_ref());
        get_or_post(
            &tenant.path(Service::Select, "/api/v1/status/metric_names_stats"),
            form,
        )
    }
}

/// How often queries read each metric.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NameStats {
    /// Since when it is counted, in seconds since 1970.
    #[serde(rename = "statsCollectedSince")]
    pub since: i64,
    /// How many metrics are counted.
    #[serde(rename = "statsCollectedRecordsTotal")]
    pub total: u64,
    /// The memory for the counts may grow to this, in bytes; then counting stops.
    #[serde(rename = "trackerMemoryMaxSizeBytes")]
    pub memory_limit_bytes: u64,
    /// The memory that the counts take, in bytes.
    #[serde(rename = "trackerCurrentMemoryUsageBytes")]
    pub memory_bytes: u64,
    /// The metrics, those that were read least first.
    pub records: Vec<NameUse>,
}

/// How often queries read one metric.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NameUse {
    /// The metric's name.
    #[serde(rename = "metricName")]
    pub name: String,
    /// How often.
    #[serde(rename = "queryRequestsCount")]
    pub requests: u64,
    /// When last, in seconds since 1970; 0 for never.
    #[serde(rename = "lastQueryRequestTimestamp")]
    pub last_request: i64,
}
