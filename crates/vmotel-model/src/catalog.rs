//! Definitions of metrics, from which instruments, dashboards, rules and documentation come.

use crate::{Kind, NameError, Naming};

/// The definition of one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MetricDef {
    /// The instrument's name, such as `http_requests_total`.
    pub name: &'static str,
    /// How its values behave.
    pub kind: Kind,
    /// The unit in UCUM, such as `s`, `By`, `{requests}`; empty if there is none.
    pub unit: &'static str,
    /// The description.
    pub help: &'static str,
    /// The labels it carries, in the order of the recording method's arguments.
    pub labels: &'static [LabelDef],
    /// The upper bounds of a histogram; empty for other kinds.
    pub buckets: &'static [f64],
}

impl MetricDef {
    /// Returns the name under which the metric is exposed.
    ///
    /// # Errors
    /// As [`Naming::metric_name`].
    pub fn exposed_name(&self, naming: Naming) -> Result<String, NameError> {
        naming.metric_name(self.name, self.unit, self.kind)
    }
}

/// The definition of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LabelDef {
    /// The attribute's key, such as `status_code`.
    pub name: &'static str,
    /// What it holds.
    pub help: &'static str,
    /// The values it can take, where they are known; empty if free.
    pub values: &'static [&'static str],
}
