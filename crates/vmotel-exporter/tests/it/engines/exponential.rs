//! Exponential histograms by a view: on both engines the same scale, buckets, zeros and sums.

use super::*;
use opentelemetry_sdk::metrics::Aggregation as SdkAggregation;
use vmotel_registry::{Aggregation, Stream as NativeStream};

fn on_both(max_size: u32, max_scale: i8) -> (SdkMeterProvider, SdkSource, RegistryMeterProvider, Registry) {
    let source = SdkSource::new();
    let view = move |instrument: &Instrument| {
        let aggregation = SdkAggregation::Base2ExponentialHistogram {
            max_size,
            max_scale,
            record_min_max: false,
        };
        instrument
            .name()
            .starts_with("h.")
            .then(|| Stream::builder().with_aggregation(aggregation).build().ok())
            .flatten()
    };
    let sdk = SdkMeterProvider::builder()
        .with_reader(source.reader())
        .with_view(view)
        .build();
    let registry = Registry::new();
    let native = RegistryMeterProvider::new(&registry).with_view(move |instrument| {
        let aggregation = Aggregation::Exponential { max_size, max_scale };
        instrument.name.starts_with("h.").then(|| NativeStream {
            aggregation,
            ..NativeStream::default()
        })
    });
    (sdk, source, native, registry)
}

/// Whole numbers in quarters: sums of them are exact in any order.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        2 => Just(0.0),
        1 => Just(-0.0),
        10 => (-4000..4000_i32).prop_map(|n| f64::from(n) / 4.0),
        5 => (0..40_i32).prop_map(|n| 2_f64.powi(n)),
        5 => (0..40_i32).prop_map(|n| -(2_f64.powi(n))),
        5 => (1..1_000_000_000_i32).prop_map(f64::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").map_or(64, |n| n.parse().unwrap_or(64)), ..ProptestConfig::default() })]

    /// Up to 2,000 values into a series, so that the thread gets windows of its own.
    #[test]
    fn values_of_any_range_are_in_the_same_buckets(
        runs in prop::collection::vec((value(), 1..400_usize, 0..2_usize), 1..12),
        (max_size, max_scale) in prop_oneof![Just((160, 20)), (2..200_u32, 0..=20_i8), (20..200_u32, -10..0_i8)],
    ) {
        let (sdk, source, native, registry) = on_both(max_size, max_scale);
        for provider in [&sdk as &dyn MeterProvider, &native] {
            let meter = provider.meter("shop");
            let floats = meter.f64_histogram("h.floats").with_unit("s").build();
            let sizes = meter.u64_histogram("h.sizes").with_unit("By").build();
            let bound = floats.bind(&[KeyValue::new("n", "bound")]);
            for (value, times, series) in &runs {
                for _ in 0..*times {
                    floats.record(*value, &[KeyValue::new("n", ["a", "b"][*series])]);
                    sizes.record(value.abs() as u64, &[KeyValue::new("n", ["a", "b"][*series])]);
                    bound.record(*value);
                }
            }
        }
        prop_assert_eq!(decoded(&source), decoded(&registry));
        prop_assert_eq!(exposition(&source), exposition(&registry));
        prop_assert!(decoded(&registry).iter().any(|metric| metric.contains("exponential")));
    }
}

/// Threads come to different scales, which a collection brings together.
#[test]
fn threads_fill_the_same_buckets_on_both() {
    let (sdk, source, native, registry) = on_both(160, 20);
    for provider in [&sdk as &(dyn MeterProvider + Sync), &native] {
        let histogram = provider.meter("shop").f64_histogram("h.latency").build();
        thread::scope(|scope| {
            for thread in 0..4_i32 {
                let histogram = &histogram;
                scope.spawn(move || {
                    for n in 1..3_000_i32 {
                        let value = f64::from(n) * 10_f64.powi(thread * 2);
                        histogram.record(if n % 7 == 0 { -value } else { value }, &[]);
                    }
                });
            }
        });
    }
    let (on_sdk, on_native) = (decoded(&source), decoded(&registry));
    assert_eq!(on_sdk, on_native);
    assert!(
        on_sdk[0].contains("exponential") && on_sdk[0].contains("scale: "),
        "{on_sdk:#?}"
    );
}

#[test]
fn a_resolution_that_cannot_be_had_records_nothing() {
    for (max_size, max_scale) in [(1, 20), (5000, 20), (160, 21), (160, -11)] {
        let (_, _, native, registry) = on_both(max_size, max_scale);
        native.meter("shop").f64_histogram("h.x").build().record(1.0, &[]);
        assert_eq!(exposition(&registry), [""; 0]);
    }
}

/// The option of the exporter holds for both engines; a view of the user comes before it.
#[test]
fn the_exporter_makes_histograms_exponential_on_both() {
    let text = |builder: ExporterBuilder| {
        let exporter = builder
            .with_global(false)
            .with(|config| config.exponential_histograms = true)
            .build()
            .expect("it builds");
        let meter = exporter.meter("shop");
        meter.f64_histogram("latency").build().record(3.0, &[]);
        meter.f64_histogram("plain").build().record(3.0, &[]);
        let text = exporter.scrape(Format::Text).expect("a scrape");
        let mut lines: Vec<_> = text
            .lines()
            .filter(|line| line.contains("shop"))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    let sdk = vmotel_exporter::Exporter::builder().with_provider(|provider| {
        provider.with_view(|instrument: &Instrument| {
            let plain = SdkAggregation::ExplicitBucketHistogram {
                boundaries: vec![2.0, 4.0],
                record_min_max: false,
            };
            (instrument.name() == "plain")
                .then(|| Stream::builder().with_aggregation(plain).build().ok())
                .flatten()
        })
    });
    let native = RegistryMeterProvider::new(&Registry::new()).with_view(|instrument| {
        (instrument.name == "plain").then(|| NativeStream {
            aggregation: Aggregation::Explicit(vec![2.0, 4.0]),
            ..NativeStream::default()
        })
    });
    let native = text(vmotel_exporter::Exporter::builder().with_native_provider(native));
    assert!(
        native.iter().any(|line| line.contains("vmrange=\"")),
        "{native:#?}"
    );
    assert!(native.iter().any(|line| line.contains("le=\"4\"")), "{native:#?}");
    assert_eq!(native, text(sdk));
}
