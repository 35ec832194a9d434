use std::time::{Duration, UNIX_EPOCH};

use vmotel_testkit::Vmagent;

use super::app::{App, job};
use super::report::examine;
use super::{on_both, server};

#[test]
fn two_scrapers_of_one_target() {
    on_both(|version| {
        let (app, server) = (App::start(), server(version, &[]));
        let config = job(&app.address(), "");
        let agent = Vmagent::start(version, &config, &server.url(), &[]).unwrap();
        let _twin = Vmagent::start(version, &config, &server.url(), &[]).unwrap();
        // Five seconds of samples, five seconds ago.
        let twice = |series: &[vmotel_testkit::Sample]| series.iter().any(|series| series.value > 40.0);
        server
            .wait_for(
                "count_over_time(up[5s] offset 7s)",
                Duration::from_secs(60),
                twice,
            )
            .unwrap();
        examine(&["--vmagent", &agent.url(), "--vm", &server.url()])
            .finds(&["duplicate_scrapers"])
            .exits(3)
            .with(
                "duplicate_scrapers",
                "warning",
                "is scraped about 2 times as often",
                "expected 25",
                "-dedup.minScrapeInterval=0.2s",
            );
    });
}

#[test]
fn two_jobs_with_one_target() {
    on_both(|version| {
        let (app, server) = (App::start(), server(version, &[]));
        let again = format!(
            "- job_name: again\n  static_configs:\n  - targets: [\"{}\"]\n",
            app.address()
        );
        let agent = Vmagent::start(version, &job(&app.address(), &again), &server.url(), &[]).unwrap();
        agent.wait_until_up("app", Duration::from_secs(20)).unwrap();
        examine(&["--vmagent", &agent.url()])
            .finds(&["duplicate_scrapers"])
            .with(
                "duplicate_scrapers",
                "warning",
                "is scraped by 2 jobs",
                "jobs: again, app",
                "keep it in one job",
            );
    });
}

/// Returns samples of a counter that two processes write in turn, as JSON lines.
fn interleaved(labels: &str) -> String {
    let now = vmotel_testkit::fresh_time()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis()
        - 2_000;
    let times: Vec<String> = (0..20)
        .map(|i| (now - 200_000 + i * 10_000).to_string())
        .collect();
    let values: Vec<String> = (0..20).map(|i| (100 + i + 1000 * (i % 2)).to_string()).collect();
    format!(
        "{{\"metric\":{{\"__name__\":\"orders_total\"{labels}}},\"values\":[{}],\"timestamps\":[{}]}}\n",
        values.join(","),
        times.join(",")
    )
}

#[test]
fn replicas_without_an_instance_id() {
    on_both(|version| {
        let server = server(version, &[]);
        server
            .import_json(&interleaved(",\"service.name\":\"shop\""))
            .unwrap();
        examine(&["--vm", &server.url()])
            .finds(&["replicas"])
            .exits(4)
            .with(
                "replicas",
                "critical",
                "no label tells them apart",
                "the counter fell",
                "service.instance.id",
            );
    });
}

#[test]
fn two_processes_of_one_instance() {
    on_both(|version| {
        let server = server(version, &[]);
        server.import_json(&interleaved(",\"instance\":\"a:1\"")).unwrap();
        examine(&["--vm", &server.url()]).finds(&["replicas"]).with(
            "replicas",
            "critical",
            "under one identity",
            "the counter fell",
            "a second sender",
        );
    });
}

#[test]
fn naming_flags_that_differ() {
    on_both(|version| {
        let (app, server) = (App::start(), server(version, &[]));
        let flags = ["-opentelemetry.usePrometheusNaming".to_owned()];
        let agent = Vmagent::start(version, &job(&app.address(), ""), &server.url(), &flags).unwrap();
        agent.wait_until_up("app", Duration::from_secs(20)).unwrap();
        server
            .import_text("http_server_duration_seconds_total 1\n")
            .unwrap();
        server.import_json("{\"metric\":{\"__name__\":\"http.server.duration\"},\"values\":[1],\"timestamps\":[1700000000000]}\n").unwrap();
        let fresh = vmotel_testkit::fresh_time()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis();
        server
            .import_json(&format!("{{\"metric\":{{\"__name__\":\"http.server.duration\"}},\"values\":[1],\"timestamps\":[{fresh}]}}\n"))
            .unwrap();
        examine(&["--vmagent", &agent.url(), "--vm", &server.url()])
            .finds(&["naming"])
            .exits(3)
            .with(
                "naming",
                "warning",
                "name what comes over OTLP differently",
                "vmagent: -opentelemetry.usePrometheusNaming",
                "same naming flags",
            )
            .with(
                "naming",
                "warning",
                "stored under two names",
                "http.server.duration and http_server_duration_seconds_total",
                "decide for one",
            );
    });
}

#[test]
fn naming_flags_in_force_are_a_note() {
    on_both(|version| {
        let server = server(version, &["-opentelemetry.usePrometheusNaming"]);
        examine(&["--vm", &server.url()]).finds(&[]).exits(0).with(
            "naming",
            "note",
            "naming flags are in force",
            "-opentelemetry.usePrometheusNaming",
            "cpu_time_seconds_total",
        );
    });
}
