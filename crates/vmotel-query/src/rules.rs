//! Rules and alerts, as vmalert and Prometheus tell them.

mod alert;
mod group;

use http::Request;
use vmotel_http::Body;

pub use alert::{Alert, Notifier, NotifierGroup};
pub use group::{Rule, RuleGroup, RuleKind};

use crate::form::Form;
use crate::request::get_or_post;
use crate::tenant::Service;
use crate::{ParamError, Tenant};

/// A question for rules (`/api/v1/rules` of vmalert, of Prometheus, and of VictoriaMetrics with `-vmalert.proxyURL`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesQuery {
    /// Only rules of this kind. Default: both.
    pub kind: Option<RuleKind>,
    /// Only rules of these names. Default: all.
    pub rule_names: Vec<String>,
    /// Only rules of groups of these names. Default: all.
    pub group_names: Vec<String>,
    /// Only rules of these files. Default: all.
    pub files: Vec<String>,
    /// Whether to leave the alerts of each rule out. Default: false.
    pub without_alerts: bool,
}

impl RulesQuery {
    /// Returns the request.
    ///
    /// # Errors
    /// None so far.
    pub fn request(&self, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        let mut form = Form::default();
        form.optional(
            "type",
            self.kind.map(|kind| match kind {
                RuleKind::Alerting => "alert",
                RuleKind::Recording => "record",
            }),
        );
        for (name, values) in [
            ("rule_name[]", &self.rule_names),
            ("rule_group[]", &self.group_names),
            ("file[]", &self.files),
        ] {
            values.iter().for_each(|value| form.pair(name, value));
        }
        if self.without_alerts {
            form.pair("exclude_alerts", "true");
        }
        get_or_post(&tenant.path(Service::Select, "/api/v1/rules"), form)
    }
}

/// Returns the request for one group, rule or alert of a vmalert by its identifiers.
pub(crate) fn by_ids(path: &str, ids: &[(&str, &str)], tenant: Tenant) -> Result<Request<Body>, ParamError> {
    let mut form = Form::default();
    for (name, id) in ids {
        form.pair(name, id);
    }
    get_or_post(&tenant.path(Service::Select, path), form)
}
