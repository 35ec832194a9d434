//! `#[derive(Labels)]` for a struct.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    DataStruct, DeriveInput, Error, Field, Fields, Ident, Type, ext::IdentExt as _, spanned::Spanned as _,
};

use crate::{attributes, case::Case, names};

/// The most combinations, unless another number is stated: the default cardinality limit of OpenTelemetry's specification.
const BUDGET: usize = 2000;

/// A field and what its attributes say.
struct Label<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    name: String,
    help: String,
    /// The most values of a free label.
    max: Option<usize>,
}

pub(crate) fn derive(input: &DeriveInput, data: &DataStruct) -> syn::Result<TokenStream> {
    let (mut case, mut path, mut budget) = (Case::default(), None, BUDGET);
    attributes::each(&input.attrs, "label", |meta| {
        if meta.path.is_ident("rename_all") {
            case = Case::parse(&attributes::text(&meta)?)?;
        } else if meta.path.is_ident("crate") {
            path = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("budget") {
            budget = attributes::number(&meta)?;
        } else {
            return Err(attributes::unknown(&meta, "`rename_all`, `budget`, `crate`"));
        }
        Ok(())
    })?;
    attributes::lifetimes_only(&input.generics)?;
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(
            &input.ident,
            "the fields have no names, expected a struct whose fields are called as its labels",
        ));
    };
    let mut known = Vec::new();
    let mut labels = Vec::new();
    for field in &fields.named {
        let Some(label) = label(field, case)? else {
            continue;
        };
        names::check_label(&label.name, label.ident.span())?;
        names::check_distinct(&known, &label.name, label.ident.span())?;
        known.push((label.name.clone(), label.ident.clone()));
        labels.push(label);
    }
    let registry = attributes::registry(path);
    let name = &input.ident;
    let text = input.ident.unraw().to_string();
    let (generics, parameters, bounds) = input.generics.split_for_impl();
    let definitions = labels.iter().map(|label| definition(label, &registry));
    let max = labels.iter().map(|label| label.max.unwrap_or_default());
    let places = labels.iter().map(place);
    let sizes = labels.iter().map(|label| size(label, &registry));
    Ok(quote! {
        #[automatically_derived]
        impl #generics #registry::LabelSet for #name #parameters #bounds {
            const LABELS: &'static [#registry::LabelDef] = &[#(#definitions),*];
            const MAX: &'static [usize] = &[#(#max),*];

            #[inline]
            fn place(&self, place: &mut #registry::Place<'_>) {
                #(#places)*
            }
        }

        const _: () = #registry::assert_label_sets(#text, &[#(#sizes),*], #budget);
    })
}

fn label(field: &Field, case: Case) -> syn::Result<Option<Label<'_>>> {
    let Some(ident) = &field.ident else {
        return Ok(None);
    };
    let mut label = Label {
        ident,
        ty: &field.ty,
        name: case.of(&ident.unraw().to_string()),
        help: attributes::documentation(&field.attrs),
        max: None,
    };
    attributes::each(&field.attrs, "label", |meta| {
        if meta.path.is_ident("rename") {
            label.name = attributes::text(&meta)?.value();
        } else if meta.path.is_ident("help") {
            label.help = attributes::text(&meta)?.value();
        } else if meta.path.is_ident("max") {
            label.max = Some(attributes::number(&meta)?);
        } else {
            return Err(attributes::unknown(&meta, "`rename`, `max`, `help`"));
        }
        Ok(())
    })?;
    if label.max.is_none() && is_text(&field.ty) {
        return Err(Error::new_spanned(
            &field.ty,
            "this can be any text, expected a bound: `#[label(max = 50)]` keeps 50 values, further ones become `other`",
        ));
    }
    Ok(Some(label))
}

/// Tells whether a type is a text, as far as it is written.
fn is_text(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_text(&reference.elem),
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "str" || last.ident == "String"),
        _ => false,
    }
}

fn definition(label: &Label<'_>, registry: &TokenStream) -> TokenStream {
    let (name, help, ty) = (&label.name, &label.help, label.ty);
    let values = match label.max {
        Some(_) => quote!(&[]),
        None => quote_spanned!(ty.span()=> <#ty as #registry::LabelValue>::VALUES),
    };
    quote!(#registry::LabelDef { name: #name, help: #help, values: #values })
}

fn place(label: &Label<'_>) -> TokenStream {
    let (ident, ty) = (label.ident, label.ty);
    match label.max {
        None => quote_spanned!(ty.span()=> place.known(self.#ident);),
        Some(_) if is_text(ty) => quote_spanned!(ty.span()=> place.free(&self.#ident);),
        Some(_) => quote_spanned!(ty.span()=> place.free_display(&self.#ident);),
    }
}

fn size(label: &Label<'_>, registry: &TokenStream) -> TokenStream {
    let ty = label.ty;
    match label.max {
        // And `other`.
        Some(max) => {
            let size = max.saturating_add(1);
            quote!(#size)
        }
        None => quote_spanned!(ty.span()=> <#ty as #registry::LabelValue>::VALUES.len()),
    }
}
