//! The rules from OpenTelemetry names to exposed names: the one place where names are made.
//!
//! The rules are those of the OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility" and
//! "Metrics Exporter - Prometheus".

mod label;
mod metric;
mod notice;
mod reserved;
mod unit;
mod validate;

use std::borrow::Cow;

pub(crate) use self::reserved::gives_way;
pub use self::{
    label::escape_label_name,
    metric::escape_metric_name,
    notice::NameNotice,
    reserved::{is_reserved_metric, owned_labels},
    validate::{is_classic_label, is_classic_metric, validate_label_name, validate_metric_name},
};
use crate::{Kind, NameError};

/// How OpenTelemetry names become exposed names.
///
/// | strategy | `http.requests` `{request}` counter | `a:b..size` `By` gauge | label `http.route` |
/// |---|---|---|---|
/// | `Parity` | `http_requests_total` | `a_b_size_bytes` | `http_route` |
/// | `UnderscoreEscapingWithSuffixes` | `http_requests_total` | `a:b_size_bytes` | `http_route` |
/// | `UnderscoreEscapingWithoutSuffixes` | `http_requests` | `a:b_size` | `http_route` |
/// | `NoUtf8EscapingWithSuffixes` | `http.requests_total` | `a:b..size_bytes` | `http.route` |
/// | `NoTranslation` | `http.requests` | `a:b..size` | `http.route` |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Naming {
    /// The specification's default, narrowed so that VictoriaMetrics stores the same series on every path.
    ///
    /// Equal to [`Naming::UnderscoreEscapingWithSuffixes`] for every name that is made of ASCII letters and digits with
    /// single separators between them. It differs in this:
    ///
    /// - A metric name is made of its runs of ASCII letters and digits, joined by one `_`: no leading, trailing or doubled
    ///   `_`, no `:`. Before a leading digit stands an `n`. A name without any is refused.
    /// - A counter has the word `total` once, at the end.
    /// - A label that starts with `_` or a digit becomes `key_...`; an empty one `key`.
    /// - `job` and `instance`, which belong to the scrape, become `exported_job` and `exported_instance`.
    #[default]
    Parity,
    /// `UnderscoreEscapingWithSuffixes`, the specification's default.
    UnderscoreEscapingWithSuffixes,
    /// `UnderscoreEscapingWithoutSuffixes`: characters as before, neither unit nor `_total` is added.
    UnderscoreEscapingWithoutSuffixes,
    /// `NoUTF8EscapingWithSuffixes`: all characters stay, unit and `_total` are added.
    NoUtf8EscapingWithSuffixes,
    /// `NoTranslation`: names stay as they are.
    NoTranslation,
}

impl Naming {
    /// Returns the exposed name of a metric: characters replaced, unit and type suffixes added as the strategy says.
    ///
    /// The unit is one of UCUM, see [`Naming::unit_word`].
    ///
    /// # Errors
    /// Returns an error if the name is empty, nothing is left of it, it is longer than 4096 bytes, or it becomes one
    /// that the server writes itself for every scrape (`up`, `scrape_duration_seconds`, ...).
    ///
    /// ```
    /// use vmotel_model::{Kind, Naming};
    ///
    /// let name = Naming::Parity.metric_name("http.server.request.duration", "s", Kind::Histogram)?;
    /// assert_eq!(name, "http_server_request_duration_seconds");
    /// # Ok::<(), vmotel_model::NameError>(())
    /// ```
    pub fn metric_name(self, name: &str, unit: &str, kind: Kind) -> Result<String, NameError> {
        metric::exposed(self, name, unit, kind)
    }

    /// Returns the word for a unit of UCUM: `seconds` for `s`, `bytes` for `By`, `meters_per_second` for `m/s`.
    ///
    /// Annotations such as `{request}` are dropped and `1` has no word, so the result may be empty. A unit outside of the
    /// specification's table stands for itself, with `_` for what a name cannot hold.
    ///
    /// ```
    /// use vmotel_model::Naming;
    ///
    /// assert_eq!(Naming::unit_word("kBy"), "kilobytes");
    /// assert_eq!(Naming::unit_word("{request}/s"), "per_second");
    /// assert_eq!(Naming::unit_word("1"), "");
    /// ```
    #[must_use]
    pub fn unit_word(unit: &str) -> Cow<'_, str> {
        unit::word(unit)
    }

    /// Returns the exposed name of a label.
    ///
    /// The result is never empty. Labels that the type of a metric or the scrape owns are the matter of
    /// [`LabelPlan`](crate::LabelPlan), as that depends on the metric and on the other labels.
    ///
    /// ```
    /// use vmotel_model::Naming;
    ///
    /// assert_eq!(Naming::Parity.label_name("http.route"), "http_route");
    /// assert_eq!(Naming::Parity.label_name("9lives"), "key_9lives");
    /// assert_eq!(Naming::UnderscoreEscapingWithSuffixes.label_name("9lives"), "_9lives");
    /// ```
    #[must_use]
    pub fn label_name(self, key: &str) -> Cow<'_, str> {
        label::exposed(self, key)
    }

    /// Returns the specification's name (`UnderscoreEscapingWithSuffixes`) where that of `Parity` differs from it.
    ///
    /// For one warning that names both. The other strategies are the specification's own: none differs.
    ///
    /// ```
    /// use vmotel_model::{Kind, Naming};
    ///
    /// let differs = Naming::Parity.specified_name("a.total.b", "", Kind::Counter);
    /// assert_eq!(differs.as_deref(), Some("a_total_b_total")); // and not a_b_total
    /// assert_eq!(Naming::Parity.specified_name("a.b", "s", Kind::Counter), None);
    /// ```
    #[must_use]
    pub fn specified_name(self, name: &str, unit: &str, kind: Kind) -> Option<String> {
        if self != Self::Parity {
            return None;
        }
        let specified = Self::UnderscoreEscapingWithSuffixes
            .metric_name(name, unit, kind)
            .ok()?;
        (self.metric_name(name, unit, kind).ok().as_ref() != Some(&specified)).then_some(specified)
    }

    /// Returns true if exposed names are of ASCII letters, digits, `_` and `:` only, so that they need no quotes in text.
    #[must_use]
    pub const fn is_classic(self) -> bool {
        !matches!(self, Self::NoUtf8EscapingWithSuffixes | Self::NoTranslation)
    }

    pub(crate) const fn has_suffixes(self) -> bool {
        !matches!(
            self,
            Self::UnderscoreEscapingWithoutSuffixes | Self::NoTranslation
        )
    }
}
