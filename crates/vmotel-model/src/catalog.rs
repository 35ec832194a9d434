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

    /// Returns the series that the server stores for one set of labels: 1, and more for buckets, quantiles, sum and count.
    ///
    /// A histogram without bounds has `vmrange` buckets, and a series for each that was hit: counted are 20, more than a factor of ten.
    ///
    /// ```
    /// use vmotel_model::{Kind, MetricDef};
    ///
    /// const REQUESTS: MetricDef =
    ///     MetricDef { name: "requests", kind: Kind::Counter, unit: "", help: "", labels: &[], buckets: &[] };
    /// assert_eq!(REQUESTS.series_per_label_set(), 1);
    /// let duration = MetricDef { name: "duration", kind: Kind::Histogram, unit: "s", buckets: &[0.1, 1.0], ..REQUESTS };
    /// assert_eq!(duration.series_per_label_set(), 5, "two bounds and +Inf, sum, count");
    /// ```
    #[must_use]
    pub const fn series_per_label_set(&self) -> usize {
        match self.kind {
            Kind::Histogram if self.buckets.is_empty() => 20 + 2,
            Kind::Histogram => self.buckets.len() + 1 + 2,
            Kind::Summary => 5 + 2,
            _ => 1,
        }
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
