//! One source through text, OTLP and remote write into real servers: the same series, labels and values.

use std::collections::BTreeMap;

use vmotel_model::{MetricSink, Snapshot, Timestamp};
use vmotel_testkit::{ServerConfig, Version, VictoriaMetrics, fresh_time, request};
use vmotel_wire::{
    EncodeConfig, Merge, MergeConfig, PushConfig, PushReport, Request, compress, otlp, remote_write, text,
};

use crate::corpus::{Hand, corpus};

/// A way into the server; the label `path` keeps them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    Text,
    Otlp,
    Snappy,
    Zstd,
}

const PUSHED: [Path; 3] = [Path::Otlp, Path::Snappy, Path::Zstd];

fn config() -> PushConfig {
    PushConfig {
        // The server adds `path`.
        added_labels: 1,
        ..PushConfig::default()
    }
}

/// Posts a body; the server must take it.
fn post(server: &VictoriaMetrics, path: &str, label: Path, headers: &[(&str, &str)], body: &[u8]) {
    let target = format!("{path}?extra_label=path={label:?}");
    let answer = request(server.address(), "POST", &target, headers, body).expect("the server answers");
    assert!(
        matches!(answer.status, 200 | 204),
        "{label:?}: {} {}",
        answer.status,
        answer.text()
    );
}

/// Pushes the corpus; its series are staleness markers if so told.
fn push(server: &VictoriaMetrics, path: Path, hands: &[Hand], time: Timestamp, stale: bool) -> PushReport {
    let snapshots: Vec<_> = hands
        .iter()
        .map(|hand| Box::new(hand) as Box<dyn Snapshot>)
        .collect();
    let config = config();
    let visit = |sink: &mut dyn MetricSink| {
        let _ = Merge::default().visit(&snapshots, MergeConfig::default(), sink);
    };
    let mut packed = Vec::new();
    if path == Path::Otlp {
        let headers = [("Content-Type", otlp::CONTENT_TYPE), ("Content-Encoding", "gzip")];
        let mut emit = |request: Request<'_>| {
            compress::gzip(request.body, 6, &mut packed).expect("gzip writes to memory");
            post(server, otlp::PATH, path, &headers, &packed);
        };
        let mut buffers = otlp::Buffers::default();
        let mut sink = otlp::OtlpSink::new(&config, time, &mut buffers, &mut emit);
        sink.stale(stale);
        visit(&mut sink);
        return sink.finish();
    }
    let mut emit = |request: Request<'_>| {
        if path == Path::Snappy {
            compress::snappy(request.body, &mut packed).expect("the body is small");
            post(
                server,
                remote_write::PATH,
                path,
                &remote_write::SNAPPY_HEADERS,
                &packed,
            );
        } else {
            compress::zstd(request.body, 1, &mut packed).expect("zstd has memory");
            post(
                server,
                remote_write::PATH,
                path,
                &remote_write::ZSTD_HEADERS,
                &packed,
            );
        }
    };
    let mut buffers = remote_write::Buffers::default();
    let mut sink = remote_write::RemoteWriteSink::new(&config, time, &mut buffers, &mut emit);
    sink.stale(stale);
    visit(&mut sink);
    sink.finish()
}

type Stored = BTreeMap<BTreeMap<String, String>, Vec<Option<f64>>>;

/// Returns what came by a path: labels without `path`, and values in the order of time.
fn stored(server: &VictoriaMetrics, path: Path) -> Stored {
    let selector = format!("{{path=\"{path:?}\"}}");
    let mut by_time: BTreeMap<_, Vec<(i64, Option<f64>)>> = BTreeMap::new();
    for mut series in server.export(&selector).expect("the server exports") {
        series.labels.remove("path");
        // The server tells a series in pieces.
        by_time.entry(series.labels).or_default().extend(series.samples);
    }
    by_time
        .into_iter()
        .map(|(labels, mut samples)| {
            samples.sort_by_key(|&(time, _)| time);
            (labels, samples.into_iter().map(|(_, value)| value).collect())
        })
        .collect()
}

/// Compares two paths; all values are single ones.
fn same(flags: &str, path: Path, expected: &Stored, got: &Stored) {
    let missing: Vec<_> = expected
        .keys()
        .filter(|labels| !got.contains_key(*labels))
        .collect();
    let unexpected: Vec<_> = got
        .keys()
        .filter(|labels| !expected.contains_key(*labels))
        .collect();
    assert!(
        missing.is_empty() && unexpected.is_empty(),
        "{flags} {path:?}: missing {missing:#?}, unexpected {unexpected:#?}"
    );
    for (labels, expected) in expected {
        let values = &got[labels];
        assert_eq!(
            (expected.len(), values.len()),
            (1, 1),
            "{flags} {path:?} {labels:?}"
        );
        let (a, b) = (expected[0].expect("a value"), values[0].expect("a value"));
        let near = a == b || (a - b).abs() <= a.abs() * 1e-12;
        assert!(near, "{flags} {path:?} {labels:?}: {b} is not {a}");
    }
}

fn check(version: Version, flags: &[&str]) {
    let hands = corpus();
    assert!(hands.len() > 100, "{} cases", hands.len());
    let server = VictoriaMetrics::start_with(ServerConfig {
        version,
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        ..ServerConfig::default()
    })
    .expect("the server starts");
    let snapshots: Vec<_> = hands
        .iter()
        .map(|hand| Box::new(hand) as Box<dyn Snapshot>)
        .collect();
    let mut body = Vec::new();
    let report = text::encode(&snapshots, &EncodeConfig::default(), &mut body);
    post(&server, "/api/v1/import/prometheus", Path::Text, &[], &body);
    let since_epoch = fresh_time()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("the clock is right");
    let time = Timestamp(u64::try_from(since_epoch.as_nanos()).expect("it is not 2554"));

    let expected = stored(&server, Path::Text);
    // Beyond the server's limits: a long name, a long value, and 41 labels.
    assert_eq!(expected.len() as u64, report.samples - 3);
    for path in PUSHED {
        let pushed = push(&server, path, &hands, time, false);
        assert_eq!(pushed.samples, report.samples - 3, "{path:?}");
        assert_eq!(pushed.skipped, report.skipped, "{path:?}");
        let rejected = &pushed.rejected;
        assert_eq!(
            (
                rejected.long_label_name,
                rejected.long_label_value,
                rejected.too_many_labels,
                rejected.total()
            ),
            (1, 1, 1, 3)
        );
        same(&flags.join(" "), path, &expected, &stored(&server, path));
    }
    let later = Timestamp(time.0 + 1_000_000_000);
    for path in PUSHED {
        let _ = push(&server, path, &hands, later, true);
        let stored = stored(&server, path);
        for labels in expected.keys() {
            assert_eq!(
                stored[labels].last(),
                Some(&None),
                "{path:?} {labels:?} has ended"
            );
        }
    }
}

#[test]
fn without_flags() {
    check(Version::Stable, &[]);
    check(Version::Newest, &[]);
}

#[test]
fn with_names_made_by_the_server() {
    check(Version::Stable, &["-opentelemetry.usePrometheusNaming"]);
    check(Version::Newest, &["-opentelemetry.usePrometheusNaming"]);
}

#[test]
fn with_characters_replaced_by_the_server() {
    check(Version::Stable, &["-usePromCompatibleNaming"]);
    check(Version::Newest, &["-usePromCompatibleNaming"]);
}

#[test]
fn with_metric_names_made_by_the_server() {
    check(
        Version::Newest,
        &["-opentelemetry.convertMetricNamesToPrometheus"],
    );
}
