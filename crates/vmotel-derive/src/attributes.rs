//! What the attributes of all items have in common.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Error, Expr, ExprLit, Generics, Lit, LitInt, LitStr, Meta, Path, meta::ParseNestedMeta,
};

/// Calls `key` with each key of the attributes of this name.
pub(crate) fn each(
    attributes: &[Attribute],
    name: &str,
    mut key: impl FnMut(ParseNestedMeta<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(name))
    {
        attribute.parse_nested_meta(&mut key)?;
    }
    Ok(())
}

/// The error for a key that nobody knows.
pub(crate) fn unknown(meta: &ParseNestedMeta<'_>, expected: &str) -> Error {
    meta.error(format!("unknown key, expected one of {expected}"))
}

pub(crate) fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    meta.value()?.parse()
}

/// Parses a number of at least one.
pub(crate) fn number(meta: &ParseNestedMeta<'_>) -> syn::Result<usize> {
    let literal: LitInt = meta.value()?.parse()?;
    match literal.base10_parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(Error::new_spanned(
            &literal,
            "expected a whole number of at least 1",
        )),
    }
}

/// Returns the documentation in one line, without the full stop at its end.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
    {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit {
                lit: Lit::Str(line), ..
            }) = &pair.value
        {
            lines.push(line.value().trim().to_owned());
        }
    }
    // The first paragraph says what it is.
    let first = lines.split(String::is_empty).next().unwrap_or_default().join(" ");
    first.strip_suffix('.').map_or(first.clone(), str::to_owned)
}

/// Returns the path of `vmotel-registry`.
pub(crate) fn registry(path: Option<Path>) -> TokenStream {
    path.map_or_else(|| quote!(::vmotel_registry), |path| quote!(#path))
}

/// Refuses parameters that make the number of series unknown.
pub(crate) fn lifetimes_only(generics: &Generics) -> syn::Result<()> {
    let parameter = generics.type_params().next();
    match parameter {
        Some(parameter) => Err(Error::new_spanned(
            parameter,
            "type parameters are not supported: how many series there are must be known",
        )),
        None => Ok(()),
    }
}
