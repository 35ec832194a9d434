//! The head of a metric family.

/// Tells how the values of a family behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Kind {
    /// A cumulative sum that only grows.
    Counter,
    /// A cumulative sum that grows and shrinks; exposed as a gauge.
    UpDownCounter,
    /// A value that is set.
    Gauge,
    /// A distribution: explicit, exponential or vmrange buckets.
    Histogram,
    /// A distribution as quantiles.
    Summary,
    /// A value whose behaviour is not known; exposed as `untyped` or `unknown`.
    Unknown,
}

/// The head of a metric family, under its exposed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family<'a> {
    /// The exposed name with all suffixes of the naming strategy, such as `http_requests_total`.
    pub name: &'a str,
    /// How the values behave.
    pub kind: Kind,
    /// The unit as a word, such as `seconds`; empty if there is none.
    pub unit: &'a str,
    /// The description, unescaped; empty if there is none.
    pub help: &'a str,
}
