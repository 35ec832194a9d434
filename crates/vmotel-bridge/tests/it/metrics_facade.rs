use std::{sync::Arc, thread};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use vmotel_bridge::Recorder;
use vmotel_exporter::{Exporter, Format};
use vmotel_registry::{Registry, RegistryConfig};

use crate::support::{comments, expose, samples};

/// What a service does, by the macros of the facade.
fn program() {
    describe_counter!("http.requests", Unit::Count, "Requests that came in");
    describe_gauge!("memory_bytes", Unit::Bytes, "Memory in use");
    describe_histogram!("request seconds", Unit::Seconds, "Time to answer");
    for n in 0..5_u64 {
        counter!("http.requests", "method" => "GET", "route" => "/\"a\"\\").increment(n);
    }
    counter!("http.requests", "the method" => "POST").increment(1);
    counter!("uptime").absolute(40);
    counter!("uptime").absolute(30);
    counter!("uptime").increment(2);
    counter!("uptime").absolute(50);
    gauge!("memory_bytes").set(1024.0);
    gauge!("memory_bytes").increment(0.5);
    gauge!("memory_bytes").decrement(24);
    gauge!("queue", &[("name", "mail")]).decrement(3);
    for value in [0.05, 0.1, 0.7, 0.7, 30.0] {
        histogram!("request seconds", "way" => "in").record(value);
    }
    histogram!("request seconds", "way" => "out").record_many(0.2, 7);
}

#[test]
fn shows_what_the_exporter_of_the_facade_shows() {
    let bounds = [0.1, 1.0, 10.0];
    let peer = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("request seconds".to_owned()), &bounds)
        .unwrap()
        .build_recorder();
    metrics::with_local_recorder(&peer, program);
    let theirs = peer.handle().render();

    let registry = Registry::new();
    let recorder = Recorder::new(&registry).with_buckets("request seconds", bounds);
    metrics::with_local_recorder(&recorder, program);
    let ours = expose(&registry);
    assert_eq!(samples(&ours), samples(&theirs), "{ours}\n{theirs}");
    assert_eq!(comments(&ours, "# HELP "), comments(&theirs, "# HELP "));
    assert_eq!(comments(&ours, "# TYPE "), comments(&theirs, "# TYPE "));
    assert_eq!(recorder.refused(), 0);

    let exporter = Exporter::builder()
        .with_global(false)
        .with_self_metrics(false)
        .with_target_info(false)
        .with_source("metrics", Arc::new(registry))
        .build()
        .unwrap();
    assert_eq!(samples(&exporter.scrape(Format::Text).unwrap()), samples(&ours));
    let openmetrics = exporter.scrape(Format::OpenMetrics).unwrap();
    assert_eq!(
        comments(&openmetrics, "# UNIT "),
        ["memory_bytes bytes", "request_seconds seconds"]
    );
}

#[test]
fn histograms_are_vmrange_by_default() {
    let registry = Registry::new();
    metrics::with_local_recorder(&Recorder::new(&registry), program);
    let ours = expose(&registry);
    for line in [
        "request_seconds_bucket{way=\"out\",vmrange=\"1.896e-01...2.154e-01\"} 7",
        "request_seconds_count{way=\"in\"} 5",
        "request_seconds_sum{way=\"in\"} 31.55",
    ] {
        assert!(ours.contains(line), "{line} in {ours}");
    }
}

#[test]
fn what_cannot_be_registered_records_nothing_and_is_counted() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    metrics::with_local_recorder(&recorder, || {
        counter!("jobs").increment(1);
        gauge!("jobs").set(7.0);
        histogram!("size", "vmrange" => "mine").record(1.0);
    });
    assert_eq!(recorder.refused(), 2);
    assert_eq!(samples(&expose(&registry)).len(), 1);
}

#[test]
fn limits_of_the_registry_hold() {
    let registry = Registry::with_config(RegistryConfig {
        per_metric: 10,
        ..RegistryConfig::default()
    });
    let recorder = Recorder::new(&registry);
    thread::scope(|scope| {
        for thread in 0..4_u64 {
            let recorder = &recorder;
            scope.spawn(move || {
                metrics::with_local_recorder(recorder, || {
                    for n in 0..1000_u64 {
                        counter!("jobs", "user" => format!("{}", n * 4 + thread)).increment(1);
                        counter!("all").increment(1);
                    }
                });
            });
        }
    });
    let samples = samples(&expose(&registry));
    assert_eq!(samples.len(), 10 + 1 + 1);
    assert_eq!(samples["all"], "4000.0");
    assert_eq!(samples["jobs{otel_metric_overflow=\"true\"}"], "3990.0");
}
