//! `#[derive(Labels)]` for an enumeration.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Error, Fields, ext::IdentExt as _};

use crate::{attributes, case::Case, names};

pub(crate) fn derive(input: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    let (mut case, mut path) = (Case::default(), None);
    attributes::each(&input.attrs, "label", |meta| {
        if meta.path.is_ident("rename_all") {
            case = Case::parse(&attributes::text(&meta)?)?;
        } else if meta.path.is_ident("crate") {
            path = Some(meta.value()?.parse()?);
        } else {
            return Err(attributes::unknown(&meta, "`rename_all`, `crate`"));
        }
        Ok(())
    })?;
    if data.variants.is_empty() {
        return Err(Error::new_spanned(
            &input.ident,
            "there is no variant, expected at least one",
        ));
    }
    attributes::lifetimes_only(&input.generics)?;
    let mut values = Vec::new();
    let mut variants = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(
                variant,
                "the variant has fields, expected none: a label with free values is a field with `#[label(max = ...)]`",
            ));
        }
        let mut value = case.of(&variant.ident.unraw().to_string());
        attributes::each(&variant.attrs, "label", |meta| {
            if !meta.path.is_ident("rename") {
                return Err(attributes::unknown(&meta, "`rename`"));
            }
            value = attributes::text(&meta)?.value();
            Ok(())
        })?;
        names::check_distinct(&values, &value, variant.ident.span())?;
        values.push((value, variant.ident.clone()));
        variants.push(&variant.ident);
    }
    let texts = values.iter().map(|(text, _)| text);
    let indexes = 0..variants.len();
    let registry = attributes::registry(path);
    let name = &input.ident;
    let (generics, parameters, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #registry::LabelValue for #name #parameters #bounds {
            const VALUES: &'static [&'static str] = &[#(#texts),*];

            #[inline]
            fn index(self) -> usize {
                match self {
                    #(Self::#variants => #indexes,)*
                }
            }
        }
    })
}
