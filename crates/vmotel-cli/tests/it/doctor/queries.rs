use std::thread;

use vmotel_testkit::VictoriaMetrics;

use super::report::examine;
use super::{on_both, server};

/// A query that computes for more than a second; the newer server only keeps statistics of what reads series.
const HEAVY: &str = "/api/v1/query_range?query=quantile_over_time(0.5,(m%2Brand(1))[60m:1s])&start=5000000&end=5004000&step=1&nocache=1";

/// Stores a series for the query.
fn prepare(server: &VictoriaMetrics) {
    let times: Vec<String> = (0..100)
        .map(|i| (4_996_000_000_i64 + i * 100_000).to_string())
        .collect();
    let values = vec!["1"; times.len()].join(",");
    let line = format!(
        "{{\"metric\":{{\"__name__\":\"m\"}},\"values\":[{values}],\"timestamps\":[{}]}}\n",
        times.join(",")
    );
    server.import_json(&line).unwrap();
}

#[test]
fn a_query_that_takes_long() {
    on_both(|version| {
        let server = server(version, &["-search.maxQueryDuration=60s"]);
        prepare(&server);
        server.get(HEAVY).unwrap();
        examine(&["--vm", &server.url()])
            .finds(&["slow_queries"])
            .exits(3)
            .with(
                "slow_queries",
                "warning",
                "s on average: quantile_over_time(0.5",
                "over ranges of 4000 s",
                "a recording rule",
            );
    });
}

#[test]
fn queries_without_a_slot() {
    on_both(|version| {
        let server = server(
            version,
            &["-search.maxConcurrentRequests=1", "-search.maxQueueDuration=5ms"],
        );
        prepare(&server);
        let heavy = HEAVY.replace("60m", "5m");
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| server.get(&heavy).ok());
            }
        });
        let report = examine(&["--vm", &server.url()]);
        report.with(
            "query_slots",
            "warning",
            "queries were refused (429)",
            "1 slots",
            "-search.maxQueueDuration",
        );
    });
}

#[test]
fn a_cache_that_is_off() {
    on_both(|version| {
        let server = server(version, &["-search.disableCache"]);
        examine(&["--vm", &server.url()])
            .finds(&["query_cache"])
            .exits(3)
            .with(
                "query_cache",
                "warning",
                "the cache of query results is off",
                "flag search.disableCache is true",
                "take -search.disableCache away",
            );
    });
}

#[test]
fn queries_that_are_refused_are_a_note() {
    on_both(|version| {
        let server = server(version, &[]);
        assert!(server.get("/api/v1/query?query=sum(").is_err());
        examine(&["--vm", &server.url()]).finds(&[]).exits(0).with(
            "query_limits",
            "note",
            "refuses queries at /api/v1/query",
            "1 since the start",
            "vmotel check",
        );
    });
}
