use std::sync::{Arc, Mutex, atomic::AtomicU64};

use prometheus_client::{
    encoding::text,
    metrics::{
        counter::{ConstCounter, Counter},
        exemplar::CounterWithExemplar,
        family::Family,
        gauge::Gauge,
        histogram::Histogram,
        info::Info,
    },
    registry::{Registry, Unit},
};
use vmotel_bridge::PrometheusClientSource;
use vmotel_exporter::{Exporter, Format};

use crate::support::{comments, expose, samples};

type Labels = Vec<(String, String)>;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

fn registry() -> Registry {
    let mut all = Registry::with_prefix_and_labels("shop", [("zone".into(), "eu".into())].into_iter());
    let orders = Counter::<u64>::default();
    orders.inc_by(u64::MAX);
    all.register("orders", "Orders \\ of all", orders);
    let money = Family::<Labels, Counter<f64, AtomicU64>>::default();
    money
        .get_or_create(&labels(&[("way", "card"), ("ok", "true")]))
        .inc_by(2.5);
    money
        .get_or_create(&labels(&[("way", "in \"cash\"\n\\ } , ="), ("ok", "")]))
        .inc_by(0.125);
    all.register("money", "Money", money);
    let load = Gauge::<f64, AtomicU64>::default();
    load.set(-0.25);
    all.register("load", "Load", load);
    let memory = Gauge::<i64>::default();
    memory.set(-7);
    all.register_with_unit("memory", "Memory", Unit::Bytes, memory);
    let seconds = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new([0.1, 0.5, 2.5]));
    for value in [0.05, 0.1, 0.3, 0.7, 9.0] {
        seconds.get_or_create(&labels(&[("way", "card")])).observe(value);
    }
    seconds.get_or_create(&labels(&[("way", "none")])).observe(1.0);
    let _ = seconds.get_or_create(&labels(&[]));
    all.register_with_unit("order", "Time", Unit::Seconds, seconds);
    let traced = CounterWithExemplar::<Labels>::default();
    traced.inc_by(3, Some(labels(&[("trace_id", "abc")])), None);
    all.register("traced", "With an exemplar", traced);
    all.register("build", "The build", Info::new(labels(&[("version", "1.2")])));
    let sub = all.sub_registry_with_prefix("jobs");
    sub.register("done", "Jobs", ConstCounter::new(5_u64));
    all
}

#[test]
fn shows_what_the_registry_writes() {
    let registry = Arc::new(registry());
    let mut theirs = String::new();
    text::encode(&mut theirs, &registry).unwrap();
    let source = Arc::new(PrometheusClientSource::new(Arc::clone(&registry)));
    let ours = expose(&*source);
    assert_eq!(source.faults(), 0, "{theirs}");
    // An empty value is no label.
    let theirs = theirs.replace(",ok=\"\"", "");
    assert_eq!(samples(&ours), samples(&theirs));
    assert!(
        ours.contains("\nshop_orders_total{zone=\"eu\"} 18446744073709551615\n"),
        "whole numbers stay exact: {ours}"
    );
    assert_eq!(
        comments(&ours, "# HELP ").len(),
        comments(&theirs, "# HELP ").len()
    );
    assert!(
        ours.contains("# HELP shop_money_total Money.\n# TYPE shop_money_total counter\n"),
        "{ours}"
    );

    let exporter = Exporter::builder()
        .with_global(false)
        .with_self_metrics(false)
        .with_target_info(false)
        .with_source("client", source)
        .build()
        .unwrap();
    let openmetrics = exporter.scrape(Format::OpenMetrics).unwrap();
    assert_eq!(samples(&openmetrics), samples(&theirs));
    assert_eq!(comments(&openmetrics, "# TYPE "), {
        // A set of labels is a gauge to the model.
        let mut types = comments(&theirs, "# TYPE ");
        types
            .iter_mut()
            .filter(|line| line.ends_with(" info"))
            .for_each(|line| *line = "shop_build_info gauge");
        types.sort_unstable();
        types
    });
    assert_eq!(comments(&openmetrics, "# UNIT "), comments(&theirs, "# UNIT "));
}

#[test]
fn what_cannot_be_read_is_counted() {
    let text = Arc::new(Mutex::new(String::new()));
    let shared = Arc::clone(&text);
    let source = PrometheusClientSource::from_fn(move |out| {
        out.push_str(&shared.lock().map_err(|_| std::fmt::Error)?);
        Ok(())
    });
    let good = "# HELP a A.\n# TYPE a counter\na_total 1\n";
    for (bad, faults) in [
        ("", 0),
        ("b 1\n", 1),
        ("a_total{x=\"1} 1\n", 1),
        ("a_total{x=\"\\q\"} 1\n", 1),
        ("a_total one\na_total\n", 2),
        ("# TYPE b stateset\n", 1),
        ("# TYPE h histogram\nh_bucket 1\nh_max 1\nh_count -1\n", 3),
        ("# MORE\n#\n", 2),
    ] {
        let before = source.faults();
        *text.lock().unwrap() = format!("{good}{bad}# EOF\n");
        let shown = expose(&source);
        assert!(shown.contains("\na_total 1\n"), "{bad:?}: {shown}");
        assert_eq!(source.faults() - before, faults, "{bad:?}");
    }
}
