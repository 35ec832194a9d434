//! The rules from OpenTelemetry names to exposed names: the one place where names are made.

/// How OpenTelemetry names become exposed names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Naming {
    /// The specification's default, narrowed so that VictoriaMetrics stores the same series on every path.
    #[default]
    Parity,
    /// `UnderscoreEscapingWithSuffixes`, the specification's default.
    UnderscoreEscapingWithSuffixes,
    /// `UnderscoreEscapingWithoutSuffixes`.
    UnderscoreEscapingWithoutSuffixes,
    /// `NoUTF8EscapingWithSuffixes`.
    NoUtf8EscapingWithSuffixes,
    /// `NoTranslation`.
    NoTranslation,
}
