//! `#[derive(MetricFamily)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Data, DeriveInput, Error, Expr, Field, Fields, Ident, Lit, Token, Type, UnOp, bracketed,
    ext::IdentExt as _, punctuated::Punctuated, spanned::Spanned as _,
};

use crate::{attributes, names};

/// A field and what its attributes say.
struct Metric<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    name: String,
    help: String,
    unit: String,
    buckets: Vec<f64>,
    is_lazy: bool,
}

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let (mut prefix, mut path, mut budget) = (String::new(), None, None);
    attributes::each(&input.attrs, "metric", |meta| {
        if meta.path.is_ident("prefix") {
            prefix = attributes::text(&meta)?.value();
        } else if meta.path.is_ident("crate") {
            path = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("budget") {
            budget = Some(attributes::number(&meta)?);
        } else {
            return Err(attributes::unknown(&meta, "`prefix`, `budget`, `crate`"));
        }
        Ok(())
    })?;
    attributes::lifetimes_only(&input.generics)?;
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => &fields.named,
            _ => return Err(only_structs(input)),
        },
        _ => return Err(only_structs(input)),
    };
    let mut known = Vec::new();
    let mut metrics = Vec::new();
    for field in fields {
        let Some(metric) = metric(field, &prefix)? else {
            continue;
        };
        names::check_metric(&metric.name, metric.ident.span())?;
        names::check_distinct(&known, &metric.name, metric.ident.span())?;
        known.push((metric.name.clone(), metric.ident.clone()));
        metrics.push(metric);
    }
    let registry = attributes::registry(path);
    let name = &input.ident;
    let text = input.ident.unraw().to_string();
    let (generics, parameters, bounds) = input.generics.split_for_impl();
    let definitions = metrics.iter().map(|metric| definition(metric, &registry));
    let label_sets = metrics.iter().map(|metric| {
        let ty = metric.ty;
        quote_spanned!(ty.span()=> <#ty as #registry::MetricField>::LABEL_SETS)
    });
    let series = label_sets.clone().zip(0_usize..);
    let series = series.map(|(sets, at)| quote!(#sets * Self::DEFS[#at].series_per_label_set()));
    let fields = metrics.iter().enumerate().map(|(at, metric)| {
        let (ident, ty) = (metric.ident, metric.ty);
        let preregister = if metric.is_lazy {
            quote!(0)
        } else {
            quote!(<Self as #registry::MetricFamily>::PREREGISTERED)
        };
        quote_spanned!(ty.span()=>
            #ident: <#ty as #registry::MetricField>::register(registry, &Self::DEFS[#at], #preregister)?
        )
    });
    let shapes = metrics.iter().map(|metric| shape(metric, &registry));
    let check = budget.map(|budget| {
        quote!(const _: () = #registry::assert_series(#text, <#name as #registry::MetricFamily>::SERIES, #budget);)
    });
    Ok(quote! {
        #[automatically_derived]
        impl #generics #registry::MetricFamily for #name #parameters #bounds {
            const DEFS: &'static [#registry::MetricDef] = &[#(#definitions),*];
            const LABEL_SETS: usize = 0 #(+ #label_sets)*;
            const SERIES: usize = 0 #(+ #series)*;

            fn register(registry: &#registry::Registry) -> ::core::result::Result<Self, #registry::RegistryError> {
                ::core::result::Result::Ok(Self { #(#fields),* })
            }
        }

        #(#shapes)*
        #check
    })
}

fn only_structs(input: &DeriveInput) -> Error {
    Error::new_spanned(
        &input.ident,
        "`MetricFamily` is for a struct with named fields, each of them a metric",
    )
}

fn metric<'a>(field: &'a Field, prefix: &str) -> syn::Result<Option<Metric<'a>>> {
    let Some(ident) = &field.ident else {
        return Ok(None);
    };
    let mut metric = Metric {
        ident,
        ty: &field.ty,
        name: format!("{prefix}{}", ident.unraw()),
        help: attributes::documentation(&field.attrs),
        unit: String::new(),
        buckets: Vec::new(),
        is_lazy: false,
    };
    attributes::each(&field.attrs, "metric", |meta| {
        if meta.path.is_ident("name") {
            metric.name = attributes::text(&meta)?.value();
        } else if meta.path.is_ident("help") {
            metric.help = attributes::text(&meta)?.value();
        } else if meta.path.is_ident("unit") {
            metric.unit = attributes::text(&meta)?.value();
        } else if meta.path.is_ident("buckets") {
            let list;
            let value = meta.value()?;
            bracketed!(list in value);
            metric.buckets = bounds(&Punctuated::parse_terminated(&list)?)?;
        } else if meta.path.is_ident("lazy") {
            metric.is_lazy = true;
        } else {
            return Err(attributes::unknown(
                &meta,
                "`name`, `help`, `unit`, `buckets`, `lazy`",
            ));
        }
        Ok(())
    })?;
    if metric.help.is_empty() {
        return Err(Error::new_spanned(
            ident,
            "the metric has no description, expected a line of documentation or `#[metric(help = \"...\")]`",
        ));
    }
    Ok(Some(metric))
}

/// Reads bounds, which have to ascend.
fn bounds(elements: &Punctuated<Expr, Token![,]>) -> syn::Result<Vec<f64>> {
    let mut bounds: Vec<f64> = Vec::new();
    for element in elements {
        let bound = bound(element)
            .filter(|bound| bounds.last().is_none_or(|last| last < bound))
            .ok_or_else(|| Error::new_spanned(element, "expected numbers in ascending order"))?;
        bounds.push(bound);
    }
    Ok(bounds)
}

fn bound(element: &Expr) -> Option<f64> {
    match element {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => Some(-bound(&unary.expr)?),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Float(number) => number.base10_parse().ok(),
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Refuses buckets that nobody takes, and a histogram that needs some and has none.
fn shape(metric: &Metric<'_>, registry: &TokenStream) -> TokenStream {
    let ty = metric.ty;
    let (has, message) = if metric.buckets.is_empty() {
        (
            false,
            "has no buckets, expected `#[metric(buckets = [...])]` for a `BucketHistogram`",
        )
    } else {
        (true, "has buckets, which only a `BucketHistogram` takes")
    };
    let message = format!("the metric {:?} {message}", metric.name);
    quote_spanned!(ty.span()=>
        const _: () = ::core::assert!(<#ty as #registry::MetricField>::HAS_BOUNDS == #has, #message);
    )
}

fn definition(metric: &Metric<'_>, registry: &TokenStream) -> TokenStream {
    let Metric {
        ty,
        name,
        help,
        unit,
        buckets,
        ..
    } = metric;
    let kind = quote_spanned!(ty.span()=> <#ty as #registry::MetricField>::KIND);
    let labels = quote_spanned!(ty.span()=> <#ty as #registry::MetricField>::LABELS);
    quote! {
        #registry::MetricDef {
            name: #name,
            kind: #kind,
            unit: #unit,
            help: #help,
            labels: #labels,
            buckets: &[#(#buckets),*],
        }
    }
}
