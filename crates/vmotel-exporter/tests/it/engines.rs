//! Random programs on the SDK and on the registry: the same text, and the same OTLP as prost reads it.
//!
//! What differs is the SDK's own, and each such case has a test in `departures` that says so.

mod conflicts;
mod departures;
mod exponential;
mod views;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
};

use opentelemetry::{
    Array, InstrumentationScope, KeyValue, Value,
    metrics::{
        AsyncInstrument, BoundCounter, BoundHistogram, Counter, Gauge, Histogram, Meter, MeterProvider,
        UpDownCounter,
    },
};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest, metrics::v1::metric::Data,
};
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use proptest::prelude::*;
use prost::Message;
use vmotel_exporter::{Engine, ExporterBuilder, Format, SdkReader, SdkSource};
use vmotel_model::{MetricSource, Timestamp, VisitConfig};
use vmotel_registry::{Registry, RegistryConfig, RegistryMeterProvider};
use vmotel_wire::{EncodeConfig, PushConfig, otlp, text};

use super::builder;

/// An attribute set of a program, as it is passed. Different sets have different labels: which gauge wins where they have not is
/// for the SDK a matter of hashes.
fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let value = prop_oneof![
        4 => "[a-c]{1,2}".prop_map(Value::from),
        1 => "é\"\\\\\n".prop_map(Value::from),
        1 => (0..3_i64).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => prop_oneof![Just(0.5), Just(1.5), Just(1e21)].prop_map(|n: f64| Value::from(n)),
        1 => (0..2_i64).prop_map(|n| Value::Array(Array::I64(vec![n, 7]))),
    ];
    let keys = prop::sample::subsequence(
        vec!["method", "http.route", "le", "job", "status code", "_x"],
        0..4,
    );
    (keys, prop::collection::vec(value, 4)).prop_flat_map(|(keys, values)| {
        let set: Vec<_> = keys
            .into_iter()
            .zip(values)
            .map(|(key, value)| KeyValue::new(key, value))
            .collect();
        Just(set).prop_shuffle()
    })
}

/// One step of a program.
#[derive(Debug, Clone)]
enum Step {
    /// Records a number with the instrument of this index, in one of two scopes.
    Record(usize, bool, i32, Vec<KeyValue>),
    /// Does so through a bound counter or histogram that is kept.
    Bind(bool, bool, i32, Vec<KeyValue>),
    /// Records through one that was kept.
    Kept(usize, i32),
    /// Lets a callback see a number from now on.
    Observe(i32, Vec<KeyValue>),
    /// Lets callbacks see nothing any more.
    Forget,
    /// Makes all instruments anew, which must be the same ones.
    Again,
    Collect,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..9_usize, any::<bool>(), -50..100_i32, attributes()).prop_map(|(i, s, n, a)| Step::Record(i, s, n, a)),
        3 => (any::<bool>(), any::<bool>(), 0..100_i32, attributes()).prop_map(|(h, s, n, a)| Step::Bind(h, s, n, a)),
        3 => (any::<usize>(), 0..100_i32).prop_map(|(at, n)| Step::Kept(at, n)),
        2 => (0..100_i32, attributes()).prop_map(|(n, a)| Step::Observe(n, a)),
        1 => Just(Step::Forget),
        1 => Just(Step::Again),
        1 => Just(Step::Collect),
    ]
}

/// What callbacks read: by the text of the sorted attributes, so that an observation replaces an equal one.
type Observed = Arc<Mutex<BTreeMap<String, (i32, Vec<KeyValue>)>>>;

/// The instruments of one scope.
struct Instruments {
    counter: Counter<u64>,
    floats: Counter<f64>,
    up_down: UpDownCounter<i64>,
    float_up_down: UpDownCounter<f64>,
    gauge: Gauge<u64>,
    integers: Gauge<i64>,
    float_gauge: Gauge<f64>,
    histogram: Histogram<f64>,
    sizes: Histogram<u64>,
}

impl Instruments {
    fn new(meter: &Meter) -> Self {
        Self {
            counter: meter
                .u64_counter("requests")
                .with_description("Requests\nanswered")
                .build(),
            floats: meter.f64_counter("cpu.time").with_unit("s").build(),
            up_down: meter
                .i64_up_down_counter("queue-length")
                .with_unit("{jobs}")
                .build(),
            float_up_down: meter.f64_up_down_counter("balance").with_unit("{USD}").build(),
            gauge: meter.u64_gauge("memory").with_unit("By").build(),
            integers: meter.i64_gauge("temperature").with_unit("Cel").build(),
            float_gauge: meter.f64_gauge("load_ratio").with_unit("1").build(),
            histogram: meter.f64_histogram("latency").with_unit("ms").build(),
            sizes: meter
                .u64_histogram("sizes")
                .with_unit("By")
                .with_boundaries(vec![1.0, 10.0, 50.0])
                .build(),
        }
    }

    fn record(&self, instrument: usize, n: i32, attributes: &[KeyValue]) {
        let positive = n.unsigned_abs();
        match instrument {
            0 => self.counter.add(positive.into(), attributes),
            1 => self.floats.add(positive.into(), attributes),
            2 => self.up_down.add(n.into(), attributes),
            3 => self.float_up_down.add(n.into(), attributes),
            4 => self.gauge.record(positive.into(), attributes),
            5 => self.integers.record(n.into(), attributes),
            6 => self.float_gauge.record(odd(n) / 4.0, attributes),
            7 => self.histogram.record(odd(n), attributes),
            _ => self.sizes.record(positive.into(), attributes),
        }
    }
}

/// Makes numbers of which a few are none, which no instrument takes.
fn odd(n: i32) -> f64 {
    match n {
        13 => f64::INFINITY,
        -13 => f64::NEG_INFINITY,
        17 => f64::NAN,
        _ => n.into(),
    }
}

/// Registers a callback for each observable kind, all reading the same.
fn observe(meter: &Meter, observed: &Observed) {
    fn all<T>(
        observed: &Observed,
        number: fn(i32) -> T,
    ) -> impl Fn(&dyn AsyncInstrument<T>) + Send + Sync + 'static + use<T>
    where
        T: 'static,
    {
        let observed = Arc::clone(observed);
        move |instrument| {
            for (n, attributes) in observed.lock().expect("not poisoned").values() {
                instrument.observe(number(*n), attributes);
            }
        }
    }
    meter
        .u64_observable_counter("seen")
        .with_callback(all(observed, |n| n.unsigned_abs().into()))
        .build();
    meter
        .f64_observable_counter("seen.float")
        .with_callback(all(observed, f64::from))
        .build();
    meter
        .i64_observable_up_down_counter("open")
        .with_callback(all(observed, |n| (-n).into()))
        .build();
    meter
        .f64_observable_up_down_counter("open.float")
        .with_callback(all(observed, f64::from))
        .build();
    meter
        .u64_observable_gauge("level")
        .with_callback(all(observed, |n| n.unsigned_abs().into()))
        .build();
    meter
        .i64_observable_gauge("level.integer")
        .with_callback(all(observed, i64::from))
        .build();
    meter
        .f64_observable_gauge("level.float")
        .with_callback(all(observed, odd))
        .build();
}

/// A program that runs on a provider.
struct Program<'p> {
    meters: [Meter; 2],
    instruments: [Instruments; 2],
    observed: Observed,
    counters: Vec<BoundCounter<u64>>,
    histograms: Vec<BoundHistogram<f64>>,
    source: &'p dyn MetricSource,
}

impl<'p> Program<'p> {
    fn new(provider: &dyn MeterProvider, source: &'p dyn MetricSource) -> Self {
        let with_version = InstrumentationScope::builder("other")
            .with_version("1.2")
            .with_attributes([KeyValue::new("team", "a")])
            .build();
        let meters = [provider.meter("shop"), provider.meter_with_scope(with_version)];
        let observed = Observed::default();
        observe(&meters[0], &observed);
        Self {
            instruments: [Instruments::new(&meters[0]), Instruments::new(&meters[1])],
            meters,
            observed,
            counters: Vec::new(),
            histograms: Vec::new(),
            source,
        }
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Record(instrument, other, n, attributes) => {
                self.instruments[usize::from(*other)].record(*instrument, *n, attributes);
            }
            Step::Bind(histogram, other, n, attributes) => {
                let instruments = &self.instruments[usize::from(*other)];
                if *histogram {
                    let bound = instruments.histogram.bind(attributes);
                    bound.record((*n).into());
                    self.histograms.push(bound);
                } else {
                    let bound = instruments.counter.bind(attributes);
                    bound.add(n.unsigned_abs().into());
                    self.counters.push(bound);
                }
            }
            Step::Kept(at, n) => {
                if let Some(counter) = self.counters.get(at % self.counters.len().max(1)) {
                    counter.add(n.unsigned_abs().into());
                }
                if let Some(histogram) = self.histograms.get(at % self.histograms.len().max(1)) {
                    histogram.record((*n).into());
                }
            }
            Step::Observe(n, attributes) => {
                let mut sorted: Vec<_> = attributes
                    .iter()
                    .map(|a| format!("{}={:?}", a.key, a.value))
                    .collect();
                sorted.sort();
                self.observed
                    .lock()
                    .expect("not poisoned")
                    .insert(sorted.join(","), (*n, attributes.clone()));
            }
            Step::Forget => self.observed.lock().expect("not poisoned").clear(),
            Step::Again => {
                self.instruments = [
                    Instruments::new(&self.meters[0]),
                    Instruments::new(&self.meters[1]),
                ]
            }
            Step::Collect => drop(exposition(self.source)),
        }
    }
}

/// The lines of the text, sorted: the SDK has no order.
fn exposition(source: &dyn MetricSource) -> Vec<String> {
    let config = VisitConfig::default();
    let mut out = Vec::new();
    let report = text::encode(&[source.snapshot(&config)], &EncodeConfig::default(), &mut out);
    let mut lines: Vec<_> = String::from_utf8(out)
        .expect("text is UTF-8")
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    assert!(report.skipped.nan == 0, "{report:?}");
    lines
}

/// What prost reads of the OTLP: metrics by name, points sorted, without their start, which only the registry has for each series.
fn decoded(source: &dyn MetricSource) -> Vec<String> {
    let config = VisitConfig::default();
    let mut bodies = Vec::new();
    let mut emit = |request: vmotel_wire::Request<'_>| bodies.push(request.body.to_vec());
    let time = Timestamp(1_700_000_000_000_000_000);
    let push = PushConfig {
        native_exponential: true,
        ..PushConfig::default()
    };
    let report = otlp::encode(&[source.snapshot(&config)], time, &push, &mut emit);
    assert_eq!(report.requests as usize, bodies.len());
    let mut metrics = Vec::new();
    for body in bodies {
        let request = ExportMetricsServiceRequest::decode(&*body).expect("prost reads it");
        for scope in request
            .resource_metrics
            .into_iter()
            .flat_map(|resource| resource.scope_metrics)
        {
            for mut metric in scope.metrics {
                let mut points = match metric.data.take() {
                    Some(Data::Sum(sum)) => {
                        let kind = format!("sum {:?} {:?}", sum.is_monotonic, sum.aggregation_temporality);
                        sum.data_points
                            .into_iter()
                            .map(|mut p| {
                                p.start_time_unix_nano = 0;
                                format!("{kind} {p:?}")
                            })
                            .collect::<Vec<_>>()
                    }
                    Some(Data::Gauge(gauge)) => gauge
                        .data_points
                        .into_iter()
                        .map(|mut p| {
                            p.start_time_unix_nano = 0;
                            format!("gauge {p:?}")
                        })
                        .collect(),
                    Some(Data::Histogram(histogram)) => histogram
                        .data_points
                        .into_iter()
                        .map(|mut p| {
                            p.start_time_unix_nano = 0;
                            format!("histogram {p:?}")
                        })
                        .collect(),
                    Some(Data::ExponentialHistogram(histogram)) => histogram
                        .data_points
                        .into_iter()
                        .map(|mut p| {
                            p.start_time_unix_nano = 0;
                            format!("exponential {p:?}")
                        })
                        .collect(),
                    other => vec![format!("{other:?}")],
                };
                points.sort();
                metrics.push(format!("{metric:?} {points:#?}"));
            }
        }
    }
    metrics.sort();
    metrics
}

fn sdk() -> (SdkMeterProvider, SdkSource) {
    let source = SdkSource::new();
    let reader: SdkReader = source.reader();
    (SdkMeterProvider::builder().with_reader(reader).build(), source)
}

fn native() -> (RegistryMeterProvider, Registry) {
    let registry = Registry::new();
    (RegistryMeterProvider::new(&registry), registry)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").map_or(64, |n| n.parse().unwrap_or(64)), ..ProptestConfig::default() })]

    #[test]
    fn a_program_exposes_the_same_on_both(steps in prop::collection::vec(step(), 1..80)) {
        let (sdk_provider, sdk_source) = sdk();
        let (native_provider, registry) = native();
        let mut on_sdk = Program::new(&sdk_provider, &sdk_source);
        let mut on_native = Program::new(&native_provider, &registry);
        for step in &steps {
            on_sdk.run(step);
            on_native.run(step);
        }
        prop_assert_eq!(exposition(&sdk_source), exposition(&registry));
        prop_assert_eq!(decoded(&sdk_source), decoded(&registry));
    }
}

/// Floats are whole, so that their sums do not depend on the order of the threads.
#[test]
fn threads_expose_the_same_on_both() {
    let (sdk_provider, sdk_source) = sdk();
    let (native_provider, registry) = native();
    for provider in [&sdk_provider as &(dyn MeterProvider + Sync), &native_provider] {
        let instruments = Instruments::new(&provider.meter("shop"));
        thread::scope(|scope| {
            for thread in 0..4_usize {
                let instruments = &instruments;
                scope.spawn(move || {
                    for n in 0..4_000_usize {
                        let values = [("method", n % 3), ("path", n % 7), ("status", (n + thread) % 5)];
                        let mut set = values.map(|(key, value)| KeyValue::new(key, value.to_string()));
                        set.rotate_left((n + thread) % 3);
                        for instrument in [0, 1, 2, 3, 7, 8] {
                            instruments.record(instrument, i32::try_from(n % 60).expect("it fits"), &set);
                        }
                    }
                });
            }
        });
    }
    assert_eq!(exposition(&sdk_source), exposition(&registry));
    assert_eq!(decoded(&sdk_source), decoded(&registry));
}

#[test]
fn beyond_the_limit_the_same_sets_are_folded() {
    let source = SdkSource::new();
    let limit = |_: &Instrument| Stream::builder().with_cardinality_limit(10).build().ok();
    let sdk = SdkMeterProvider::builder()
        .with_reader(source.reader())
        .with_view(limit)
        .build();
    let config = RegistryConfig {
        per_metric: 10,
        ..RegistryConfig::default()
    };
    let registry = Registry::with_config(config);
    let native = RegistryMeterProvider::new(&registry);
    for provider in [&sdk as &dyn MeterProvider, &native] {
        let instruments = Instruments::new(&provider.meter("shop"));
        for round in 0..3 {
            for n in 0..25 {
                for instrument in [0, 1, 2, 3, 7, 8] {
                    instruments.record(instrument, n + round, &[KeyValue::new("n", i64::from(n))]);
                }
            }
        }
    }
    let text = exposition(&source);
    assert!(
        text.iter()
            .any(|line| line.contains("otel_metric_overflow=\"true\"")),
        "{text:#?}"
    );
    assert_eq!(text, exposition(&registry));
}

#[test]
fn sets_that_become_equal_labels_are_added_on_both() {
    let (sdk_provider, sdk_source) = sdk();
    let (native_provider, registry) = native();
    for provider in [&sdk_provider as &dyn MeterProvider, &native_provider] {
        let instruments = Instruments::new(&provider.meter("shop"));
        let values = [
            Value::from(1),
            Value::from("1"),
            Value::from(1.0),
            Value::from(""),
            Value::from("true"),
            true.into(),
        ];
        for (n, value) in (1..).zip(values) {
            for instrument in [0, 1, 2, 3, 7, 8] {
                instruments.record(instrument, n, &[KeyValue::new("a.b", value.clone())]);
                instruments.record(
                    instrument,
                    n,
                    &[KeyValue::new("a_b", "x"), KeyValue::new("a.b", value.clone())],
                );
                instruments.record(instrument, n, &[]);
            }
        }
    }
    assert_eq!(exposition(&sdk_source), exposition(&registry));
    assert_eq!(decoded(&sdk_source), decoded(&registry));
}

#[test]
fn a_set_in_any_order_is_one_series() {
    let (provider, registry) = native();
    let gauge = provider.meter("shop").u64_gauge("level").build();
    let (a, b) = (KeyValue::new("a", "1"), KeyValue::new("b", "2"));
    gauge.record(1, &[a.clone(), b.clone()]);
    gauge.record(2, &[b.clone(), a.clone()]);
    gauge.record(3, &[a, b]);
    assert_eq!(registry.stats().series, 1);
    assert!(exposition(&registry).contains(&"level{a=\"1\",b=\"2\",otel_scope_name=\"shop\"} 3".to_owned()));
}

/// Who chose nothing gets the registry, and the SDK where its provider is changed; a choice that has no use for what is given is refused.
#[test]
fn the_engine_is_what_was_asked_for() {
    let engine = |builder: ExporterBuilder| builder.build().map(|exporter| exporter.config().engine);
    let changed = || builder().with_provider(|provider| provider);
    let named = |name: &'static str| {
        builder().with_lookup(move |variable| (variable == "VMOTEL_ENGINE").then(|| name.to_owned()))
    };
    let registry = Registry::new();
    assert_eq!(engine(builder()).unwrap(), Some(Engine::Native));
    assert_eq!(engine(changed()).unwrap(), Some(Engine::Sdk));
    assert_eq!(
        engine(builder().with_registry(&registry)).unwrap(),
        Some(Engine::Native)
    );
    assert_eq!(engine(named("sdk")).unwrap(), Some(Engine::Sdk));
    assert_eq!(engine(named("Native")).unwrap(), Some(Engine::Native));
    assert_eq!(
        engine(named("sdk").with_engine(Engine::Native)).unwrap(),
        Some(Engine::Native)
    );
    let refused = [
        (
            named("fast"),
            "VMOTEL_ENGINE has the value \"fast\", expected native or sdk",
        ),
        (
            changed().with_engine(Engine::Native),
            "the engine is Native with a change of the SDK's provider, expected Engine::Sdk, or views of a RegistryMeterProvider",
        ),
        (
            changed().with_registry(&registry),
            "the engine is Sdk with a registry, expected Engine::Native",
        ),
        (
            changed().with_limits_on_all(true),
            "the engine is Sdk with limits on all instruments, expected Engine::Native",
        ),
        (
            builder().with_registry(&registry).with_limits_on_all(true),
            "the engine is Native with limits on all instruments and a registry, expected a registry of Registry::with_controller",
        ),
    ];
    for (builder, message) in refused {
        assert_eq!(builder.build().unwrap_err().to_string(), message);
    }
}

/// An exporter without a way out costs nothing: its meters record nothing, unless somebody gave the registry and may read it.
#[test]
fn without_a_way_out_nothing_is_recorded() {
    let series = |builder: ExporterBuilder| {
        let exporter = builder.build().unwrap();
        exporter.meter("shop").u64_counter("orders").build().add(1, &[]);
        exporter.registry().unwrap().stats().series
    };
    let registry = Registry::new();
    let disabled = |builder: ExporterBuilder| builder.with(|config| config.enabled = false);
    let unread = |builder: ExporterBuilder| builder.with(|config| config.pull = false);
    assert_eq!(series(builder()), 1);
    assert_eq!(series(disabled(builder())), 0);
    assert_eq!(series(unread(builder())), 0);
    assert_eq!(series(disabled(builder().with_registry(&registry))), 0);
    assert_eq!(series(unread(builder().with_registry(&registry))), 1);
}

/// Semantic conventions, "Telemetry SDK": the name `opentelemetry` is reserved for the SDK of that project. The SDK is the oracle of its own.
#[test]
fn the_resource_names_the_engine() {
    let info = |builder: ExporterBuilder| {
        let text = builder.build().unwrap().scrape(Format::Text).unwrap();
        let line = text.lines().find(|line| line.starts_with("target_info{"));
        line.unwrap_or_default().to_owned()
    };
    let version = opentelemetry_sdk::Resource::builder()
        .build()
        .get(&opentelemetry::Key::new("telemetry.sdk.version"))
        .unwrap();
    let of = |name: &str, version: &str| {
        format!(
            "target_info{{service_name=\"test\",telemetry_sdk_language=\"rust\",telemetry_sdk_name={name:?},telemetry_sdk_version={version:?}}} 1"
        )
    };
    let sdk = info(builder().with_engine(Engine::Sdk));
    assert_eq!(sdk, of("opentelemetry", &version.as_str()));
    assert_eq!(info(builder()), of("vmotel", env!("CARGO_PKG_VERSION")));
    let own = info(builder().with_resource_attribute("telemetry.sdk.name", "own"));
    assert_eq!(own, of("own", env!("CARGO_PKG_VERSION")), "what is given wins");
}
