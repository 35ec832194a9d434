//! The cases that instruments can record, recorded on both engines.

use std::sync::Arc;

use opentelemetry::{
    KeyValue,
    metrics::{Meter, MeterProvider as _},
};
use opentelemetry_sdk::metrics::{
    Aggregation as OfSdk, Instrument, InstrumentKind, SdkMeterProvider, Stream,
};
use vmotel_exporter::SdkSource;
use vmotel_model::{Kind, MetricSource, Number};
use vmotel_registry::{Aggregation, Registry, RegistryMeterProvider, Stream as NativeStream};

use super::case::{Case, Value};

/// For each engine the group of its cases, and what stands before their names, so that the families are others than those of the corpus.
const ENGINES: [(&str, &str); 2] = [("SDK", "sdk."), ("registry", "registry.")];

const MAX_SIZE: u32 = 160;
const MAX_SCALE: i8 = 3;

/// The recorded cases, and the sources that have them.
pub(crate) struct Recorded {
    pub(crate) sources: [Arc<dyn MetricSource>; 2],
    pub(crate) cases: Vec<Case>,
    _provider: SdkMeterProvider,
}

/// Records all cases that can be on both engines, each under a name with a prefix.
pub(crate) fn record(cases: &[Case]) -> Recorded {
    let exponential: Vec<String> = cases
        .iter()
        .filter(|case| matches!(case.series[0].1, Value::Exponential { .. }))
        .flat_map(|case| ENGINES.map(|(_, prefix)| format!("{prefix}{}", case.name)))
        .collect();
    let is_exponential = move |name: &str| exponential.iter().any(|known| known == name);
    let (source, provider) = sdk(is_exponential.clone());
    let registry = Registry::new();
    let native = RegistryMeterProvider::new(&registry).with_view(move |instrument| {
        is_exponential(instrument.name).then(|| NativeStream {
            aggregation: Aggregation::Exponential {
                max_size: MAX_SIZE,
                max_scale: MAX_SCALE,
            },
            ..NativeStream::default()
        })
    });
    let meters = [provider.meter("parity"), native.meter("parity")];
    let mut recorded = Vec::new();
    for (meter, (group, prefix)) in meters.iter().zip(ENGINES) {
        for case in cases.iter().filter(|case| takes(&case.name)) {
            let mut case = case.clone();
            case.group = group;
            case.name.insert_str(0, prefix);
            case.stored_name = None;
            case.stored_labels = None;
            if record_one(meter, &case) {
                recorded.push(case);
            }
        }
    }
    Recorded {
        sources: [Arc::new(source), Arc::new(registry)],
        cases: recorded,
        _provider: provider,
    }
}

fn sdk(is_exponential: impl Fn(&str) -> bool + Send + Sync + 'static) -> (SdkSource, SdkMeterProvider) {
    let source = SdkSource::new();
    let view = move |instrument: &Instrument| {
        let found = instrument.kind() == InstrumentKind::Histogram && is_exponential(instrument.name());
        let aggregation = OfSdk::Base2ExponentialHistogram {
            max_size: MAX_SIZE,
            max_scale: MAX_SCALE,
            record_min_max: false,
        };
        let stream = found.then(|| Stream::builder().with_aggregation(aggregation).build())?;
        stream.ok()
    };
    let provider = SdkMeterProvider::builder()
        .with_reader(source.reader())
        .with_view(view)
        .build();
    (source, provider)
}

/// Returns true if instruments take a name behind the prefix; those of other names record nothing.
fn takes(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c))
}

fn record_one(meter: &Meter, case: &Case) -> bool {
    let (name, unit) = (case.name.clone(), case.unit.clone());
    if !unit.is_ascii() || case.series.len() != 1 {
        return false;
    }
    let (labels, value) = &case.series[0];
    let attributes: Vec<KeyValue> = labels
        .iter()
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()))
        .collect();
    match (case.kind, value) {
        (Kind::Counter, Value::Number(Number::U64(n))) => {
            meter
                .u64_counter(name)
                .with_unit(unit)
                .build()
                .add(*n, &attributes);
        }
        (Kind::Counter, Value::Number(Number::F64(n))) => {
            meter
                .f64_counter(name)
                .with_unit(unit)
                .build()
                .add(*n, &attributes);
        }
        (Kind::UpDownCounter, Value::Number(Number::I64(n))) => {
            meter
                .i64_up_down_counter(name)
                .with_unit(unit)
                .build()
                .add(*n, &attributes);
        }
        (Kind::UpDownCounter, Value::Number(Number::F64(n))) => {
            meter
                .f64_up_down_counter(name)
                .with_unit(unit)
                .build()
                .add(*n, &attributes);
        }
        (Kind::Gauge, Value::Number(Number::U64(n))) => {
            meter
                .u64_gauge(name)
                .with_unit(unit)
                .build()
                .record(*n, &attributes);
        }
        (Kind::Gauge, Value::Number(Number::I64(n))) => {
            meter
                .i64_gauge(name)
                .with_unit(unit)
                .build()
                .record(*n, &attributes);
        }
        (Kind::Gauge, Value::Number(Number::F64(n))) => {
            meter
                .f64_gauge(name)
                .with_unit(unit)
                .build()
                .record(*n, &attributes);
        }
        (Kind::Histogram, Value::Histogram { bounds, .. }) => {
            if bounds.iter().any(|bound| !bound.is_finite()) || !bounds.is_sorted_by(|a, b| a < b) {
                return false;
            }
            let histogram = meter
                .f64_histogram(name)
                .with_unit(unit)
                .with_boundaries(bounds.clone());
            let histogram = histogram.build();
            histogram.record(0.75, &attributes);
            bounds
                .iter()
                .for_each(|&bound| histogram.record(bound, &attributes));
        }
        (Kind::Histogram, Value::Exponential { scale, negative, .. }) => {
            let histogram = meter.f64_histogram(name).with_unit(unit).build();
            for at in 0..20 {
                histogram.record(2f64.powi(at - 5) * f64::from(scale + 10), &attributes);
            }
            if !negative.1.is_empty() {
                histogram.record(-1.5, &attributes);
            }
            histogram.record(0.0, &attributes);
        }
        _ => return false,
    }
    true
}
