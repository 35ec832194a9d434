//! What samplers say of themselves, through the text exposition's own eyes.

use std::{sync::Arc, time::Duration};

use vmotel_aggregate::{
    AdaptiveConfig, AdaptiveSampler, BlockSampler, RateSampler, SamplerError, SamplerMetrics,
};
use vmotel_model::{Family, MetricSink, MetricSource, Number, Point, Series, VisitConfig};

use crate::aggregator::ManualClock;

#[derive(Debug, Default)]
struct Lines(Vec<String>);

impl MetricSink for Lines {
    fn family(&mut self, family: &Family<'_>) {
        self.0.push(format!("{} {:?}", family.name, family.kind));
    }

    fn series(&mut self, series: &Series<'_>) {
        let mut line = String::new();
        series
            .labels
            .for_each(&mut |name, value| line.push_str(&format!("{name}={value} ")));
        match series.point {
            Point::Number(Number::U64(n)) => line.push_str(&n.to_string()),
            Point::Number(Number::F64(n)) => line.push_str(&n.to_string()),
            point => panic!("no such point here: {point:?}"),
        }
        self.0.push(line);
    }
}

fn lines(metrics: &SamplerMetrics) -> Vec<String> {
    let mut config = VisitConfig::default();
    config.constant_labels = vec![("zone".to_owned(), "z".to_owned())];
    let snapshot = metrics.snapshot(&config);
    let mut lines = Lines::default();
    for index in 0..snapshot.len() {
        lines.family(&snapshot.family(index));
        snapshot.visit(index, &mut lines);
    }
    lines.0
}

#[test]
fn each_sampler_tells_its_estimate_and_its_error() {
    let metrics = SamplerMetrics::new(Arc::new(ManualClock::default()));
    assert_eq!(lines(&metrics), [""; 0]);
    let block = Arc::new(BlockSampler::new(4).unwrap());
    let all = Arc::new(RateSampler::new(1.0).unwrap());
    metrics
        .add("one of four", Arc::<BlockSampler>::clone(&block))
        .unwrap();
    metrics.add("all", Arc::<RateSampler>::clone(&all)).unwrap();
    // Whole blocks: two kept, of four each, with the variance 2 * 4 * 3.
    (0..8).for_each(|_| {
        assert!(all.decide().is_some() && block.decide().is_none_or(|weight| weight.get() == 4))
    });
    assert_eq!(
        lines(&metrics),
        [
            "vmotel_sampler_estimated_events_total Counter",
            "sampler=all zone=z 8",
            "sampler=one of four zone=z 8",
            "vmotel_sampler_kept_events_total Counter",
            "sampler=all zone=z 8",
            "sampler=one of four zone=z 2",
            "vmotel_sampler_keeping_rate Gauge",
            "sampler=all zone=z 1",
            "sampler=one of four zone=z 0.25",
            "vmotel_sampler_standard_error Gauge",
            "sampler=all zone=z 0",
            "sampler=one of four zone=z 4.898979485566356",
            "vmotel_sampler_variance Gauge",
            "sampler=all zone=z 0",
            "sampler=one of four zone=z 24",
        ]
    );
}

#[test]
fn a_collection_ends_the_interval_of_an_adaptive_sampler() {
    let clock = Arc::new(ManualClock::default());
    let metrics = SamplerMetrics::new(Arc::<ManualClock>::clone(&clock));
    let config = AdaptiveConfig {
        budget: 100,
        interval: Duration::from_secs(10),
    };
    let adaptive = Arc::new(AdaptiveSampler::new(config).unwrap());
    metrics
        .add("adaptive", Arc::<AdaptiveSampler>::clone(&adaptive))
        .unwrap();
    assert!((0..10_000).filter_map(|_| adaptive.decide()).count() <= 200);
    clock.forward(10);
    lines(&metrics);
    assert!((adaptive.rate() - 0.01).abs() < 1e-6, "{}", adaptive.rate());
}

#[test]
fn a_name_is_not_empty_and_taken_once() {
    let metrics = SamplerMetrics::new(Arc::new(ManualClock::default()));
    let block = Arc::new(BlockSampler::new(4).unwrap());
    let add = |name: &str| metrics.add(name, Arc::<BlockSampler>::clone(&block));
    assert_eq!(add("a"), Ok(()));
    assert_eq!(add("a"), Err(SamplerError::Name { name: "a".to_owned() }));
    assert_eq!(add(""), Err(SamplerError::Name { name: String::new() }));
    for n in 1..256 {
        assert_eq!(add(&n.to_string()), Ok(()));
    }
    let message = add("b").unwrap_err().to_string();
    assert_eq!(message, "sampler \"b\": expected at most 256 samplers");
}
