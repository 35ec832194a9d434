//! Labels are bounded before the meter provider, by default: what clients choose cannot make series.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use vmotel_instruments::{
    AppMetrics, BusinessConfig, BusinessMetrics, CacheMetrics, Limits, LimitsConfig, RequestPath,
};

use crate::harness::Harness;

const NONE: Duration = Duration::ZERO;

fn limits(edit: impl FnOnce(&mut LimitsConfig)) -> Limits {
    let mut config = LimitsConfig::default();
    edit(&mut config);
    Limits::new(config).unwrap()
}

/// Returns the values of the labels of each series of a family, and its value.
fn rows(harness: &Harness, family: &str) -> Vec<(Vec<String>, u64)> {
    let lines = harness.series(|name| name == family);
    let row = |line: &String| {
        let labels = line.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        (labels, line.rsplit(' ').next().unwrap().parse().unwrap())
    };
    lines.iter().map(row).collect()
}

#[test]
fn owned_paths_are_normalised_and_templates_pass() {
    let harness = Harness::new();
    let app = AppMetrics::with_limits(&harness.meter(), &Limits::default());
    let check = |path: RequestPath, expected: &str| {
        let before: BTreeSet<_> = rows(&harness, "http_requests_total").into_iter().collect();
        app.record_request("GET", path, 200, NONE, 0);
        let after: BTreeSet<_> = rows(&harness, "http_requests_total").into_iter().collect();
        let changed: Vec<_> = after
            .difference(&before)
            .map(|(labels, _)| labels[1].as_str())
            .collect();
        assert_eq!(changed, [expected]);
    };
    check("/users/{id}".into(), "/users/{id}");
    check(RequestPath::template(String::from("/users/{id}")), "/users/{id}");
    check(String::from("/users/42?token=s3cret").into(), "/users/:id");
    check(Arc::<str>::from("/users/43").into(), "/users/:id");
    // Of a client, only our own placeholders count.
    check(String::from("/users/:id").into(), "/users/:id");
    check(String::from("/users/{mine}").into(), "/users/:str");
    check(String::from("/users/:mine").into(), "/users/:str");
    check(RequestPath::raw("/users/{id}"), "/users/:str");
    check(std::borrow::Cow::Borrowed("/static/{x}").into(), "/static/{x}");
}

#[test]
fn unique_paths_and_methods_make_a_bounded_number_of_series() {
    let harness = Harness::new();
    let app = AppMetrics::new(&harness.meter());
    let mut by_status = BTreeMap::new();
    for number in 0..20_000_u64 {
        // Words that no rule can tell from routes.
        let word: String = format!("{number:05}")
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'k'))
            .collect();
        let status = 200 + (number % 3) as u16 * 100;
        app.record_request(
            format!("M{}", number % 1_500),
            format!("/{word}/{word}"),
            status,
            NONE,
            1,
        );
        *by_status.entry(status.to_string()).or_insert(0) += 1;
    }
    for family in ["http_requests_total", "http_request_size_bytes_count"] {
        let rows: Vec<_> = match family.strip_suffix("_count") {
            None => rows(&harness, family),
            Some(_) => {
                assert_eq!(harness.histogram("http_request_size_bytes"), (20_000.0, 20_000));
                continue;
            }
        };
        assert!(rows.len() <= 2_000, "{} series", rows.len());
        assert_eq!(rows.iter().map(|(_, value)| value).sum::<u64>(), 20_000);
        let mut found = BTreeMap::new();
        for (labels, value) in rows {
            *found.entry(labels[2].clone()).or_insert(0) += value;
        }
        assert_eq!(found, by_status, "the innocent label keeps its values");
    }
}

#[test]
fn every_family_folds_what_is_beyond_its_limits() {
    let harness = Harness::new();
    let limits = limits(|config| {
        config.labels.per_label = 3;
        config.labels.value_length = 24;
    });
    let business = BusinessMetrics::with_limits(&harness.meter(), &BusinessConfig::default(), &limits);
    let cache = CacheMetrics::with_limits(&harness.meter(), &limits);
    for number in 0..10 {
        business.record_order(format!("type-{number}"), 2.0, NONE);
        cache.record_hit(format!("cache-{number}"));
        cache.record_latency("sessions", format!("op-{number}"), NONE);
    }
    let check = |family: &str, expected: &[(&str, u64)]| {
        let found = rows(&harness, family);
        let expected: Vec<_> = expected
            .iter()
            .map(|(labels, value)| (labels.split(' ').map(str::to_owned).collect::<Vec<_>>(), *value))
            .collect();
        assert_eq!(found, expected);
    };
    check(
        "business_orders_total",
        &[("other", 7), ("type-0", 1), ("type-1", 1), ("type-2", 1)],
    );
    check(
        "business_order_amount_total",
        &[("other", 14), ("type-0", 2), ("type-1", 2), ("type-2", 2)],
    );
    check(
        "cache_hits_total",
        &[("cache-0", 1), ("cache-1", 1), ("cache-2", 1), ("other", 7)],
    );
    let (_, operations) = harness.histogram("cache_operation_duration_seconds");
    assert_eq!(operations, 10);
    let series = harness.series(|name| name == "cache_operation_duration_seconds");
    assert_eq!(series.iter().filter(|line| line.contains("_count")).count(), 4);

    // A level of stock is never added to another's, but its name is cut.
    let long = "p".repeat(30);
    business.update_inventory(long.clone(), 5);
    let names = || -> Vec<_> {
        let rows = harness.series(|name| name == "business_inventory_level");
        rows.iter()
            .map(|line| line.split('"').nth(1).unwrap().to_owned())
            .collect()
    };
    assert_eq!(names().len(), 1);
    assert!(
        names()[0].starts_with("ppppppp~") && names()[0].len() == 24,
        "{:?}",
        names()
    );
    business.remove_inventory(&long);
    assert!(names().is_empty());

    let guilty = limits.controller().report(1);
    assert!(
        (guilty.metrics[0].labels[0].distinct - 10.0).abs() < 0.5,
        "{guilty:?}"
    );
}

#[test]
fn labels_beyond_the_limit_on_labels_are_left_out() {
    let harness = Harness::new();
    let limits = limits(|config| config.labels.labels = 1);
    let app = AppMetrics::with_limits(&harness.meter(), &limits);
    for number in 0..5_000 {
        app.record_request("GET", format!("/a{number}/x"), 200, NONE, 0);
    }
    assert_eq!(
        harness.series(|name| name == "http_requests_total"),
        [r#"http_requests_total{method="GET"} 5000"#]
    );
}

#[test]
fn without_room_for_a_metric_its_sets_are_folded_whole() {
    let harness = Harness::new();
    let limits = limits(|config| config.labels.metrics = 1);
    let cache = CacheMetrics::with_limits(&harness.meter(), &limits);
    for number in 0..3_000 {
        cache.record_latency("sessions", format!("op-{number}"), NONE);
        cache.record_hit("sessions");
    }
    let series = harness.series(|name| name == "cache_operation_duration_seconds");
    let counts: Vec<_> = series.iter().filter(|line| line.contains("_count")).collect();
    assert_eq!(
        counts,
        [r#"cache_operation_duration_seconds_count{cache="other",operation="other"} 3000"#]
    );
    assert_eq!(
        harness.series(|name| name == "cache_hits_total"),
        [r#"cache_hits_total{cache="sessions"} 3000"#]
    );
}

#[test]
fn a_dry_run_folds_nothing_and_tells_what_it_would() {
    let harness = Harness::new();
    let limits = limits(|config| {
        config.labels.per_label = 2;
        config.labels.dry_run = true;
    });
    let cache = CacheMetrics::with_limits(&harness.meter(), &limits);
    for number in 0..5 {
        cache.record_hit(format!("cache-{number}"));
    }
    assert_eq!(rows(&harness, "cache_hits_total").len(), 5);
    assert_eq!(limits.controller().stats().folded_values, 3);
}
