//! OTLP and remote write, read by others.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vmotel_model::{
    Family, Kind, LabelSize, MetricSink, Number, Pairs, Point, Series, SeriesText, Timestamp,
};
use vmotel_wire::{
    EncodeConfig, EncodeReport, Exponential, Names, PushConfig, PushReport, RejectReason, Request, otlp,
    remote_write, text,
};

use crate::{
    cases::{Case, Value, cases},
    decode, judges,
    python::Read,
    snapshots,
};

const TIME: Timestamp = Timestamp(1_700_000_000_123_456_789);
const MILLIS: i64 = 1_700_000_000_123;

/// Encodes cases as OTLP; checks that the counts of each request are those of what is in it.
fn otlp_read(cases: &[Case], config: &PushConfig) -> (Vec<Read>, PushReport) {
    let mut read = Vec::new();
    let mut emit = |request: Request<'_>| {
        assert!(request.body.len() <= config.max_request_bytes);
        let series = decode::otlp(request.body, TIME.0, false);
        assert_eq!(series.len() as u64, request.samples);
        read.extend(series);
    };
    let report = otlp::encode(&snapshots(cases), TIME, config, &mut emit);
    assert_eq!(read.len() as u64, report.samples);
    (read, report)
}

fn remote_write_read(cases: &[Case], config: &PushConfig) -> (Vec<Read>, PushReport) {
    let mut read = Vec::new();
    let mut emit = |request: Request<'_>| {
        assert!(request.body.len() <= config.max_request_bytes);
        let series = decode::remote_write(request.body, MILLIS);
        assert_eq!(series.len() as u64, request.samples);
        read.extend(series);
    };
    let report = remote_write::encode(&snapshots(cases), TIME, config, &mut emit);
    assert_eq!(read.len() as u64, report.samples);
    (read, report)
}

/// Series by name and labels; none may be doubled.
fn by_labels(read: &[Read]) -> BTreeMap<(String, BTreeMap<String, String>), f64> {
    let map: BTreeMap<_, _> = read
        .iter()
        .map(|series| ((series.name.clone(), series.labels.clone()), series.value))
        .collect();
    assert_eq!(map.len(), read.len(), "a series is there twice");
    map
}

fn configs() -> [PushConfig; 3] {
    let default = PushConfig::default();
    [
        PushConfig {
            exponential: Exponential::Fixed(vec![-1.0, 0.0, 0.005, 1.0, 1000.0]),
            names: Names::Underscores,
            ..default.clone()
        },
        PushConfig {
            max_request_bytes: 600_000,
            metadata: false,
            start_times: false,
            ..default.clone()
        },
        default,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn others_read_the_same_labels_and_values(seed: u8, config in 0..3usize) {
        let cases = cases(seed.into(), 40);
        let config = &configs()[config];
        let (from_otlp, otlp) = otlp_read(&cases, config);
        let (from_remote_write, remote_write) = remote_write_read(&cases, config);
        judges::same_numbers(&cases, &from_otlp);
        judges::same_numbers(&cases, &from_remote_write);
        prop_assert_eq!(by_labels(&from_otlp), by_labels(&from_remote_write));
        prop_assert_eq!(
            (otlp.series, otlp.samples, otlp.skipped, otlp.rejected.total()),
            (remote_write.series, remote_write.samples, remote_write.skipped, 0)
        );
    }
}

#[test]
fn native_exponential_histograms_keep_every_count() {
    let config = PushConfig {
        native_exponential: true,
        ..PushConfig::default()
    };
    for seed in 0..20 {
        let cases = cases(seed, 60);
        let (read, _) = otlp_read(&cases, &config);
        judges::same_numbers(&cases, &read);
        // Of histograms that need no coarser scale, every bucket stays where it is.
        for case in &cases {
            for (labels, value) in &case.series {
                let &Value::Exponential(scale @ ..=5, offset, ref positive, _, _) = value else {
                    continue;
                };
                let zz = judges::exposed(labels)["zz"].clone();
                for (at, &count) in positive.iter().enumerate().filter(|(_, count)| **count > 0) {
                    let range = format!("+{}@{scale}", offset + at as i32);
                    let of_case = |series: &&Read| {
                        series.labels.get("zz") == Some(&zz)
                            && series.labels.get("vmrange") == Some(&range)
                            && case.name.split('x').next() == series.name.split('x').next()
                    };
                    let found: Vec<_> = read.iter().filter(of_case).collect();
                    assert_eq!(found.len(), 1, "{} {range}", case.name);
                    assert_eq!(found[0].value, count as f64);
                }
            }
        }
    }
}

#[test]
fn requests_stay_below_the_limit_and_lose_nothing() {
    let family = |name: &str, kind, value: Value| Case {
        name: name.to_owned(),
        kind,
        help: "Said in each request.".to_owned(),
        series: (0..300)
            .map(|at| (vec![("zz".to_owned(), at.to_string())], value.clone()))
            .collect(),
    };
    let small = [
        family("a_total", Kind::Counter, Value::Number(Number::U64(1))),
        family(
            "b",
            Kind::Histogram,
            Value::Histogram(vec![1.0, 2.0], vec![1, 2, 3], Some(1.0)),
        ),
        family(
            "c",
            Kind::Histogram,
            Value::Exponential(2, 0, vec![1, 2, 3], vec![4], 5),
        ),
        family("d", Kind::Summary, Value::Summary(vec![(0.5, 1.0)], 1.0, 2)),
    ];
    let check = |cases: &[Case], max_request_bytes, at_least| {
        let config = PushConfig {
            max_request_bytes,
            ..PushConfig::default()
        };
        let whole = PushConfig::default();
        let same = |split: (Vec<Read>, PushReport), whole: (Vec<Read>, PushReport)| {
            assert!(split.1.requests >= at_least, "{:?}", split.1);
            assert_eq!((whole.1.requests, split.1.rejected.total()), (1, 0));
            assert_eq!(by_labels(&split.0), by_labels(&whole.0));
        };
        same(otlp_read(cases, &config), otlp_read(cases, &whole));
        same(
            remote_write_read(cases, &config),
            remote_write_read(cases, &whole),
        );
    };
    check(&small, 2_000, 100);
    check(&small, 10_000, 10);
    check(&cases(7, 300), 600_000, 2);
}

/// One visit of one series with given labels, through both sinks.
fn push_one(
    name: &str,
    labels: &[(&str, &str)],
    kind: Kind,
    point: Point<'_>,
    time: Timestamp,
    config: &PushConfig,
) -> [(Vec<Vec<u8>>, PushReport); 2] {
    let visit = |sink: &mut dyn MetricSink| {
        sink.family(&Family {
            name,
            kind,
            unit: "",
            help: "Help.",
        });
        sink.series(&Series {
            labels: &Pairs(labels),
            text: None,
            point,
            start: None,
        });
    };
    let mut of_otlp = Vec::new();
    let mut emit = |request: Request<'_>| of_otlp.push(request.body.to_vec());
    let mut buffers = otlp::Buffers::default();
    let mut sink = otlp::OtlpSink::new(config, time, &mut buffers, &mut emit);
    visit(&mut sink);
    let otlp = sink.finish();
    let mut of_remote_write = Vec::new();
    let mut emit = |request: Request<'_>| of_remote_write.push(request.body.to_vec());
    let mut buffers = remote_write::Buffers::default();
    let mut sink = remote_write::RemoteWriteSink::new(config, time, &mut buffers, &mut emit);
    visit(&mut sink);
    let remote_write = sink.finish();
    [(of_otlp, otlp), (of_remote_write, remote_write)]
}

/// Encodes one series as text: without and with ready text, which must make no difference.
fn scrape_one(
    name: &str,
    labels: &[(&str, &str)],
    kind: Kind,
    point: Point<'_>,
    config: &EncodeConfig,
) -> EncodeReport {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    let ready = if labels.is_empty() {
        format!("{name} ")
    } else {
        format!("{name}{{{}}} ", pairs.join(","))
    };
    let ready = SeriesText::new(ready.as_bytes(), name.len());
    let size = LabelSize {
        count: labels.len(),
        longest_name: labels.iter().map(|(name, _)| name.len()).max().unwrap_or(0),
    };
    let [report, others @ ..] = [None, Some(ready), Some(ready.with_size(size))].map(|text| {
        let mut out = Vec::new();
        let mut sink = text::TextSink::new(config, &mut out);
        sink.family(&Family {
            name,
            kind,
            unit: "",
            help: "",
        });
        sink.series(&Series {
            labels: &Pairs(labels),
            text,
            point,
            start: None,
        });
        (sink.finish(), out)
    });
    for other in others {
        assert_eq!(report, other);
    }
    report.0
}

#[test]
fn a_scraper_with_more_labels_of_its_own_is_told_and_others_take_all() {
    let one = Point::Number(Number::U64(1));
    let names: Vec<String> = (0..37).map(|at| format!("l{at:02}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let check = |added_labels, rejected| {
        let config = EncodeConfig {
            added_labels,
            ..EncodeConfig::default()
        };
        let report = scrape_one("a", &pairs, Kind::Gauge, one, &config);
        assert_eq!(report.rejected.too_many_labels, rejected, "{added_labels:?}");
        assert_eq!(report.series, 1 - rejected);
    };
    check(Some(2), 0);
    check(Some(3), 1);
    check(Some(usize::MAX / 2), 1);
    check(None, 0);
}

#[test]
fn what_the_server_would_drop_is_rejected() {
    let one = Point::Number(Number::U64(1));
    let config = PushConfig::default();
    let labels = |n: usize| -> Vec<String> { (0..n).map(|at| format!("l{at:02}")).collect() };
    let check = |name: &str, labels: &[(&str, &str)], kind, point, time, expected: Option<RejectReason>| {
        for (bodies, report) in push_one(name, labels, kind, point, time, &config) {
            let first = report.rejected.first.first().map(|rejection| rejection.reason);
            assert_eq!(first, expected, "{report:?}");
            assert_eq!(report.rejected.total(), u64::from(expected.is_some()));
            assert_eq!(bodies.is_empty(), expected.is_some(), "it is not sent");
            assert_eq!(report.series, u64::from(expected.is_none()));
        }
        // A scrape rejects alike; its time is the scraper's.
        if !name.is_empty() && expected != Some(RejectReason::Time) {
            let report = scrape_one(name, labels, kind, point, &EncodeConfig::default());
            let first = report.rejected.first.first().map(|rejection| rejection.reason);
            assert_eq!(first, expected, "{report:?}");
            assert_eq!(report.samples == 0, expected.is_some(), "it is not written");
        }
    };
    // 40 labels: 37 of its own, the name, job and instance.
    let names = labels(38);
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
    check("a", &pairs[..37], Kind::Gauge, one, TIME, None);
    check(
        "a",
        &pairs,
        Kind::Gauge,
        one,
        TIME,
        Some(RejectReason::TooManyLabels { labels: 41 }),
    );
    let histogram = Point::Histogram(vmotel_model::HistogramPoint {
        bounds: &[1.0],
        counts: &[1, 2],
        sum: None,
        count: 3,
    });
    check("a", &pairs[..36], Kind::Histogram, histogram, TIME, None);
    check(
        "a",
        &pairs[..37],
        Kind::Histogram,
        histogram,
        TIME,
        Some(RejectReason::TooManyLabels { labels: 41 }),
    );
    let (name, value) = ("n".repeat(257), "v".repeat(4097));
    check("a", &[(&name[1..], &value[1..])], Kind::Gauge, one, TIME, None);
    check(
        "a",
        &[(&name, "x")],
        Kind::Gauge,
        one,
        TIME,
        Some(RejectReason::LongLabelName { bytes: 257 }),
    );
    check(
        "a",
        &[("x", &value)],
        Kind::Gauge,
        one,
        TIME,
        Some(RejectReason::LongLabelValue { bytes: 4097 }),
    );
    check(&value[1..], &[], Kind::Gauge, one, TIME, None);
    check(
        &value,
        &[],
        Kind::Gauge,
        one,
        TIME,
        Some(RejectReason::LongMetricName { bytes: 4097 }),
    );
    let bucket = Some(RejectReason::LongMetricName { bytes: 4097 });
    check(&value[7..], &[], Kind::Histogram, histogram, TIME, bucket);
    check(
        "",
        &[],
        Kind::Gauge,
        one,
        TIME,
        Some(RejectReason::EmptyMetricName),
    );
    check("a", &[], Kind::Gauge, one, Timestamp(0), Some(RejectReason::Time));
    check(
        "a",
        &[],
        Kind::Gauge,
        one,
        Timestamp(u64::MAX),
        Some(RejectReason::Time),
    );
}

#[test]
fn a_series_larger_than_a_request_is_rejected() {
    let config = PushConfig {
        max_request_bytes: 1000,
        ..PushConfig::default()
    };
    let value = "v".repeat(2000);
    let one = Point::Number(Number::U64(1));
    for (bodies, report) in push_one("a", &[("x", &value)], Kind::Gauge, one, TIME, &config) {
        assert!(bodies.is_empty());
        assert_eq!(report.rejected.too_large, 1);
        let said = report.rejected.first[0].to_string();
        assert!(said.starts_with("a series of \"a\" takes 2"), "{said}");
    }
}

#[test]
fn markers_repeat_the_whole_shape() {
    let cases = cases(3, 80);
    let config = PushConfig::default();
    let visit = |sink: &mut dyn MetricSink| {
        vmotel_wire::Merge::default().visit(&snapshots(&cases), vmotel_wire::MergeConfig::default(), sink)
    };
    let (live, _) = otlp_read(&cases, &config);
    let live: Vec<_> = by_labels(&live).into_keys().collect();

    let mut marked = Vec::new();
    let mut emit = |request: Request<'_>| marked.extend(decode::otlp(request.body, TIME.0, true));
    let mut buffers = otlp::Buffers::default();
    let mut sink = otlp::OtlpSink::new(&config, TIME, &mut buffers, &mut emit);
    sink.stale(true);
    let _ = visit(&mut sink);
    let report = sink.finish();
    assert_eq!(report.samples, marked.len() as u64);
    let marked = by_labels(&marked);
    assert!(live.iter().all(|series| marked.contains_key(series)));

    let mut marked = Vec::new();
    let mut emit = |request: Request<'_>| marked.extend(decode::remote_write(request.body, MILLIS));
    let mut buffers = remote_write::Buffers::default();
    let mut sink = remote_write::RemoteWriteSink::new(&config, TIME, &mut buffers, &mut emit);
    sink.stale(true);
    let _ = visit(&mut sink);
    let _ = sink.finish();
    // Prometheus' value.StaleNaN.
    assert!(
        marked
            .iter()
            .all(|series| series.value.to_bits() == 0x7ff0_0000_0000_0002)
    );
    let marked = by_labels(&marked);
    assert!(live.iter().all(|series| marked.contains_key(series)));
}

#[test]
fn type_and_description_are_told() {
    use prost::Message as _;
    let point = Point::Summary(vmotel_model::SummaryPoint {
        quantiles: &[],
        sum: 1.0,
        count: 1,
    });
    let config = PushConfig::default();
    let [(of_otlp, _), (of_remote_write, _)] = push_one("s", &[], Kind::Summary, point, TIME, &config);
    let request = decode::WriteRequest::decode(of_remote_write[0].as_slice()).unwrap();
    assert_eq!(request.metadata.len(), 1);
    let metadata = &request.metadata[0];
    // SUMMARY is 5 in Prometheus' types.proto.
    assert_eq!(
        (
            metadata.kind,
            metadata.metric_family_name.as_str(),
            metadata.help.as_str()
        ),
        (5, "s", "Help.")
    );
    let request = opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest::decode(
        of_otlp[0].as_slice(),
    );
    let request = request.unwrap();
    assert_eq!(
        request.resource_metrics[0].scope_metrics[0].metrics[0].description,
        "Help."
    );
}
