//! Metric names.

use std::borrow::Cow;

use super::{Naming, is_reserved_metric, unit};
use crate::{Kind, NameError, NameOf};

/// Returns `name` under the escaping scheme `underscores`: each character that a classic name cannot hold becomes `_`.
///
/// For formats that cannot carry the names of [`Naming::NoUtf8EscapingWithSuffixes`] and [`Naming::NoTranslation`].
///
/// ```
/// assert_eq!(vmotel_model::escape_metric_name("foo.bar_bytes_total"), "foo_bar_bytes_total");
/// ```
#[must_use]
pub fn escape_metric_name(name: &str) -> Cow<'_, str> {
    super::label::escape(name, |c| c == ':')
}

pub(super) fn exposed(naming: Naming, name: &str, unit: &str, kind: Kind) -> Result<String, NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what: NameOf::Metric });
    }
    let word = if naming.has_suffixes() {
        unit::word(unit)
    } else {
        Cow::Borrowed("")
    };
    let total = naming.has_suffixes() && kind == Kind::Counter;
    let exposed = match naming {
        Naming::Parity => {
            by_tokens(name, &word, total).ok_or_else(|| NameError::NothingLeft { name: name.into() })?
        }
        Naming::UnderscoreEscapingWithSuffixes | Naming::UnderscoreEscapingWithoutSuffixes => collapse(
            &escape_metric_name(&with_suffixes(&escape_metric_name(name), &word, total)),
        ),
        Naming::NoUtf8EscapingWithSuffixes | Naming::NoTranslation => with_suffixes(name, &word, total),
    };
    let max = NameOf::Metric.max_bytes();
    if exposed.len() > max {
        return Err(NameError::TooLong {
            what: NameOf::Metric,
            name: name.into(),
            len: exposed.len(),
            max,
        });
    }
    if is_reserved_metric(&exposed) {
        return Err(NameError::ReservedMetric {
            name: name.into(),
            exposed,
        });
    }
    Ok(exposed)
}

/// Joins the runs of letters and digits; a counter's `total` moves to the end.
fn by_tokens(name: &str, word: &str, total: bool) -> Option<String> {
    let mut exposed = String::with_capacity(name.len() + word.len() + 8);
    let mut seen = false;
    for token in name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|token| !token.is_empty())
    {
        seen = true;
        if !(total && token == "total") {
            push(&mut exposed, token);
        }
    }
    if !seen {
        return None;
    }
    let leads_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if leads_with_digit(&exposed) {
        exposed.insert(0, 'n');
    }
    // A unit that would lead the name must be able to: that of a counter named `total`.
    let can_stand = !exposed.is_empty() || !leads_with_digit(word);
    if !word.is_empty() && can_stand && !ends_with_word(&exposed, word) {
        push(&mut exposed, word);
    }
    if total {
        push(&mut exposed, "total");
    }
    Some(exposed)
}

fn push(exposed: &mut String, token: &str) {
    if !exposed.is_empty() {
        exposed.push('_');
    }
    exposed.push_str(token);
}

/// Adds unit and `_total` where the name does not have them yet; otherwise the name stays as it is.
fn with_suffixes(name: &str, word: &str, total: bool) -> String {
    let stem = match name.strip_suffix("total") {
        Some(stem) if total && (stem.is_empty() || stem.ends_with('_')) => {
            stem.strip_suffix('_').unwrap_or(stem)
        }
        _ => name,
    };
    let unit = !word.is_empty() && !ends_with_word(stem, word);
    if !unit && (!total || stem.len() < name.len()) {
        return name.to_owned();
    }
    let mut exposed = String::with_capacity(name.len() + word.len() + 8);
    exposed.push_str(stem);
    if unit {
        push(&mut exposed, word);
    }
    if total {
        push(&mut exposed, "total");
    }
    exposed
}

/// Returns true if `name` ends with `word` as a word of its own: `request_seconds`, not `milliseconds`, ends with `seconds`.
fn ends_with_word(name: &str, word: &str) -> bool {
    name.strip_suffix(word)
        .is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Collapses runs of `_`.
fn collapse(name: &str) -> String {
    let mut collapsed = String::with_capacity(name.len());
    for c in name.chars() {
        if c != '_' || !collapsed.ends_with('_') {
            collapsed.push(c);
        }
    }
    collapsed
}
