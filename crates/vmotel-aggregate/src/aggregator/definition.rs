//! What an aggregated metric is called.

use std::borrow::Cow;

use vmotel_model::MetricDef;

/// The name, unit and description of an aggregated metric.
///
/// # Examples
/// ```
/// use vmotel_aggregate::Definition;
///
/// let definition = Definition::new("queue.wait").with_unit("s").with_help("Time in the queue");
/// assert_eq!(definition.name, "queue.wait");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The OpenTelemetry name.
    pub name: Cow<'static, str>,
    /// The unit in UCUM; empty if there is none.
    pub unit: Cow<'static, str>,
    /// The description; empty if there is none.
    pub help: Cow<'static, str>,
}

impl Definition {
    /// Returns a definition without unit and description.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            unit: Cow::Borrowed(""),
            help: Cow::Borrowed(""),
        }
    }

    /// Sets the unit.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<Cow<'static, str>>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = help.into();
        self
    }
}

impl From<&MetricDef> for Definition {
    fn from(def: &MetricDef) -> Self {
        Self::new(def.name).with_unit(def.unit).with_help(def.help)
    }
}

impl From<&'static str> for Definition {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}
