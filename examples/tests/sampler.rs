//! Sampled requests of a service, through `/metrics` into a real VictoriaMetrics.

use std::{sync::Arc, time::Duration};

use opentelemetry::KeyValue;
use vmotel_aggregate::{
    AdaptiveConfig, AdaptiveSampler, Aggregator, AggregatorConfig, BlockSampler, RateSampler, Sampler,
    SamplerMetrics, Weight,
};
use vmotel_exporter::{Exporter, SystemClock};
use vmotel_testkit::{Sample, Version, VictoriaMetrics, Vmagent};

const EVENTS: u64 = 400_000;
const WAIT: Duration = Duration::from_secs(30);

fn value(samples: &[Sample], sampler: &str) -> f64 {
    let of = samples.iter().filter(|sample| sample.label("sampler") == sampler);
    of.map(|sample| sample.value).sum()
}

#[tokio::test]
async fn estimates_are_stored_with_the_error_that_they_have() {
    let clock = Arc::new(SystemClock::new());
    let aggregator = Aggregator::new(AggregatorConfig::default(), Arc::<SystemClock>::clone(&clock));
    let metrics = SamplerMetrics::new(clock);
    let exporter = Exporter::builder()
        .with_lookup(|_| None)
        .with_global(false)
        .with_port(0)
        .with_source("aggregator", Arc::new(aggregator.clone()))
        .with_source("samplers", Arc::new(metrics.clone()))
        .build()
        .unwrap();
    let address = exporter.listen().unwrap().local_addr().unwrap();

    let rate = Arc::new(RateSampler::new(0.01).unwrap());
    let block = Arc::new(BlockSampler::new(100).unwrap());
    let budget = AdaptiveConfig {
        budget: 20_000,
        interval: Duration::from_secs(1),
    };
    let adaptive = Arc::new(AdaptiveSampler::new(budget).unwrap());
    let named: [(&str, Arc<dyn Sampler>); 3] = [
        ("rate", Arc::<RateSampler>::clone(&rate)),
        ("block", Arc::<BlockSampler>::clone(&block)),
        ("adaptive", Arc::<AdaptiveSampler>::clone(&adaptive)),
    ];
    for (name, sampler) in named {
        metrics.add(name, sampler).unwrap();
    }
    let requests = aggregator.counter("requests").unwrap();
    let seconds = aggregator.histogram("request_seconds", [0.1, 0.2]).unwrap();

    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let config = format!(
        "global:\n  scrape_interval: 1s\nscrape_configs:\n- job_name: shop\n  static_configs:\n  - targets: ['{address}']\n"
    );
    let agent = Vmagent::start(Version::Stable, &config, &server.url(), &[]).unwrap();
    agent.wait_until_up("shop", WAIT).unwrap();

    let record = |sampler: &'static str, weight: Option<Weight>| {
        if let Some(weight) = weight {
            let attributes = [KeyValue::new("sampler", sampler)];
            requests.add(weight.get(), &attributes);
            seconds.record_weighted(0.15, weight.get(), &attributes);
        }
    };
    for event in 0..EVENTS {
        if event % 20_000 == 0 {
            // The load lasts for some scrapes, which end the intervals of the adaptive sampler.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        record("rate", rate.decide());
        record("block", block.decide());
        record("adaptive", adaptive.decide());
    }

    let estimates = [
        ("rate", rate.stats()),
        ("block", block.stats()),
        ("adaptive", adaptive.stats()),
    ];
    for (name, expected) in [
        ("requests_total", "estimated"),
        ("request_seconds_count", "estimated"),
        ("vmotel_sampler_estimated_events_total", "estimated"),
        ("vmotel_sampler_kept_events_total", "kept"),
        ("vmotel_sampler_standard_error", "error"),
    ] {
        let as_expected = |samples: &[Sample]| {
            estimates.iter().all(|(sampler, stats)| {
                let expected = match expected {
                    "estimated" => stats.estimated as f64,
                    "kept" => stats.kept as f64,
                    _ => stats.variance.sqrt(),
                };
                (value(samples, sampler) / expected - 1.0).abs() < 1e-9
            })
        };
        server.wait_for(name, WAIT, as_expected).unwrap();
    }

    // The truth is known here: each estimate is as exact as its error bar says.
    let stored = server.query("requests_total").unwrap();
    let errors = server.query("vmotel_sampler_standard_error").unwrap();
    for sampler in ["rate", "adaptive"] {
        let off = value(&stored, sampler) - EVENTS as f64;
        let error = value(&errors, sampler);
        assert!(
            off.abs() < 6.0 * error,
            "{sampler}: off by {off}, standard error {error}"
        );
        assert!(error < EVENTS as f64 / 10.0, "{sampler}: standard error {error}");
    }
    assert!(
        (value(&stored, "block") - EVENTS as f64).abs() < 100.0,
        "less than a block"
    );
    assert_eq!(stored.len(), 3);
    drop(agent);
    exporter.shutdown(Duration::from_secs(5)).await.unwrap();
}
