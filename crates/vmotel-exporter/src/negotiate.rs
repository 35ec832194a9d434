//! From the request's headers to format and coding (RFC 9110, and Prometheus' "Content negotiation").

mod accept;
mod coding;
#[cfg(test)]
mod tests;

pub(crate) use self::{accept::format, coding::coding};

/// A text format that a scrape can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// The Prometheus text format 0.0.4, the default.
    #[default]
    Text,
    /// The Prometheus text format 1.0.0: as 0.0.4, with names of any characters in quotes.
    TextUtf8,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// OpenMetrics 1.0.0 with names of any characters in quotes.
    OpenMetricsUtf8,
}

impl Format {
    /// Returns the value of `Content-Type`.
    ///
    /// ```
    /// assert_eq!(vmotel_exporter::Format::Text.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    /// ```
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::TextUtf8 => "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::OpenMetricsUtf8 => {
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
            }
        }
    }

    /// Returns true if names may hold any character.
    pub(crate) const fn is_utf8(self) -> bool {
        matches!(self, Self::TextUtf8 | Self::OpenMetricsUtf8)
    }

    /// Returns the word for it in self-metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Text | Self::TextUtf8 => "text",
            Self::OpenMetrics | Self::OpenMetricsUtf8 => "openmetrics",
        }
    }
}

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Coding {
    Identity,
    #[cfg_attr(not(feature = "gzip"), expect(dead_code, reason = "for the feature"))]
    Gzip,
    #[cfg_attr(not(feature = "zstd"), expect(dead_code, reason = "for the feature"))]
    Zstd,
}

impl Coding {
    /// Returns the value of `Content-Encoding` and the word for it in self-metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// Reads the weight of a list's element: thousandths, 1000 if there is none, 0 if it cannot be read.
fn weight(parameters: &[(&str, &str)]) -> u16 {
    let Some((_, q)) = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("q")) else {
        return 1000;
    };
    match q.parse::<f64>() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range is checked"
        )]
        Ok(q) if (0.0..=1.0).contains(&q) => (q * 1000.0) as u16,
        _ => 0,
    }
}

/// Splits an element into its value and its parameters, blanks and quotes dropped.
fn element(text: &str) -> (&str, Vec<(&str, &str)>) {
    let mut parts = text.split(';').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let parameters = parts
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
        .collect();
    (value, parameters)
}
