//! Label names.

use std::borrow::Cow;

use super::{Naming, is_classic_label};

/// Returns `name` under the escaping scheme `underscores`: each character that a classic label cannot hold becomes `_`.
///
/// ```
/// assert_eq!(vmotel_model::escape_label_name("http.route"), "http_route");
/// ```
#[must_use]
pub fn escape_label_name(name: &str) -> Cow<'_, str> {
    escape(name, |_| false)
}

pub(super) fn exposed(naming: Naming, key: &str) -> Cow<'_, str> {
    if key.is_empty() {
        return Cow::Borrowed(if naming == Naming::Parity { "key" } else { "_" });
    }
    if !naming.is_classic() {
        return Cow::Borrowed(key);
    }
    let keeps =
        is_classic_label(key) && !key.contains("__") && !(naming == Naming::Parity && key.starts_with('_'));
    if keeps {
        return Cow::Borrowed(key);
    }
    let mut label = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if c != '_' || !label.ends_with('_') {
            label.push(c);
        }
    }
    let digit = label.starts_with(|c: char| c.is_ascii_digit());
    match naming {
        Naming::Parity if digit => label.insert_str(0, "key_"),
        Naming::Parity if label.starts_with('_') => label.insert_str(0, "key"),
        _ if digit => label.insert(0, '_'),
        _ => {}
    }
    Cow::Owned(label)
}

/// Replaces each character that is no ASCII letter, digit, `_` or `also`, one by one, and puts `_` before a leading digit.
pub(super) fn escape(name: &str, also: impl Fn(char) -> bool) -> Cow<'_, str> {
    let keeps = |c: char| c.is_ascii_alphanumeric() || c == '_' || also(c);
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    if !name.is_empty() && !digit && name.chars().all(keeps) {
        return Cow::Borrowed(name);
    }
    let mut escaped = String::with_capacity(name.len() + 1);
    if digit || name.is_empty() {
        escaped.push('_');
    }
    escaped.extend(name.chars().map(|c| if keeps(c) { c } else { '_' }));
    Cow::Owned(escaped)
}
