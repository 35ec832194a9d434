//! Type, unit and help of metrics.

use http::Request;
use serde::Deserialize;
use vmotel_http::Body;

use crate::form::Form;
use crate::request::get_or_post;
use crate::tenant::Service;
use crate::{ParamError, Tenant};

/// A question for type, unit and help of metrics (`/api/v1/metadata`); VictoriaMetrics 1.112 always answers with none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataQuery {
    /// Only this metric. Default: all.
    pub metric: Option<String>,
    /// How many metrics at most. Default: the server's limit.
    pub limit: Option<u32>,
}

impl MetadataQuery {
    /// Returns the request.
    ///
    /// # Errors
    /// None so far.
    pub fn request(&self, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        let mut form = Form::default();
        form.optional("metric", self.metric.as_ref());
        form.optional("limit", self.limit);
        get_or_post(&tenant.path(Service::Select, "/api/v1/metadata"), form)
    }
}

/// Type, unit and help of a metric, as one of its sources gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MetricMetadata {
    /// `counter`, `gauge`, `histogram`, `summary`, `unknown`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The unit; often empty.
    pub unit: String,
    /// The help.
    pub help: String,
}
