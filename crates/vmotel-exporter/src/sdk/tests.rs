use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value, metrics::MeterProvider};
use opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use vmotel_model::{Family, MetricSink, MetricSource, Naming, Point, Series, VisitConfig};

use super::{SdkNotice, SdkSource, SdkStatus};

/// Writes each family and series down, by structured labels, and checks that the ready text says the same.
#[derive(Default)]
struct Lines(Vec<String>);

impl MetricSink for Lines {
    fn family(&mut self, family: &Family<'_>) {
        self.0.push(format!(
            "# {} {:?} {:?} {:?}",
            family.name, family.kind, family.unit, family.help
        ));
    }

    fn series(&mut self, series: &Series<'_>) {
        let mut labels = Vec::new();
        series
            .labels
            .for_each(&mut |name, value| labels.push(format!("{name}={value:?}")));
        assert_eq!(labels.len(), series.labels.len());
        let labels = labels.join(",");
        if let Some(text) = series.text {
            assert_eq!(String::from_utf8_lossy(text.labels()), labels);
        }
        let point = match series.point {
            Point::Number(number) => format!("{number:?}"),
            Point::Histogram(h) => format!("{:?} {:?} {:?} {}", h.bounds, h.counts, h.sum, h.count),
            Point::Exponential(e) => format!(
                "{} {} {} {} {:?} {} {:?} {:?} {}",
                e.scale,
                e.zero_count,
                e.zero_threshold,
                e.positive.offset,
                e.positive.counts,
                e.negative.offset,
                e.negative.counts,
                e.sum,
                e.count
            ),
            other => format!("{other:?}"),
        };
        self.0.push(format!("{{{labels}}} {point}"));
    }
}

/// Visits all families; series are sorted, as the SDK has no order.
fn lines(source: &SdkSource, config: &VisitConfig) -> Vec<String> {
    let snapshot = source.snapshot(config);
    let mut all = Vec::new();
    for index in 0..snapshot.len() {
        let mut sink = Lines::default();
        sink.family(&snapshot.family(index));
        snapshot.visit(index, &mut sink);
        sink.0[1..].sort();
        all.append(&mut sink.0);
    }
    all
}

fn plain() -> VisitConfig {
    let mut config = VisitConfig::default();
    config.scope_labels = false;
    config
}

fn provider(source: &SdkSource) -> SdkMeterProvider {
    SdkMeterProvider::builder().with_reader(source.reader()).build()
}

#[test]
fn all_kinds_are_exact() {
    let source = SdkSource::new();
    let provider = SdkMeterProvider::builder()
        .with_reader(source.reader())
        .with_view(|instrument: &Instrument| {
            (instrument.name() == "exp").then(|| {
                Stream::builder()
                    .with_aggregation(Aggregation::Base2ExponentialHistogram {
                        max_size: 160,
                        max_scale: 0,
                        record_min_max: true,
                    })
                    .build()
                    .expect("the view is valid")
            })
        })
        .build();
    let meter = provider.meter("shop");
    meter
        .u64_counter("c.u64")
        .with_unit("By")
        .with_description("bytes")
        .build()
        .add(u64::MAX, &[]);
    meter
        .f64_counter("c.f64")
        .build()
        .add(0.5, &[KeyValue::new("a.b", "x")]);
    meter.i64_up_down_counter("updown").build().add(i64::MIN, &[]);
    meter
        .i64_gauge("gauge.i64")
        .build()
        .record(9_007_199_254_740_993, &[]);
    meter.f64_gauge("gauge.nan").build().record(f64::NAN, &[]);
    let histogram = meter
        .f64_histogram("h")
        .with_unit("s")
        .with_boundaries(vec![0.1, 1.0])
        .build();
    for value in [0.1, 0.5, 7.0] {
        histogram.record(value, &[]);
    }
    meter
        .u64_histogram("h.none")
        .with_boundaries(Vec::new())
        .build()
        .record(7, &[]);
    let exponential = meter.f64_histogram("exp").build();
    for value in [0.0, 1.5, 3.0, 3.5, -1.5] {
        exponential.record(value, &[]);
    }
    let _observable = meter
        .u64_observable_counter("obs")
        .with_callback(|o| o.observe(3, &[]))
        .build();

    // Twice: the second collection fills the first one's memory again.
    for _ in 0..2 {
        assert_eq!(
            lines(&source, &plain()),
            [
                r#"# c_f64_total Counter "" """#,
                r#"{a_b="x"} F64(0.5)"#,
                r#"# c_u64_bytes_total Counter "bytes" "bytes""#,
                "{} U64(18446744073709551615)",
                r#"# exp Histogram "" """#,
                "{} 0 1 0 0 [1, 2] 0 [1] Some(6.5) 5",
                r#"# gauge_i64 Gauge "" """#,
                "{} I64(9007199254740993)",
                r#"# h_none Histogram "" """#,
                "{} [] [1] Some(7.0) 1",
                r#"# h_seconds Histogram "seconds" """#,
                "{} [0.1, 1.0] [1, 1, 1] Some(7.6) 3",
                r#"# obs_total Counter "" """#,
                "{} U64(3)",
                r#"# updown UpDownCounter "" """#,
                "{} I64(-9223372036854775808)",
            ]
        );
    }
}

#[test]
fn attribute_values_follow_the_specification() {
    #[track_caller]
    fn check(value: impl Into<Value>, text: &str) {
        assert_eq!(vmotel_model::attribute_text(&value.into()), text);
    }
    check("a \"b\"", "a \"b\"");
    check(true, "true");
    check(-123_i64, "-123");
    check(1.0, "1");
    check(2.5, "2.5");
    check(1e300, "1e300");
    check(1e-7, "1e-7");
    check(-0.0, "-0");
    check(f64::NAN, "NaN");
    check(f64::INFINITY, "Infinity");
    check(f64::NEG_INFINITY, "-Infinity");
    check(Value::Array(Array::Bool(vec![true, false])), "[true,false]");
    check(Value::Array(Array::I64(vec![])), "[]");
    check(
        Value::Array(Array::F64(vec![1.5, f64::NAN, f64::NEG_INFINITY])),
        r#"[1.5,"NaN","-Infinity"]"#,
    );
    let strings = ["a", "\"\\\n\r\t\u{1}", "é"].map(StringValue::from).to_vec();
    check(
        Value::Array(Array::String(strings)),
        r#"["a","\"\\\n\r\t\u0001","é"]"#,
    );
}

#[test]
fn labels_are_sorted_joined_and_deduplicated() {
    let source = SdkSource::new();
    let provider = provider(&source);
    let gauge = provider.meter("m").u64_gauge("g").build();
    gauge.record(
        1,
        &[
            KeyValue::new("z", 1),
            KeyValue::new("a.b", "1"),
            KeyValue::new("a_b", "2"),
        ],
    );
    gauge.record(2, &[KeyValue::new("k", "counted"), KeyValue::new("k", "void")]);
    gauge.record(
        3,
        &[
            KeyValue::new("empty", ""),
            KeyValue::new("job", "x"),
            KeyValue::new("q", "\"\\\n"),
        ],
    );
    assert_eq!(
        lines(&source, &plain())[1..],
        [
            r#"{a_b="1;2",z="1"} U64(1)"#,
            r#"{exported_job="x",q="\"\\\n"} U64(3)"#,
            r#"{k="counted"} U64(2)"#,
        ]
    );
}

#[test]
fn scope_and_constant_labels() {
    let source = SdkSource::new();
    let provider = provider(&source);
    let scope = InstrumentationScope::builder("lib")
        .with_version("1.2")
        .with_schema_url("https://example.com/1")
        .with_attributes([KeyValue::new("team", "a"), KeyValue::new("version", "dropped")])
        .build();
    let gauge = provider.meter_with_scope(scope).u64_gauge("g").build();
    gauge.record(
        1,
        &[
            KeyValue::new("otel_scope_name", "dropped"),
            KeyValue::new("env", "own"),
        ],
    );
    gauge.record(2, &[]);
    let mut config = VisitConfig::default();
    config.constant_labels = vec![("env".into(), "prod".into())];
    let scope = r#"otel_scope_name="lib",otel_scope_schema_url="https://example.com/1",otel_scope_team="a",otel_scope_version="1.2""#;
    assert_eq!(
        lines(&source, &config)[1..],
        [
            format!(r#"{{env="own",{scope}}} U64(1)"#),
            format!(r#"{{env="prod",{scope}}} U64(2)"#)
        ]
    );
}

#[test]
fn names_that_need_quotes_have_no_ready_text() {
    struct NoText;
    impl MetricSink for NoText {
        fn family(&mut self, _: &Family<'_>) {}

        fn series(&mut self, series: &Series<'_>) {
            assert_eq!(series.text, None);
        }
    }
    let source = SdkSource::new();
    let provider = provider(&source);
    provider.meter("m").u64_counter("a.b").build().add(1, &[]);
    let mut config = plain();
    config.naming = Naming::NoTranslation;
    let snapshot = source.snapshot(&config);
    assert_eq!(snapshot.family(0).name, "a.b");
    snapshot.visit(0, &mut NoText);
}

#[test]
fn distinct_is_claimed_only_where_it_holds() {
    #[track_caller]
    fn check(sets: &[&[KeyValue]], distinct: bool) {
        let source = SdkSource::new();
        let provider = provider(&source);
        let counter = provider.meter("m").u64_counter("c").build();
        for set in sets {
            counter.add(1, set);
        }
        let config = plain();
        assert_eq!(source.snapshot(&config).distinct(0), distinct, "{sets:?}");
    }
    let kv = |key: &'static str, value: &'static str| KeyValue::new(key, value);
    check(&[&[]], true);
    check(&[&[kv("a", "1")], &[kv("a", "2")], &[]], true);
    check(
        &[&[kv("a", "1"), kv("b", "2")], &[kv("b", "2"), kv("a", "3")]],
        true,
    );
    check(&[&[kv("a", "1")], &[kv("b", "1")]], true);
    check(&[&[KeyValue::new("a", 1)], &[KeyValue::new("a", 2)]], true);
    // Equal as text.
    check(&[&[KeyValue::new("a", 1)], &[kv("a", "1")]], false);
    // Equal names of different keys.
    check(&[&[kv("a.b", "1")], &[kv("a_b", "1")]], false);
    // Joined: "1;2" both.
    check(
        &[
            &[kv("a.b", "1;2"), kv("a_b", "3")],
            &[kv("a.b", "1"), kv("a_b", "2;3")],
        ],
        false,
    );
    // An empty value is absent.
    check(&[&[kv("a", "")], &[]], false);
    // Of equal keys the SDK counts the first.
    check(&[&[kv("a", "1"), kv("a", "2")], &[kv("a", "2")]], true);
    // Floats and arrays are not looked into.
    check(&[&[KeyValue::new("a", 1.5)]], false);
}

#[test]
fn a_panicking_callback_loses_the_pipeline_but_not_the_process() {
    let source = SdkSource::new();
    let provider = provider(&source);
    let meter = provider.meter("m");
    meter.u64_counter("c").build().add(1, &[]);
    assert_eq!(lines(&source, &plain()).len(), 2);
    let _observable = meter
        .u64_observable_gauge("o")
        .with_callback(|_| panic!("no reading"))
        .build();

    assert_eq!(lines(&source, &plain()), Vec::<String>::new());
    let status = SdkStatus::Panicked {
        message: "no reading".into(),
    };
    assert_eq!(source.status(), status);
    assert!(!source.status().is_healthy());
    assert_eq!(source.take_notices(), [SdkNotice::Status(status.clone())]);
    assert_eq!(source.take_notices(), []);

    // What the SDK does: the pipeline stays lost, and the shutdown says so.
    assert_eq!(lines(&source, &plain()), Vec::<String>::new());
    assert_eq!(source.status(), status);
    assert!(provider.shutdown().is_err());
    assert_eq!(source.status(), status);
}

#[test]
fn after_the_shutdown_the_final_values_stay() {
    let source = SdkSource::new();
    assert_eq!(source.status(), SdkStatus::Unregistered);
    assert_eq!(lines(&source, &plain()), Vec::<String>::new());
    let provider = provider(&source);
    let counter = provider.meter("m").u64_counter("c").build();
    counter.add(1, &[]);
    assert_eq!(lines(&source, &plain())[1], "{} U64(1)");
    counter.add(1, &[]);
    provider.shutdown().expect("the first shutdown succeeds");
    counter.add(1, &[]);
    for _ in 0..2 {
        assert_eq!(lines(&source, &plain())[1], "{} U64(2)");
    }
    assert_eq!(source.status(), SdkStatus::ShutDown);
    assert!(source.status().is_healthy());
}

#[test]
fn refused_and_renamed_metrics_are_noticed_once() {
    let source = SdkSource::new();
    let provider = provider(&source);
    let meter = provider.meter("m");
    meter.u64_gauge("up").build().record(1, &[]);
    meter.u64_counter("a.total.b").build().add(1, &[]);
    for _ in 0..2 {
        assert_eq!(
            lines(&source, &plain()),
            [r#"# a_b_total Counter "" """#, "{} U64(1)"]
        );
    }
    let mut notices: Vec<String> = source.take_notices().iter().map(ToString::to_string).collect();
    notices.sort();
    assert_eq!(
        notices,
        [
            "a metric is not exposed: the metric name \"up\" becomes \"up\", which the scraping server writes itself; \
             choose another name",
            "the metric \"a.total.b\" is exposed as \"a_b_total\", which every path to VictoriaMetrics keeps, and not as \
             the specification's \"a_total_b_total\"",
        ]
    );
    assert_eq!(source.take_notices(), []);
}

#[test]
fn scrapes_may_overlap() {
    let source = SdkSource::new();
    let provider = provider(&source);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    let config = plain();
    let first = source.snapshot(&config);
    provider.meter("m").u64_counter("d").build().add(1, &[]);
    let second = source.snapshot(&config);
    assert_eq!((first.len(), second.len()), (1, 2));
}

#[test]
fn kept_texts_never_go_stale() {
    // What a callback observes at each step: other values, keys of the same length, escapes, numbers, gaps, more and fewer points.
    fn sets(step: u64) -> Vec<Vec<KeyValue>> {
        const VALUES: [&str; 8] = [
            "x",
            "y",
            "",
            "a\"b",
            "a\\",
            "a\\nb",
            "a\nb",
            "long enough for two words",
        ];
        let pick = |n: u64| VALUES[(n % 8) as usize];
        (0..(step * 7) % 12)
            .map(|i| {
                let seed = step.wrapping_mul(2_654_435_761).wrapping_add(i * 40_503) >> 3;
                let key = if seed.is_multiple_of(3) { "k" } else { "q" };
                // The number tells the points of one step apart.
                let nth = if seed.is_multiple_of(5) {
                    Value::I64(i as i64)
                } else {
                    Value::from(i.to_string())
                };
                vec![KeyValue::new(key, pick(seed / 7)), KeyValue::new("nth", nth)]
            })
            .collect()
    }

    let step = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let source = SdkSource::new();
    let provider = provider(&source);
    let now = std::sync::Arc::clone(&step);
    let meter = provider.meter("m");
    let gauge = meter.u64_observable_gauge("g").with_callback(move |observer| {
        for set in sets(now.load(std::sync::atomic::Ordering::Relaxed)) {
            observer.observe(1, &set);
        }
    });
    let _gauge = gauge.build();

    for number in 0..400 {
        step.store(number, std::sync::atomic::Ordering::Relaxed);
        // `Lines` compares each ready text with the labels.
        let seen = lines(&source, &plain());
        let mut expected: Vec<String> = sets(number)
            .iter()
            .map(|set| {
                let mut labels: Vec<String> = set
                    .iter()
                    .filter(|kv| !kv.value.as_str().is_empty())
                    .map(|kv| format!("{}={:?}", kv.key, kv.value.as_str()))
                    .collect();
                labels.sort();
                format!("{{{}}} U64(1)", labels.join(","))
            })
            .collect();
        expected.sort();
        assert_eq!(seen.get(1..).unwrap_or_default(), expected, "step {number}");
    }
}

#[test]
fn a_kept_text_belongs_to_its_keys() {
    let step = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let source = SdkSource::new();
    let provider = provider(&source);
    let now = std::sync::Arc::clone(&step);
    let meter = provider.meter("m");
    let gauge = meter.u64_observable_gauge("g").with_callback(move |observer| {
        // Keys of one length under one value.
        let key = ["k", "q"][now.load(std::sync::atomic::Ordering::Relaxed) % 2];
        observer.observe(1, &[KeyValue::new(key, "x")]);
    });
    let _gauge = gauge.build();
    for number in 0..4 {
        step.store(number, std::sync::atomic::Ordering::Relaxed);
        let expected = ["{k=\"x\"} U64(1)", "{q=\"x\"} U64(1)"][number % 2];
        assert_eq!(lines(&source, &plain())[1..], [expected.to_owned()]);
    }
}
