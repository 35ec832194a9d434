//! Names, checked while they can be pointed at.

use proc_macro2::Span;
use syn::{Error, Ident};

/// Checks the name of a label.
pub(crate) fn check_label(name: &str, span: Span) -> syn::Result<()> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_next = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.starts_with(is_first) || !name.chars().all(is_next) || name.starts_with("__") {
        return Err(Error::new(
            span,
            format!("the label name is {name:?}, expected [a-zA-Z_][a-zA-Z0-9_]*, not beginning with `__`"),
        ));
    }
    Ok(())
}

/// Checks the name of a metric.
pub(crate) fn check_metric(name: &str, span: Span) -> syn::Result<()> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    let is_next = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
    if !name.starts_with(is_first) || !name.chars().all(is_next) {
        return Err(Error::new(
            span,
            format!("the metric name is {name:?}, expected [a-zA-Z_:][a-zA-Z0-9_:.]*"),
        ));
    }
    Ok(())
}

/// Checks that a name is new among those of its siblings.
pub(crate) fn check_distinct(known: &[(String, Ident)], name: &str, span: Span) -> syn::Result<()> {
    match known.iter().find(|(other, _)| other == name) {
        Some((_, other)) => Err(Error::new(
            span,
            format!("{name:?} is what `{other}` is called already, expected each name once"),
        )),
        None => Ok(()),
    }
}
