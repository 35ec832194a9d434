use std::{collections::BTreeMap, time::Duration};

use opentelemetry::KeyValue;
use vmotel_exporter::{Compression, Push, Target};
use vmotel_testkit::{Version, VictoriaMetrics};

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
