//! Where the cardinality is.

use http::Request;
use serde::Deserialize;
use vmotel_http::Body;

use crate::form::Form;
use crate::params::not_blank;
use crate::request::get_or_post;
use crate::tenant::Service;
use crate::{ParamError, Tenant};

/// A question for the largest sources of series (`/api/v1/status/tsdb`).
///
/// # Examples
/// ```
/// use vmotel_query::{Tenant, TsdbStatusQuery};
///
/// let query = TsdbStatusQuery { top: Some(5), focus_label: Some("job".to_owned()), ..TsdbStatusQuery::default() };
/// assert_eq!(*query.request(Tenant::SingleNode)?.uri(), "/api/v1/status/tsdb?topN=5&focusLabel=job");
/// # Ok::<(), vmotel_query::ParamError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TsdbStatusQuery {
    /// How many entries each list has at most. Default: 10. Prometheus knows it as `limit`; both are sent.
    pub top: Option<u32>,
    /// The UTC day, as in `2026-11-22`. Default: today. `1970-01-01` means all time on VictoriaMetrics 1.112 and nothing on 1.145.
    pub date: Option<String>,
    /// Only series that fit one of these selectors. Default: all.
    pub selectors: Vec<String>,
    /// The label whose values [`TsdbStatus::series_by_focus_label_value`] counts. Default: none.
    pub focus_label: Option<String>,
}

impl TsdbStatusQuery {
    /// Returns the request.
    ///
    /// # Errors
    /// A blank selector, or a date that is not `YYYY-MM-DD`.
    pub fn request(&self, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        self.selectors
            .iter()
            .try_for_each(|selector| not_blank("selectors", selector))?;
        if let Some(date) = &self.date
            && crate::rfc3339::parse(&format!("{date}T00:00:00Z")).is_none()
        {
            return Err(ParamError {
                name: "date",
                value: date.clone(),
                expected: "YYYY-MM-DD",
            });
        }
        let mut form = Form::of_selectors(&self.selectors);
        form.optional("topN", self.top);
        form.optional("date", self.date.as_ref());
        form.optional("focusLabel", self.focus_label.as_ref());
        get_or_post(&tenant.path(Service::Select, "/api/v1/status/tsdb"), form)
    }
}

/// Where the cardinality is, on one UTC day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TsdbStatus {
    /// Series of the day; in a cluster, each counts once per replica. With Prometheus, those in its head block.
    pub total_series: u64,
    /// Pairs of label and value over all series.
    pub total_label_value_pairs: u64,
    /// The metric names with the most series.
    #[serde(rename = "seriesCountByMetricName")]
    pub series_by_metric_name: Vec<Count>,
    /// The labels that the most series have.
    #[serde(rename = "seriesCountByLabelName")]
    pub series_by_label_name: Vec<Count>,
    /// The values of the focus label that the most series have.
    #[serde(rename = "seriesCountByFocusLabelValue")]
    pub series_by_focus_label_value: Vec<Count>,
    /// The pairs `label=value` that the most series have.
    #[serde(rename = "seriesCountByLabelValuePair", alias = "seriesCountByLabelPair")]
    pub series_by_label_value_pair: Vec<Count>,
    /// The labels with the most values.
    #[serde(rename = "labelValueCountByLabelName")]
    pub values_by_label_name: Vec<Count>,
    #[serde(rename = "headStats")]
    pub(crate) head: Head,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Head {
    num_series: u64,
    num_label_pairs: u64,
}

impl TsdbStatus {
    /// Takes over what Prometheus says elsewhere.
    pub(crate) fn normalized(mut self) -> Self {
        if self.total_series == 0 {
            self.total_series = self.head.num_series;
            self.total_label_value_pairs = self.head.num_label_pairs;
        }
        self
    }
}

/// An entry of a [`TsdbStatus`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Count {
    /// A name, or `label=value`.
    pub name: String,
    /// How many.
    pub value: u64,
    /// How often queries read the metric; VictoriaMetrics 1.145, metric names only.
    pub requests_count: Option<u64>,
    /// When a query last read it, in seconds since 1970; VictoriaMetrics 1.145, metric names only.
    pub last_request_timestamp: Option<i64>,
}
