//! What the caller decides about an encoding.

/// How series are rendered. Plain data, equal for both text formats.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodeConfig {
    /// How exponential histograms are rendered. Default: [`Exponential::Vmrange`].
    pub exponential: Exponential,
    /// What is done about names that need quotes. Default: [`Names::Classic`].
    pub names: Names,
    /// Whether OpenMetrics tells when a cumulative series began (`_created`), where it is known. Default: false, as the server
    /// stores these as series of their own. Text 0.0.4 has no such lines.
    pub created: bool,
    /// How many labels the scraper adds to each series: 2 for `job` and `instance`, more for other labels of the target. Series that
    /// VictoriaMetrics would drop without an error, as they have more than 40 labels or too long ones, are left out of text 0.0.4 and
    /// counted. Default: 2; with none nothing is checked.
    pub added_labels: Option<usize>,
}

impl Default for EncodeConfig {
    fn default() -> Self {
        Self {
            exponential: Exponential::default(),
            names: Names::default(),
            created: false,
            added_labels: Some(2),
        }
    }
}

/// How a base-2 exponential histogram is rendered; no way loses an observation.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Exponential {
    /// As VictoriaMetrics' `vmrange` buckets: only those that are not empty, not cumulative, at a scale of at most 5.
    ///
    /// OpenMetrics does not know `vmrange`; there the same buckets are rendered as cumulative `le` buckets at their own bounds.
    #[default]
    Vmrange,
    /// As cumulative `le` buckets at these upper bounds, ascending and finite; `+Inf` is added.
    ///
    /// A bucket of the exponential histogram counts below a bound only if it lies below it whole, so that a count is exact where
    /// a bound is one of the exponential histogram's, and never too high elsewhere.
    Fixed(Vec<f64>),
}

/// What is done about metric and label names that are not `[a-zA-Z_:][a-zA-Z0-9_:]*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Names {
    /// Names are classic already, as under all strategies for which [`Naming::is_classic`](vmotel_model::Naming::is_classic) holds.
    /// One that is not is rendered with `_`, but series that become equal by that are not found.
    #[default]
    Classic,
    /// Each character that does not fit becomes `_` (`escaping=underscores`); families and series that become equal by that are merged.
    Underscores,
    /// Such names stand in quotes (`escaping=allow-utf-8`).
    Quoted,
}
