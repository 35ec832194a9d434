//! Random programs behind a random view, limits included: on both engines the same names, attributes, buckets and folded sets.

use super::*;
use vmotel_registry::{Aggregation, Stream as NativeStream};

/// What a view makes of the instruments of the scope `shop`.
#[derive(Debug, Clone)]
struct Shape {
    renames: bool,
    keeps: Option<Vec<&'static str>>,
    limit: Option<usize>,
    boundaries: Option<Vec<f64>>,
    drops: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let keys = prop::sample::subsequence(vec!["method", "http.route", "job", "status code"], 0..4)
        .prop_map(|keys| [keys, vec!["n"]].concat());
    let boundaries = prop_oneof![Just(vec![]), Just(vec![0.0, 7.5]), Just(vec![-20.0, 3.0, 60.0])];
    (
        any::<bool>(),
        prop::option::of(keys),
        prop::option::of(1..12_usize),
        prop::option::of(boundaries),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(renames, keeps, limit, boundaries, drops)| Shape {
            renames,
            keeps,
            limit,
            boundaries,
            drops,
        })
}

impl Shape {
    /// Gives every set an attribute if there is a limit: the SDK keeps what has none apart from it: see `departures`.
    fn complete(&self, step: &mut Step) {
        if self.limit.is_some()
            && let Step::Record(_, _, _, set) | Step::Bind(_, _, _, set) | Step::Observe(_, set) = step
        {
            set.push(KeyValue::new("n", "1"));
        }
    }

    fn name(&self, name: &str) -> Option<String> {
        self.renames.then(|| format!("v.{name}"))
    }

    fn on_sdk(&self) -> impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static + use<> {
        let shape = self.clone();
        move |instrument| {
            if instrument.scope().name() != "shop" {
                return None;
            }
            let mut stream = Stream::builder();
            if let Some(name) = shape.name(instrument.name()) {
                stream = stream.with_name(name);
            }
            if let Some(keys) = &shape.keeps {
                stream = stream.with_allowed_attribute_keys(keys.iter().map(|key| (*key).into()));
            }
            if let Some(limit) = shape.limit {
                stream = stream.with_cardinality_limit(limit);
            }
            if shape.drops {
                stream = stream.with_aggregation(opentelemetry_sdk::metrics::Aggregation::Drop);
            } else if let Some(boundaries) = shape.boundaries.clone()
                && matches!(
                    instrument.kind(),
                    opentelemetry_sdk::metrics::InstrumentKind::Histogram
                )
            {
                stream = stream.with_aggregation(
                    opentelemetry_sdk::metrics::Aggregation::ExplicitBucketHistogram {
                        boundaries,
                        record_min_max: false,
                    },
                );
            }
            Some(stream.build().expect("a stream that the SDK takes"))
        }
    }

    fn on_registry(
        &self,
    ) -> impl Fn(&vmotel_registry::InstrumentInfo<'_>) -> Option<NativeStream> + Send + Sync + 'static + use<>
    {
        let shape = self.clone();
        move |instrument| {
            let aggregation = match &shape.boundaries {
                _ if shape.drops => Aggregation::Drop,
                Some(boundaries) => Aggregation::Explicit(boundaries.clone()),
                None => Aggregation::Default,
            };
            (instrument.scope == "shop").then(|| NativeStream {
                name: shape.name(instrument.name).map(Into::into),
                attributes: shape
                    .keeps
                    .as_ref()
                    .map(|keys| keys.iter().map(|key| (*key).into()).collect()),
                cardinality_limit: shape.limit,
                aggregation,
                ..NativeStream::default()
            })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").map_or(64, |n| n.parse().unwrap_or(64)), ..ProptestConfig::default() })]

    #[test]
    fn a_program_behind_a_view_exposes_the_same_on_both(shape in shape(), mut steps in prop::collection::vec(step(), 1..80)) {
        let source = SdkSource::new();
        let sdk = SdkMeterProvider::builder().with_reader(source.reader()).with_view(shape.on_sdk()).build();
        let registry = Registry::new();
        let native = RegistryMeterProvider::new(&registry).with_view(shape.on_registry());
        let mut on_sdk = Program::new(&sdk, &source);
        let mut on_native = Program::new(&native, &registry);
        for step in &mut steps {
            shape.complete(step);
            on_sdk.run(step);
            on_native.run(step);
        }
        // Behind a limit, observable gauges of the SDK prefer what earlier callbacks observed: see `departures`.
        let counts = |lines: Vec<String>| -> Vec<_> {
            lines.into_iter().filter(|line| shape.limit.is_none() || !line.contains("level")).collect()
        };
        prop_assert_eq!(counts(exposition(&source)), counts(exposition(&registry)));
        prop_assert_eq!(counts(decoded(&source)), counts(decoded(&registry)));
    }
}
