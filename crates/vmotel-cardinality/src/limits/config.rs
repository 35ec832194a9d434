//! The configuration of the limits.

use super::environment;
use crate::{ControllerConfig, UrlConfig, error::LimitsError};

/// The configuration of [`Limits`](crate::Limits).
///
/// The environment variables are listed in the crate documentation.
///
/// # Examples
/// ```
/// use vmotel_cardinality::LimitsConfig;
///
/// let config = LimitsConfig::from_lookup(|name| {
///     (name == "VMOTEL_CARDINALITY_PER_LABEL").then(|| "100".to_owned())
/// })?;
/// assert_eq!(config.labels.per_label, 100);
/// # Ok::<(), vmotel_cardinality::LimitsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LimitsConfig {
    /// The limits on label sets. Default: those of [`ControllerConfig`], but 1,999 sets for each metric.
    ///
    /// With the set that is folded whole these are 2,000, the default limit of the OpenTelemetry SDK (of `vmotel-registry`, 10,000): what
    /// passes here then never meets an overflow there, which would lose all labels at once.
    pub labels: ControllerConfig,
    /// The rules for request paths. Default: [`UrlConfig::requests`].
    pub paths: UrlConfig,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            labels: ControllerConfig {
                per_metric: 1_999,
                ..ControllerConfig::default()
            },
            paths: UrlConfig::requests(),
        }
    }
}

impl LimitsConfig {
    /// Returns the defaults, overlaid with the process's environment.
    ///
    /// # Errors
    /// Returns an error if a variable holds a value that cannot be used, or if one begins with `VMOTEL_CARDINALITY_` and
    /// is not known.
    pub fn from_env() -> Result<Self, LimitsError> {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        environment::check_names(names)?;
        Self::from_lookup(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Returns the defaults, overlaid with the environment that `lookup` answers for; an empty value counts as unset.
    ///
    /// # Errors
    /// Returns an error if a variable holds a value that cannot be used.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, LimitsError> {
        let mut config = Self::default();
        config.overlay(lookup)?;
        Ok(config)
    }

    /// Overlays the fields with the environment that `lookup` answers for.
    ///
    /// # Errors
    /// Returns an error if a variable holds a value that cannot be used; the fields may be partly overlaid then.
    pub fn overlay(&mut self, lookup: impl Fn(&str) -> Option<String>) -> Result<(), LimitsError> {
        environment::overlay(self, &lookup)
    }
}
