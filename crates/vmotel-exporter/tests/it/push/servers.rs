use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use opentelemetry::KeyValue;
use vmotel_exporter::{Compression, Push, Target};
use vmotel_model::{
    Family, HistogramPoint, Kind, MetricSink, MetricSource, Pairs, Point, Series, Snapshot, VisitConfig,
};
use vmotel_testkit::{ExportedSeries, Version, VictoriaMetrics, Vmagent};

use super::{SECONDS, builder, quick, samples, shop};

/// What was recorded is what the server stores, with the identity of the process: labels and values.
fn stored_is_recorded(version: Version, target: impl Fn(&str) -> Target) {
    let server = VictoriaMetrics::start(version).unwrap();
    let push = Push {
        stale_markers: false,
        ..quick(target(&server.url()))
    };
    let exporter = builder(push)
        .with_resource_attribute("service.namespace", "eu")
        .with_resource_attribute("service.instance.id", "a b&c/1")
        .build()
        .unwrap();
    let meter = exporter.meter("shop");
    let orders = meter.u64_counter("orders").build();
    orders.add(
        7,
        &[KeyValue::new("path", "/a\"b\\c\nd"), KeyValue::new("job", "mine")],
    );
    let size = meter
        .u64_histogram("size")
        .with_unit("By")
        .with_boundaries(vec![10.0, 1e6])
        .build();
    size.record(5, &[]);
    size.record(2_000_000, &[]);
    meter.i64_up_down_counter("users").build().add(-3, &[]);
    let many: Vec<_> = (0..60).map(|n| KeyValue::new(format!("k{n}"), "v")).collect();
    meter.u64_gauge("too_many_labels").build().record(1, &many);

    let flushed = exporter.flush_blocking(SECONDS).unwrap();
    assert!(flushed.delivered > 10 && flushed.lost == 0, "{flushed:?}");
    let check = |name: &str, labels: &[(&str, &str)], value: f64| {
        let mut all = BTreeMap::from([
            ("__name__", name),
            ("job", "eu/test"),
            ("instance", "a b&c/1"),
            ("otel_scope_name", "shop"),
        ]);
        all.extend(labels.iter().copied());
        let all: BTreeMap<_, _> = all
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        let found = server.query(name).unwrap();
        let series = found.iter().find(|series| series.labels == all);
        assert_eq!(
            series.map(|series| series.value),
            Some(value),
            "{name} {labels:?} in {found:?}"
        );
    };
    check(
        "orders_total",
        &[("path", "/a\"b\\c\nd"), ("exported_job", "mine")],
        7.0,
    );
    check("size_bytes_bucket", &[("le", "10")], 1.0);
    check("size_bytes_bucket", &[("le", "+Inf")], 2.0);
    check("size_bytes_sum", &[], 2_000_005.0);
    check("users", &[], -3.0);
    let info = server.query("target_info").unwrap();
    assert_eq!(
        (
            info.len(),
            info[0].label("service_instance_id"),
            info[0].label("job")
        ),
        (1, "a b&c/1", "eu/test")
    );
    assert!(server.query("too_many_labels").unwrap().is_empty());
    // A push tells what was counted up to the one before it.
    exporter.flush_blocking(SECONDS).unwrap();
    let own = server.query("vmotel_exporter_push_samples_total").unwrap();
    assert_eq!((own.len(), own[0].value), (1, flushed.delivered as f64));
    let rejected = "vmotel_exporter_push_rejected_series_total{reason=\"too_many_labels\"}";
    assert_eq!(server.query(rejected).unwrap()[0].value, 1.0);

    orders.add(1, &[KeyValue::new("late", "yes")]);
    let report = exporter.shutdown_blocking(SECONDS).unwrap();
    let push = report.push.unwrap();
    assert_eq!((push.lost, push.spooled), (0, 0), "{push:?}");
    check("orders_total", &[("late", "yes")], 1.0);
    let status = exporter.push_status().unwrap();
    assert_eq!(
        (status.waiting_samples, status.failing, status.last_error),
        (0, 0, None)
    );
    // Every sample that counts as delivered is stored, and no other.
    let stored: usize = server
        .export("{job=\"eu/test\"}")
        .unwrap()
        .iter()
        .map(|series| series.samples.len())
        .sum();
    assert_eq!(stored as u64, status.delivered_samples);
}

#[test]
fn otlp_gzip() {
    stored_is_recorded(Version::Stable, |url| Target::victoria(url));
    stored_is_recorded(Version::Newest, |url| Target::victoria(url));
}

#[test]
fn otlp_zstd_and_plain() {
    stored_is_recorded(Version::Newest, |url| {
        Target::victoria(url).with_compression(Compression::Zstd)
    });
    stored_is_recorded(Version::Stable, |url| {
        Target::otlp(format!("{url}/opentelemetry/v1/metrics")).with_compression(Compression::None)
    });
}

#[test]
fn remote_write_snappy() {
    stored_is_recorded(Version::Stable, |url| Target::victoria(url).remote_write());
    stored_is_recorded(Version::Newest, |url| Target::victoria(url).remote_write());
}

#[test]
fn remote_write_zstd() {
    for version in Version::BOTH {
        stored_is_recorded(version, |url| {
            Target::victoria(url)
                .remote_write()
                .with_compression(Compression::Zstd)
        });
    }
}

/// Of receivers that add no labels, the body carries them.
#[test]
fn any_other_receiver_gets_the_identity_in_the_body() {
    for version in Version::BOTH {
        // An address that does not look like VictoriaMetrics.
        stored_is_recorded(version, |url| Target::prometheus(format!("{url}/api/v1/push")));
    }
}

#[test]
fn two_replicas_add_up() {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).unwrap();
        // Two exporters of one process share its id: they stand for two pods.
        let replica = |pod: &'static str, orders: u64| {
            let exporter = vmotel_exporter::Exporter::builder()
                .with_lookup(move |name| (name == "POD_NAME").then(|| pod.to_owned()))
                .with_service_name("shop")
                .with_global(false)
                .with_push(quick(Target::victoria(server.url())))
                .build()
                .unwrap();
            let counter = exporter.meter("shop").u64_counter("orders").build();
            counter.add(orders, &[KeyValue::new("shop", "Bern")]);
            exporter.flush_blocking(SECONDS).unwrap();
            exporter
        };
        let replicas = [replica("shop-0", 3), replica("shop-1", 40)];
        let total = server.query("sum(orders_total) by (job, shop)").unwrap();
        assert_eq!((total.len(), total[0].value), (1, 43.0));
        assert_eq!(server.query("orders_total").unwrap().len(), 2);
        assert_eq!(server.query("target_info").unwrap().len(), 2);
        drop(replicas);
    }
}

/// With nothing in the environment, too: then an identity is drawn.
#[test]
fn replicas_without_names_do_not_collide() {
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    for _ in 0..3 {
        let exporter = shop(quick(Target::victoria(server.url())));
        exporter.flush_blocking(SECONDS).unwrap();
    }
    assert_eq!(server.query("sum(orders_total)").unwrap()[0].value, 9.0);
}

#[test]
fn the_shutdown_ends_the_series() {
    for version in Version::BOTH {
        for target in [Target::victoria, |url: String| {
            Target::victoria(url).remote_write()
        }] {
            let server = VictoriaMetrics::start(version).unwrap();
            let exporter = shop(quick(target(server.url())));
            let size = exporter.meter("shop").u64_histogram("size").build();
            size.record(5, &[]);
            exporter.shutdown_blocking(SECONDS).unwrap();
            let series = server.export("{job=\"test\"}").unwrap();
            assert!(series.len() > 30, "{} series", series.len());
            for series in series {
                let values: Vec<_> = series.samples.iter().map(|(_, value)| *value).collect();
                assert!(matches!(values[..], [Some(_), None]), "{:?}", series.labels);
            }
        }
    }
}

/// A source whose second series is gone after the first collection.
#[derive(Debug, Default)]
struct Forgetful(std::sync::atomic::AtomicBool);

struct Shops(bool);

impl MetricSource for Forgetful {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        Box::new(Shops(self.0.swap(true, std::sync::atomic::Ordering::Relaxed)))
    }
}

impl Snapshot for Shops {
    fn len(&self) -> usize {
        1
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: "sizes",
            kind: Kind::Histogram,
            unit: "",
            help: "",
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        let shops: &[&str] = if self.0 { &["Bern"] } else { &["Bern", "Basel"] };
        for shop in shops {
            sink.series(&Series {
                labels: &Pairs(&[("shop", shop)]),
                text: None,
                point: Point::Histogram(HistogramPoint {
                    bounds: &[1.0, 2.0],
                    counts: &[1, 2, 3],
                    sum: Some(9.0),
                    count: 6,
                }),
                start: None,
            });
        }
    }
}

#[test]
fn series_that_are_gone_are_ended_and_others_are_not() {
    for version in Version::BOTH {
        for target in [
            Target::victoria,
            |url: String| Target::victoria(url).remote_write(),
            |url: String| {
                Target::victoria(url)
                    .remote_write()
                    .with_compression(Compression::Zstd)
            },
        ] {
            let server = VictoriaMetrics::start(version).unwrap();
            let exporter = builder(quick(target(server.url())))
                .with_source("shops", std::sync::Arc::new(Forgetful::default()))
                .build()
                .unwrap();
            for _ in 0..3 {
                exporter.flush_blocking(SECONDS).unwrap();
            }
            let mut ends = 0;
            for name in ["sizes_bucket", "sizes_sum", "sizes_count"] {
                let label = |series: &ExportedSeries, name: &str| {
                    series.labels.get(name).cloned().unwrap_or_default()
                };
                let pieces = server.export(name).unwrap();
                let all: BTreeSet<_> = pieces
                    .iter()
                    .map(|series| (label(series, "shop"), label(series, "le")))
                    .collect();
                for (shop, le) in all {
                    let key = format!("{name}{{shop={shop:?},le={le:?}}}");
                    let samples = samples(&server, &key);
                    let values: Vec<_> = samples.iter().map(|(_, value)| value.is_some()).collect();
                    let gone = shop == "Basel";
                    let expected = if gone { vec![true, false] } else { vec![true; 3] };
                    assert_eq!(values, expected, "{key}");
                    ends += usize::from(gone);
                }
            }
            assert_eq!(ends, 5, "three buckets, sum and count");
            // The others of the exporter live on.
            assert_eq!(server.query("target_info").unwrap().len(), 1);
            assert_eq!(exporter.push_status().unwrap().refused_samples, 0);
        }
    }
}

#[test]
fn a_batch_job_pushes_once_and_stays_to_be_seen() {
    let server = VictoriaMetrics::start(Version::Newest).unwrap();
    let exporter = shop(Push::at_end(Target::victoria(server.url())));
    std::thread::sleep(Duration::from_millis(200));
    assert!(server.query("orders_total").unwrap().is_empty());
    let push = exporter.shutdown_blocking(SECONDS).unwrap().push.unwrap();
    assert!(push.delivered > 0 && push.lost == 0, "{push:?}");
    let samples = samples(&server, "orders_total");
    assert_eq!((samples.len(), samples[0].1), (1, Some(3.0)));
}

#[test]
fn ticks_are_start_to_start_and_share_collections_with_scrapes() {
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let push = Push {
        interval: Duration::from_millis(200),
        aligned: true,
        ..Push::to(Target::victoria(server.url()))
    };
    let exporter = shop(push);
    std::thread::sleep(Duration::from_millis(1500));
    let scraped = exporter.scrape(vmotel_exporter::Format::Text).unwrap();
    assert!(scraped.contains("orders_total{otel_scope_name=\"shop\"} 3\n"));
    exporter.shutdown_blocking(SECONDS).unwrap();
    let samples = samples(&server, "orders_total");
    let times: Vec<i64> = samples.iter().map(|(time, _)| *time).collect();
    // 7 or 8 in 1.5 s, and the last push with its marker; a loaded machine may miss some.
    assert!((4..=10).contains(&times.len()), "{times:?}");
    let early: Vec<_> = times[..times.len() - 2].iter().map(|time| time % 200).collect();
    let late = early.iter().filter(|into| **into > 100).count();
    assert!(late <= early.len() / 2, "aligned to 200 ms: {times:?}");
}

/// Series of one name and one label each, in requests of at most 64 KiB.
#[test]
fn large_collections_become_several_requests() {
    for target in [Target::victoria, |url: String| {
        Target::victoria(url).remote_write()
    }] {
        let server = VictoriaMetrics::start(Version::Stable).unwrap();
        let exporter = builder(Push {
            max_request_bytes: 64 << 10,
            stale_markers: false,
            ..quick(target(server.url()))
        })
        .build()
        .unwrap();
        let counter = exporter.meter("shop").u64_counter("orders").build();
        for n in 0..1900 {
            counter.add(n + 1, &[KeyValue::new("article", n.to_string())]);
        }
        exporter.flush_blocking(SECONDS).unwrap();
        let requests = server
            .query("vmotel_exporter_push_duration_seconds_count")
            .unwrap()[0]
            .value;
        assert_eq!(requests, 0.0, "counted up to the push before");
        exporter.flush_blocking(SECONDS).unwrap();
        let requests = server
            .query("vmotel_exporter_push_duration_seconds_count")
            .unwrap()[0]
            .value;
        assert!((3.0..12.0).contains(&requests), "{requests}");
        assert_eq!(server.query("count(orders_total)").unwrap()[0].value, 1900.0);
        assert_eq!(
            server.query("sum(orders_total)").unwrap()[0].value,
            f64::from(1900 * 1901 / 2)
        );
    }
}

/// One process, scraped with `honor_labels: true` and pushing: each series once, whatever the scrape configuration calls the job.
#[test]
fn pull_and_push_at_once_give_the_same_series() {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).unwrap();
        let exporter = builder(Push {
            interval: Duration::from_millis(500),
            stale_markers: false,
            ..Push::to(Target::victoria(server.url()))
        })
        .with_honor_labels(true)
        .build()
        .unwrap();
        let meter = exporter.meter("shop");
        meter
            .u64_counter("orders")
            .build()
            .add(3, &[KeyValue::new("job", "mine")]);
        meter.u64_histogram("size").with_unit("By").build().record(5, &[]);
        let address = crate::listen(&exporter);
        let config = format!(
            "global:\n  scrape_interval: 1s\nscrape_configs:\n- job_name: other\n  honor_labels: true\n  static_configs:\n  - targets: ['{address}']\n"
        );
        let agent = Vmagent::start(version, &config, &server.url(), &[]).unwrap();
        agent.wait_until_up("other", SECONDS).unwrap();
        std::thread::sleep(Duration::from_secs(3));
        exporter.flush_blocking(SECONDS).unwrap();
        // vmagent sends what it has within a second or two.
        std::thread::sleep(Duration::from_secs(2));
        let all = server.query("{__name__!~\"(up|scrape_.*)\"}").unwrap();
        let foreign: Vec<_> = all
            .iter()
            .filter(|series| series.label("job") != "test")
            .collect();
        assert!(foreign.is_empty(), "{foreign:?}");
        for (name, count) in [("orders_total", 1), ("size_bytes_count", 1), ("target_info", 1)] {
            assert_eq!(server.query(name).unwrap().len(), count, "{name}");
        }
        // Both ways wrote: more samples than pushes, and pushes more often than scrapes.
        let stored = samples(&server, "orders_total").len() as u64;
        let pushed = exporter.push_status().unwrap().collections;
        assert!(stored > pushed, "{stored} samples of {pushed} pushes");
    }
}
