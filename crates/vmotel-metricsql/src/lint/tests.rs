use super::*;

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    let expr = crate::parse(query).unwrap();
    let rules: Vec<_> = lint(&expr).iter().map(|l| l.rule.name()).collect();
    assert_eq!(rules, expected, "{query}");
}

#[test]
fn mistakes_are_found() {
    for (query, rule) in [
        (
            "histogram_quantile(0.99, rate(http_request_duration_seconds_bucket[5m]))",
            "quantile-per-series",
        ),
        ("predict_linear(http_requests_total[1h], 3600)", "raw-counter"),
        (
            "mad(rate(http_requests_total[5m])) > 3 * mad(rate(http_requests_total[1h]))",
            "mad-of-windows",
        ),
        ("rollup_rate(http_requests_total[1h])", "rollup-without-tag"),
        (
            "avg_over_time(http_request_duration_seconds[24h])",
            "histogram-base-name",
        ),
        (
            "label_replace(up, \"env\", \"production\", \"\", \"\")",
            "label-replace-adds",
        ),
        (
            "sum(rate(http_errors_total[5m])) by (code) / sum(rate(http_requests_total[5m]))",
            "unmatched-labels",
        ),
        (
            "topk(5, avg(rate(http_request_duration_seconds_sum[5m])) by (service))",
            "ranked-load",
        ),
        ("rate(process_memory_bytes[5m])", "rate-of-gauge"),
        ("deriv(http_requests_total[5m])", "delta-of-counter"),
        (
            "histogram_quantile(0.9, sum(rate(x_bucket[5m])) by (service))",
            "quantile-without-buckets",
        ),
        (
            "histogram_quantile(0.9, sum(rate(x_bucket[5m])))",
            "quantile-without-buckets",
        ),
        (
            "histogram_quantile(0.9, sum(rate(x_bucket[5m])) without (le))",
            "quantile-without-buckets",
        ),
        (
            "histogram_quantile(0.9, sum(rate(x_bucket[5m])) by (le))",
            "quantile-without-vmrange",
        ),
        (
            "histogram_quantile(0.9, sum(x_bucket) by (le, vmrange))",
            "quantile-of-raw-buckets",
        ),
        ("rate(sum(http_requests_total)[5m:])", "rate-of-sum"),
        ("max_over_time(rate(m[5m]))", "implicit-subquery"),
        ("topk(n, m)", "series-as-number"),
        ("topk(\"3\", m)", "string-as-number"),
        (
            "WITH (q = rate(x_bucket[5m])) histogram_quantile(0.9, sum(q))",
            "quantile-without-buckets",
        ),
    ] {
        check(query, &[rule]);
    }
}

#[test]
fn right_forms_are_left_alone() {
    for query in [
        "rate(http_requests_total[5m])",
        "sum(rate(http_requests_total[5m])) by (service)",
        "histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket[5m])) by (le, vmrange, service))",
        "predict_linear(rate(http_requests_total[5m])[1h:1m], 3600)",
        "abs(zscore_over_time(queue_length[1h])) > 3",
        "outliers_mad(3, rate(http_requests_total[5m]))",
        "rollup_rate(http_requests_total[1h], \"avg\")",
        "increase(http_request_duration_seconds_sum[24h]) / increase(http_request_duration_seconds_count[24h])",
        "label_del(up, \"env\")",
        "sum(rate(e_total[5m])) by (code) / scalar(sum(rate(r_total[5m])))",
        "sum(rate(e_total[5m])) by (code) / ignoring (code) group_left () sum(rate(r_total[5m]))",
        "sum(rate(s_sum[5m])) by (service) / sum(rate(s_count[5m])) by (service)",
        "max_over_time(rate(m[5m])[1h:5m])",
        "sum(rollup_rate(m_total[5m])) by (rollup)",
        "vm_request_duration_seconds{quantile=\"0.99\"} > 10",
        "deriv(process_memory_bytes[5m])",
        "sum(a) / sum(b) * 100",
    ] {
        check(query, &[]);
    }
}

#[test]
fn a_catalog_knows_better_than_the_name() {
    let expr = crate::parse("rate(orders[5m]) + latency").unwrap();
    let kind = |name: &str| match name {
        "orders" => Some(MetricKind::Gauge),
        "latency" => Some(MetricKind::Histogram),
        _ => None,
    };
    let rules: Vec<_> = lint_with(&expr, kind).iter().map(|l| l.rule).collect();
    assert_eq!(rules, [LintRule::RateOfGauge, LintRule::HistogramBaseName]);
}
