//! What a family is.

use std::sync::Arc;

use vmotel_model::{Kind, NameError, NameNotice, Naming, VisitConfig, validate_metric_name};

/// Where an instrument comes from; its texts become labels where the visit's configuration says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Scope {
    /// The name of the instrumented library; becomes `otel_scope_name`.
    pub(crate) name: Box<str>,
    /// Its version; becomes `otel_scope_version`. Empty if there is none.
    pub(crate) version: Box<str>,
    /// The schema of its attributes; becomes `otel_scope_schema_url`. Empty if there is none.
    pub(crate) schema_url: Box<str>,
    /// Further attributes; become `otel_scope_<key>`.
    pub(crate) attributes: Vec<(Box<str>, Box<str>)>,
}

/// Whether names are exposed as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Names and labels were checked when they were given.
    AsGiven,
    /// By the naming strategy of the visit.
    #[cfg_attr(
        not(any(test, feature = "opentelemetry")),
        expect(dead_code, reason = "for the front that implements the OpenTelemetry API")
    )]
    Translated,
}

/// What a family is.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) name: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) exposure: Exposure,
    /// In UCUM if translated, else a word.
    pub(crate) unit: Box<str>,
    /// Empty where the registry describes metrics of this name.
    pub(crate) help: Box<str>,
    pub(crate) scope: Option<Arc<Scope>>,
    /// The most series, where it is not the registry's limit.
    pub(crate) limit: Option<usize>,
    /// Whether its labels are bounded elsewhere, so that the registry's controller passes it over.
    pub(crate) bounded: bool,
}

impl Definition {
    /// Checks a name that is exposed as it is.
    pub(crate) fn as_given(name: &str, kind: Kind) -> Result<Self, NameError> {
        validate_metric_name(name)?;
        Ok(Self {
            name: name.into(),
            kind,
            exposure: Exposure::AsGiven,
            unit: "".into(),
            help: "".into(),
            scope: None,
            limit: None,
            bounded: false,
        })
    }

    /// Returns the name under which the family is exposed; none if nothing is left of it.
    pub(crate) fn exposed_name(&self, config: &VisitConfig) -> Option<String> {
        match self.exposure {
            Exposure::AsGiven => Some(self.name.to_string()),
            Exposure::Translated => config.naming.metric_name(&self.name, &self.unit, self.kind).ok(),
        }
    }

    /// Returns what a user should be told of the exposed name, if there is something.
    pub(crate) fn notice(&self, config: &VisitConfig) -> Option<NameNotice> {
        match self.exposure {
            Exposure::AsGiven => None,
            Exposure::Translated => config.naming.notice(&self.name, &self.unit, self.kind),
        }
    }

    /// Returns the unit as it is exposed.
    pub(crate) fn exposed_unit(&self) -> String {
        match self.exposure {
            Exposure::AsGiven => self.unit.to_string(),
            Exposure::Translated => Naming::unit_word(&self.unit).into_owned(),
        }
    }

    /// Returns the label of the series for what is beyond the limit, by the OpenTelemetry specification.
    pub(crate) const fn overflow_label(&self) -> &'static str {
        match self.exposure {
            Exposure::AsGiven => "otel_metric_overflow",
            Exposure::Translated => "otel.metric.overflow",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translated_names_follow_the_visit() {
        let mut definition = Definition {
            exposure: Exposure::Translated,
            name: "http.request.size".into(),
            unit: "By".into(),
            ..Definition::as_given("x", Kind::Histogram).unwrap()
        };
        let config = VisitConfig::default();
        assert_eq!(
            definition.exposed_name(&config).unwrap(),
            "http_request_size_bytes"
        );
        assert_eq!(
            (definition.exposed_unit(), definition.overflow_label()),
            ("bytes".to_owned(), "otel.metric.overflow")
        );
        definition.name = "..".into();
        assert_eq!(definition.exposed_name(&config), None);
    }
}
