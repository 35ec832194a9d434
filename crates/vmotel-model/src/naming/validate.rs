//! Names that a user gives as they shall be exposed.

use super::{is_reserved_metric, owned_labels};
use crate::{Kind, NameError, NameOf};

/// Returns true for `[a-zA-Z_:][a-zA-Z0-9_:]*`.
#[must_use]
pub fn is_classic_metric(name: &str) -> bool {
    position(NameOf::Metric, name).is_none() && !name.is_empty()
}

/// Returns true for `[a-zA-Z_][a-zA-Z0-9_]*`.
#[must_use]
pub fn is_classic_label(name: &str) -> bool {
    position(NameOf::Label, name).is_none() && !name.is_empty()
}

/// Checks a metric name that is to be exposed as it is.
///
/// # Errors
/// Returns an error if it is empty, does not match `[a-zA-Z_:][a-zA-Z0-9_:]*`, is longer than 4096 bytes, or belongs to the
/// scraping server.
///
/// ```
/// use vmotel_model::validate_metric_name;
///
/// assert!(validate_metric_name("http_requests_total").is_ok());
/// let error = validate_metric_name("http.requests").unwrap_err();
/// assert_eq!(error.to_string(), r#"the metric name "http.requests" has '.' at byte 4, expected [a-zA-Z_:][a-zA-Z0-9_:]*"#);
/// ```
pub fn validate_metric_name(name: &str) -> Result<(), NameError> {
    check(NameOf::Metric, name)?;
    if is_reserved_metric(name) {
        return Err(NameError::ReservedMetric {
            name: name.into(),
            exposed: name.into(),
        });
    }
    Ok(())
}

/// Checks a label name that is to be exposed as it is on a metric of the given type.
///
/// # Errors
/// Returns an error if it is empty, does not match `[a-zA-Z_][a-zA-Z0-9_]*`, starts with `__` (scrapers drop such labels), is
/// longer than 256 bytes, or belongs to the type (`le` and `vmrange` on a histogram, `quantile` on a summary).
///
/// ```
/// use vmotel_model::{Kind, validate_label_name};
///
/// assert!(validate_label_name("le", Kind::Gauge).is_ok());
/// assert!(validate_label_name("le", Kind::Histogram).is_err());
/// ```
pub fn validate_label_name(name: &str, kind: Kind) -> Result<(), NameError> {
    check(NameOf::Label, name)?;
    if name.starts_with("__") || owned_labels(kind).contains(&name) {
        return Err(NameError::ReservedLabel {
            name: name.into(),
            kind,
        });
    }
    Ok(())
}

fn check(what: NameOf, name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what });
    }
    if name.len() > what.max_bytes() {
        return Err(NameError::TooLong {
            what,
            name: name.into(),
            len: name.len(),
            max: what.max_bytes(),
        });
    }
    match position(what, name) {
        Some((at, character)) => Err(NameError::Character {
            what,
            name: name.into(),
            character,
            at,
        }),
        None => Ok(()),
    }
}

/// Returns the first character that the classic form does not allow.
fn position(what: NameOf, name: &str) -> Option<(usize, char)> {
    name.char_indices().find(|&(at, c)| {
        let allowed = c.is_ascii_alphabetic()
            || c == '_'
            || (what == NameOf::Metric && c == ':')
            || (at > 0 && c.is_ascii_digit());
        !allowed
    })
}
