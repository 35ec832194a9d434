//! Exemplars: samples with a trace behind them. VictoriaMetrics stores none and answers with an empty list.

use http::Request;
use serde::{Deserialize, Deserializer};
use vmotel_http::Body;

use crate::form::Form;
use crate::params::{not_blank, ordered};
use crate::request::get_or_post;
use crate::tenant::Service;
use crate::{Labels, ParamError, Sample, Tenant, Timestamp};

/// A question for exemplars (`/api/v1/query_exemplars`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExemplarQuery {
    /// An expression; exemplars of the series that it reads count. Must not be blank.
    pub query: String,
    /// The first time. Default: the server's.
    pub start: Option<Timestamp>,
    /// The last time. Default: the server's.
    pub end: Option<Timestamp>,
}

impl ExemplarQuery {
    /// Returns the request.
    ///
    /// # Errors
    /// A blank query, or an end before the start.
    pub fn request(&self, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        not_blank("query", &self.query)?;
        ordered(self.start, self.end)?;
        let mut form = Form::default();
        form.pair("query", &self.query);
        form.optional_time("start", self.start);
        form.optional_time("end", self.end);
        get_or_post(&tenant.path(Service::Select, "/api/v1/query_exemplars"), form)
    }
}

/// A series with its exemplars.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ExemplarSeries {
    /// The labels of the series.
    #[serde(rename = "seriesLabels")]
    pub labels: Labels,
    /// The exemplars.
    pub exemplars: Vec<Exemplar>,
}

/// A sample and what it is an example of.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "Wire")]
#[non_exhaustive]
pub struct Exemplar {
    /// Labels of its own, `trace_id` among them.
    pub labels: Labels,
    /// The sample.
    pub sample: Sample,
}

#[derive(Deserialize)]
struct Wire {
    labels: Labels,
    #[serde(deserialize_with = "number")]
    value: f64,
    timestamp: f64,
}

impl From<Wire> for Exemplar {
    fn from(wire: Wire) -> Self {
        Self {
            labels: wire.labels,
            sample: Sample {
                time: Timestamp::from_secs_f64(wire.timestamp),
                value: wire.value,
            },
        }
    }
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}
