//! Instruments made from definitions.

use opentelemetry::{
    KeyValue, StringValue, Value,
    metrics::{Counter, Histogram, Meter, UpDownCounter},
};
use vmotel_model::{Kind, MetricDef};

pub(crate) fn u64_counter(meter: &Meter, def: &MetricDef) -> Counter<u64> {
    meter
        .u64_counter(def.name)
        .with_description(def.help)
        .with_unit(def.unit)
        .build()
}

pub(crate) fn f64_counter(meter: &Meter, def: &MetricDef) -> Counter<f64> {
    meter
        .f64_counter(def.name)
        .with_description(def.help)
        .with_unit(def.unit)
        .build()
}

pub(crate) fn i64_up_down_counter(meter: &Meter, def: &MetricDef) -> UpDownCounter<i64> {
    meter
        .i64_up_down_counter(def.name)
        .with_description(def.help)
        .with_unit(def.unit)
        .build()
}

pub(crate) fn u64_histogram(meter: &Meter, def: &MetricDef) -> Histogram<u64> {
    meter
        .u64_histogram(def.name)
        .with_description(def.help)
        .with_unit(def.unit)
        .with_boundaries(def.buckets.to_vec())
        .build()
}

pub(crate) fn f64_histogram(meter: &Meter, def: &MetricDef) -> Histogram<f64> {
    meter
        .f64_histogram(def.name)
        .with_description(def.help)
        .with_unit(def.unit)
        .with_boundaries(def.buckets.to_vec())
        .build()
}

/// Observes at each collection the whole number that `read` returns, or nothing, as the definition's kind.
pub(crate) fn observe_u64(
    meter: &Meter,
    def: &MetricDef,
    read: impl Fn() -> Option<u64> + Send + Sync + 'static,
) {
    observe_each_u64(meter, def, move |observe| {
        if let Some(value) = read() {
            observe(value, &[]);
        }
    });
}

/// Observes at each collection the number that `read` returns, or nothing, as the definition's kind.
pub(crate) fn observe_f64(
    meter: &Meter,
    def: &MetricDef,
    read: impl Fn() -> Option<f64> + Send + Sync + 'static,
) {
    observe_each_f64(meter, def, move |observe| {
        if let Some(value) = read() {
            observe(value, &[]);
        }
    });
}

/// Observes at each collection whole numbers, each with its attributes, as the definition's kind.
pub(crate) fn observe_each_u64(
    meter: &Meter,
    def: &MetricDef,
    each: impl Fn(&mut dyn FnMut(u64, &[KeyValue])) + Send + Sync + 'static,
) {
    let (name, help, unit) = (def.name, def.help, def.unit);
    match def.kind {
        Kind::Counter => {
            let builder = meter
                .u64_observable_counter(name)
                .with_description(help)
                .with_unit(unit);
            let _ = builder
                .with_callback(move |observer| {
                    each(&mut |value, attributes| observer.observe(value, attributes))
                })
                .build();
        }
        Kind::UpDownCounter => {
            let builder = meter
                .i64_observable_up_down_counter(name)
                .with_description(help)
                .with_unit(unit);
            let _ = builder
                .with_callback(move |observer| {
                    each(&mut |value, attributes| {
                        observer.observe(i64::try_from(value).unwrap_or(i64::MAX), attributes)
                    });
                })
                .build();
        }
        _ => {
            let builder = meter
                .u64_observable_gauge(name)
                .with_description(help)
                .with_unit(unit);
            let _ = builder
                .with_callback(move |observer| {
                    each(&mut |value, attributes| observer.observe(value, attributes))
                })
                .build();
        }
    }
}

/// Observes at each collection numbers, each with its attributes, as a counter or a gauge.
pub(crate) fn observe_each_f64(
    meter: &Meter,
    def: &MetricDef,
    each: impl Fn(&mut dyn FnMut(f64, &[KeyValue])) + Send + Sync + 'static,
) {
    let (name, help, unit) = (def.name, def.help, def.unit);
    if def.kind == Kind::Counter {
        let builder = meter
            .f64_observable_counter(name)
            .with_description(help)
            .with_unit(unit);
        let _ = builder
            .with_callback(move |observer| each(&mut |value, attributes| observer.observe(value, attributes)))
            .build();
    } else {
        let builder = meter
            .f64_observable_gauge(name)
            .with_description(help)
            .with_unit(unit);
        let _ = builder
            .with_callback(move |observer| each(&mut |value, attributes| observer.observe(value, attributes)))
            .build();
    }
}

/// Makes an attribute; allocates nothing itself.
pub(crate) fn attribute(key: &'static str, value: impl Into<StringValue>) -> KeyValue {
    KeyValue::new(key, Value::String(value.into()))
}
