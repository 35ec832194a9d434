//! The results worked out from the generated values, without any query engine.
//!
//! All samples lie on whole minutes, and so does the time of the queries: a window of n minutes then reaches from one
//! sample to another, and an increase is the difference of the two.

use std::collections::BTreeMap;

use super::{Case, Values};
use crate::demo::backfill::{ENDS, History, MINUTES, SERVICES, STATUSES, Stream};
use crate::demo::plan::PATHS;

/// Returns every query of the guide in its right form.
pub(super) fn cases(history: &History) -> Vec<Case> {
    let requests = "http_requests_total{env=\"history\"}";
    let errors = "http_errors_total{env=\"history\"}";
    let part = |end: &str| format!("http_request_duration_seconds_{end}{{env=\"history\"}}");
    let (sum, count, bucket) = (part("sum"), part("count"), part("bucket"));
    let case = |name, query: String, values| Case { name, query, values };
    let h = history;
    vec![
        case(
            "1 rate",
            format!("rate({requests}[5m])"),
            each(h, |s| rate(s.requests(), 0)),
        ),
        case(
            "2 rate by service",
            format!("sum(rate({requests}[5m])) by (service)"),
            by(h, &["service"], |all| total(all, |s| rate(s.requests(), 0))),
        ),
        case(
            "3 p99 by service",
            format!("histogram_quantile(0.99, sum(rate({bucket}[5m])) by (le,vmrange,service))"),
            by(h, &["service"], p99),
        ),
        case(
            "4 forecast",
            format!("predict_linear(rate({requests}[5m])[1h:1m], 3600)"),
            each(h, |s| {
                predict(
                    &(0..60)
                        .map(|ago| (-60.0 * ago as f64, rate(s.requests(), ago)))
                        .collect::<Vec<_>>(),
                    3600.0,
                )
            }),
        ),
        case(
            "5 anomaly",
            "abs(zscore_over_time(active_users{env=\"history\"}[1h])) > 3".to_owned(),
            anomalies(h),
        ),
        case(
            "6 rolling average",
            format!("avg_over_time(rate({requests}[5m])[1h:1m])"),
            each(h, |s| {
                mean(&(0..60).map(|ago| rate(s.requests(), ago)).collect::<Vec<_>>())
            }),
        ),
        case(
            "7 mean of a day",
            format!("increase({sum}[24h]) / increase({count}[24h])"),
            each(h, |s| seconds(s, 1440) / increase(s.requests(), 1440)),
        ),
        case(
            "8 label deleted",
            format!("label_del({requests}, \"env\")"),
            named(h, "http_requests_total", |s| s.requests()[MINUTES] as f64),
        ),
        case(
            "9 error ratio, %",
            format!("sum(rate({errors}[5m])) by (service) / sum(rate({requests}[5m])) by (service) * 100"),
            by(h, &["service"], |all| {
                let failed: Vec<&Stream> = all.iter().copied().filter(|s| s.is_error()).collect();
                total(&failed, |s| rate(s.requests(), 0)) / total(all, |s| rate(s.requests(), 0)) * 100.0
            }),
        ),
        case(
            "10 peak of an hour",
            format!("max_over_time(rate({requests}[5m])[1h:5m])"),
            each(h, |s| {
                (0..60)
                    .step_by(5)
                    .map(|ago| rate(s.requests(), ago))
                    .fold(0.0, f64::max)
            }),
        ),
        case(
            "a by service",
            format!("sum(increase({requests}[1h])) by (service)"),
            by(h, &["service"], |all| total(all, |s| increase(s.requests(), 60))),
        ),
        case(
            "b errors by status",
            format!("sum(rate({errors}[5m])) by (status_code) / scalar(sum(rate({requests}[5m])))"),
            errors_by_status(h),
        ),
        case(
            "c mean duration",
            format!("sum(rate({sum}[5m])) by (service) / sum(rate({count}[5m])) by (service)"),
            by(h, &["service"], mean_duration),
        ),
        case(
            "d five slowest",
            format!(
                "topk(5, sum(rate({sum}[5m])) by (service,path) / sum(rate({count}[5m])) by (service,path))"
            ),
            slowest(h),
        ),
    ]
}

/// The growth over the last minutes.
fn increase(values: &[u64], minutes: usize) -> f64 {
    (values[MINUTES] - values[MINUTES - minutes]) as f64
}

/// The growth a second over the 5 minutes that ended some minutes ago.
fn rate(values: &[u64], ago: usize) -> f64 {
    let end = MINUTES - ago;
    (values[end] - values[end - 5]) as f64 / 300.0
}

fn seconds(stream: &Stream, minutes: usize) -> f64 {
    increase(&stream.millis, minutes) / 1000.0
}

fn total(streams: &[&Stream], value: impl Fn(&Stream) -> f64) -> f64 {
    streams.iter().map(|stream| value(stream)).sum()
}

fn mean_duration(streams: &[&Stream]) -> f64 {
    total(streams, |s| seconds(s, 5)) / total(streams, |s| increase(s.requests(), 5))
}

/// The quantile as Prometheus defines it: even within the bucket in which it falls.
fn p99(streams: &[&Stream]) -> f64 {
    let counts = (0..ENDS.len()).map(|bucket| total(streams, |s| rate(&s.buckets[bucket], 0)));
    let counts: Vec<f64> = counts.collect();
    let rank = 0.99 * counts[ENDS.len() - 1];
    let bucket = counts
        .iter()
        .position(|&count| count >= rank)
        .unwrap_or(ENDS.len() - 1);
    let (low, below) = match bucket {
        0 => (0.0, 0.0),
        _ => (ENDS[bucket - 1].1, counts[bucket - 1]),
    };
    low + (ENDS[bucket].1 - low) * (rank - below) / (counts[bucket] - below)
}

/// The line of least squares through points of (seconds from now, value), some seconds ahead.
fn predict(points: &[(f64, f64)], ahead: f64) -> f64 {
    let x = mean(&points.iter().map(|point| point.0).collect::<Vec<_>>());
    let y = mean(&points.iter().map(|point| point.1).collect::<Vec<_>>());
    let slope = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum::<f64>()
        / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>();
    y + slope * (ahead - x)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The distance of the last value from the mean of its hour, in standard deviations.
fn anomalies(history: &History) -> Values {
    let score = |users: &[f64]| {
        let hour = &users[users.len() - 60..];
        let mean_of = mean(hour);
        let deviation = mean(
            &hour
                .iter()
                .map(|value| (value - mean_of).powi(2))
                .collect::<Vec<_>>(),
        )
        .sqrt();
        (hour[59] - mean_of).abs() / deviation
    };
    let scores = SERVICES.iter().zip(&history.users).map(|(service, users)| {
        let labels = [("service", *service), ("env", "history")];
        (set(&labels), score(users))
    });
    scores.filter(|(_, score)| *score > 3.0).collect()
}

fn errors_by_status(history: &History) -> Values {
    let all: Vec<&Stream> = history.streams.iter().collect();
    let requests = total(&all, |s| rate(s.requests(), 0));
    let failed = STATUSES.iter().filter(|status| **status != "200").map(|status| {
        let of_status: Vec<&Stream> = all.iter().copied().filter(|s| s.status == *status).collect();
        (
            set(&[("status_code", status)]),
            total(&of_status, |s| rate(s.requests(), 0)) / requests,
        )
    });
    failed.collect()
}

fn slowest(history: &History) -> Values {
    let mut means: Vec<_> = by(history, &["service", "path"], mean_duration)
        .into_iter()
        .collect();
    debug_assert_eq!(
        means.len(),
        SERVICES.len() * PATHS.len(),
        "each service has each path"
    );
    means.sort_by(|a, b| b.1.total_cmp(&a.1));
    means.truncate(5);
    means.into_iter().collect()
}

fn set(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn own_labels(stream: &Stream) -> [(&'static str, &'static str); 4] {
    [
        ("service", stream.service),
        ("method", stream.method),
        ("path", stream.path),
        ("status_code", stream.status),
    ]
}

/// A value for each label set.
fn each(history: &History, value: impl Fn(&Stream) -> f64) -> Values {
    let streams = history.streams.iter().map(|stream| {
        let mut labels = set(&own_labels(stream));
        labels.insert("env".to_owned(), "history".to_owned());
        (labels, value(stream))
    });
    streams.collect()
}

/// A value for each label set, with the metric's name and without the label `env`.
fn named(history: &History, name: &str, value: impl Fn(&Stream) -> f64) -> Values {
    let streams = history.streams.iter().map(|stream| {
        let mut labels = set(&own_labels(stream));
        labels.insert("__name__".to_owned(), name.to_owned());
        (labels, value(stream))
    });
    streams.collect()
}

/// A value for each group of the streams that agree in these labels.
fn by(history: &History, names: &[&str], value: impl Fn(&[&Stream]) -> f64) -> Values {
    let mut groups: BTreeMap<BTreeMap<String, String>, Vec<&Stream>> = BTreeMap::new();
    for stream in &history.streams {
        let mut labels = set(&own_labels(stream));
        labels.retain(|name, _| names.contains(&name.as_str()));
        groups.entry(labels).or_default().push(stream);
    }
    groups
        .into_iter()
        .map(|(labels, streams)| (labels, value(&streams)))
        .collect()
}
