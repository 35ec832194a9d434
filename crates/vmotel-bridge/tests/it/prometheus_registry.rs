use std::sync::Arc;

use prometheus::{
    Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
    TextEncoder,
    core::{Collector, Desc},
    proto,
};
use vmotel_bridge::PrometheusSource;
use vmotel_exporter::{Exporter, Format};

use crate::support::{comments, expose, samples};

/// A collector with a summary, which the crate itself does not make.
struct Summaries(Desc);

impl Collector for Summaries {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.0]
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        let mut summary = proto::Summary::default();
        summary.set_sample_sum(12.5);
        summary.set_sample_count(5);
        let quantile = |at: f64, value: f64| {
            let mut quantile = proto::Quantile::default();
            quantile.set_quantile(at);
            quantile.set_value(value);
            quantile
        };
        summary.set_quantile(vec![quantile(0.5, 2.0), quantile(0.99, 4.5)]);
        let mut metric = proto::Metric::default();
        metric.set_summary(summary);
        let mut family = proto::MetricFamily::default();
        family.set_name("job_wait".to_owned());
        family.set_help("Time until a job begins".to_owned());
        family.set_field_type(proto::MetricType::SUMMARY);
        family.set_metric(vec![metric]);
        vec![family]
    }
}

fn registry() -> Registry {
    let labels = [("zone".to_owned(), "eu".to_owned())].into();
    let registry = Registry::new_custom(Some("shop".to_owned()), Some(labels)).unwrap();
    let orders = IntCounter::new("orders_total", "Orders, \\ and \"all\"\nof them").unwrap();
    orders.inc_by(u64::from(u32::MAX));
    let by_way = IntCounterVec::new(Opts::new("payments_total", "Payments"), &["way", "ok"]).unwrap();
    by_way.with_label_values(&["card", "true"]).inc();
    by_way.with_label_values(&["in \"cash\"\n\\", ""]).inc_by(2);
    let load = Gauge::new("load", "Load").unwrap();
    load.set(-0.25);
    let stock = GaugeVec::new(Opts::new("stock", "Stock"), &["product"]).unwrap();
    stock.with_label_values(&["tea"]).set(1e21);
    stock.with_label_values(&["milk"]).set(f64::INFINITY);
    let options = HistogramOpts::new("order_seconds", "Time").buckets(vec![0.1, 0.5, 2.5]);
    let seconds = HistogramVec::new(options, &["way"]).unwrap();
    for value in [0.05, 0.1, 0.3, 0.7, 9.0] {
        seconds.with_label_values(&["card"]).observe(value);
    }
    let _ = seconds.with_label_values(&["none"]);
    let desc = Desc::new(
        "job_wait".to_owned(),
        "Time until a job begins".to_owned(),
        vec![],
        [].into(),
    )
    .unwrap();
    let all: [Box<dyn Collector>; 6] = [
        Box::new(orders),
        Box::new(by_way),
        Box::new(load),
        Box::new(stock),
        Box::new(seconds),
        Box::new(Summaries(desc)),
    ];
    for collector in all {
        registry.register(collector).unwrap();
    }
    registry
}

#[test]
fn shows_what_the_registry_writes() {
    let registry = registry();
    let mut theirs = Vec::new();
    TextEncoder::new()
        .encode(&registry.gather(), &mut theirs)
        .unwrap();
    // An empty value is no label.
    let theirs = String::from_utf8(theirs).unwrap().replace("ok=\"\",", "");
    let source = PrometheusSource::new(registry);
    let ours = expose(&source);
    assert_eq!(samples(&ours), samples(&theirs));
    assert_eq!(comments(&ours, "# TYPE "), comments(&theirs, "# TYPE "));
    assert_eq!(comments(&ours, "# HELP "), comments(&theirs, "# HELP "));

    let exporter = Exporter::builder()
        .with_global(false)
        .with_self_metrics(false)
        .with_target_info(false)
        .with_source("prometheus", Arc::new(source))
        .build()
        .unwrap();
    assert_eq!(samples(&exporter.scrape(Format::Text).unwrap()), samples(&ours));
}
