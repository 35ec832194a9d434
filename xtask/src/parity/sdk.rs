//! The cases that the OpenTelemetry SDK can record, recorded with it.

use std::sync::Arc;

use opentelemetry::{
    KeyValue,
    metrics::{Meter, MeterProvider as _},
};
use opentelemetry_sdk::metrics::{Aggregation, Instrument, InstrumentKind, SdkMeterProvider, Stream};
use vmotel_exporter::SdkSource;
use vmotel_model::{Kind, Number};

use super::case::{Case, Value};

/// What stands before the names, so that the families are others than those of the corpus.
const PREFIX: &str = "sdk.";

/// A provider with the recorded cases, and its source.
pub(crate) struct Recorded {
    pub(crate) source: Arc<SdkSource>,
    pub(crate) cases: Vec<Case>,
    _provider: SdkMeterProvider,
}

/// Records all cases that can be, each under a name with a prefix.
pub(crate) fn record(cases: &[Case]) -> Recorded {
    let source = SdkSource::new();
    let exponential: Vec<String> = cases
        .iter()
        .filter(|case| matches!(case.series[0].1, Value::Exponential { .. }))
        .map(|case| format!("{PREFIX}{}", case.name))
        .collect();
    let view = move |instrument: &Instrument| {
        let name = instrument.name();
        let found =
            instrument.kind() == InstrumentKind::Histogram && exponential.iter().any(|known| known == name);
        let aggregation = Aggregation::Base2ExponentialHistogram {
            max_size: 160,
            max_scale: 3,
            record_min_max: false,
        };
        let stream = found.then(|| Stream::builder().with_aggregation(aggregation).build())?;
        stream.ok()
    };
    let provider = SdkMeterProvider::builder()
        .with_reader(source.reader())
        .with_view(view)
        .build();
    let meter = provider.meter("parity");
    let mut recorded = Vec::new();
    for case in cases.iter().filter(|case| takes(&case.name)) {
        let mut case = case.clone();
        case.group = "SDK";
        case.name.insert_str(0, PREFIX);
        case.stored_name = None;
        case.stored_labels = None;
        if record_one(&meter, &case) {
            recorded.push(case);
        }
    }
    Recorded {
        source: Arc::new(source),
        cases: recorded,
        _provider: provider,
    }
}

/// Returns true if the SDK takes a name behind the prefix; of others it makes instruments that record nothing.
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
