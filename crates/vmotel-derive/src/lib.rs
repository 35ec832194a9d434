#![doc = include_str!("../README.md")]

mod attributes;
mod case;
mod family;
mod label_set;
mod label_value;
mod names;

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, Error, parse_macro_input};

/// Implements `LabelValue` for an enumeration without fields, or `LabelSet` for a struct.
///
/// See the [crate's documentation](crate) for the attributes.
#[proc_macro_derive(Labels, attributes(label))]
pub fn labels(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let result = match &input.data {
        Data::Enum(data) => label_value::derive(&input, data),
        Data::Struct(data) => label_set::derive(&input, data),
        Data::Union(_) => Err(Error::new_spanned(
            &input.ident,
            "`Labels` is for an enum without fields, or for a struct",
        )),
    };
    result.unwrap_or_else(Error::into_compile_error).into()
}

/// Implements `MetricFamily` for a struct whose fields are metrics.
///
/// See the [crate's documentation](crate) for the attributes.
#[proc_macro_derive(MetricFamily, attributes(metric))]
pub fn metric_family(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    family::derive(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}
