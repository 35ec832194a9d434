use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use vmotel_testkit::{VictoriaMetrics, Vmagent};

use super::app::{App, job, stub};
use super::report::{Report, examine, examine_growth};
use super::{on_both, server};

fn of(server: &VictoriaMetrics) -> Report {
    examine(&["--vm", &server.url()])
}

fn now_millis() -> i64 {
    let now = vmotel_testkit::fresh_time().duration_since(UNIX_EPOCH).unwrap() - Duration::from_secs(2);
    i64::try_from(now.as_millis()).unwrap()
}

#[test]
fn the_address_of_another_server() {
    on_both(|version| {
        let server = server(version, &[]);
        let agent = Vmagent::start(version, "scrape_configs: []\n", &server.url(), &[]).unwrap();
        examine(&["--vm", &agent.url()])
            .finds(&["storage_reachable"])
            .exits(4)
            .with(
                "storage_reachable",
                "critical",
                "is not VictoriaMetrics",
                "these are the metrics of vmagent",
                "correct the port or path of --vm",
            );
    });
}

#[test]
fn credentials_that_are_missing() {
    on_both(|version| {
        let server = server(version, &["-httpAuth.username=me", "-httpAuth.password=s3cret"]);
        of(&server).finds(&["storage_reachable"]).with(
            "storage_reachable",
            "critical",
            "refuses the credentials",
            "401",
            "VMOTEL_PASSWORD_FILE",
        );
    });
}

#[test]
fn series_with_too_many_labels() {
    on_both(|version| {
        let server = server(version, &[]);
        let labels: Vec<String> = (0..60).map(|i| format!("l{i}=\"v\"")).collect();
        server
            .import_text(&format!("wide{{{}}} 1\n", labels.join(",")))
            .unwrap();
        of(&server).finds(&["rows_ignored"]).exits(3).with(
            "rows_ignored",
            "warning",
            "too many labels",
            "1 since the start",
            "-maxLabelsPerTimeseries",
        );
    });
}

#[test]
fn samples_of_a_wrong_clock() {
    on_both(|version| {
        let server = server(version, &["-retentionPeriod=30d"]);
        let day = 86_400_000;
        let (ahead, behind) = (now_millis() + 5 * day, now_millis() - 60 * day);
        server
            .import_json(&format!(
                "{{\"metric\":{{\"__name__\":\"m\"}},\"values\":[1,2,3],\"timestamps\":[{ahead},{behind},{}]}}\n",
                behind + 1
            ))
            .unwrap();
        of(&server)
            .finds(&["rows_ignored"])
            .with(
                "rows_ignored",
                "warning",
                "in the future",
                "1 since the start",
                "correct the clock",
            )
            .with(
                "rows_ignored",
                "warning",
                "older than the retention",
                "2 since the start",
                "-retentionPeriod",
            );
    });
}

#[test]
fn what_is_lost_now_is_critical() {
    on_both(|version| {
        let server = server(version, &[]);
        thread::scope(|scope| {
            let examined = scope.spawn(|| examine_growth(&["--vm", &server.url()]));
            while !examined.is_finished() {
                server
                    .send(
                        "POST",
                        "/api/v1/import/prometheus",
                        &[],
                        b"this is { not a metric\n",
                    )
                    .unwrap();
                thread::sleep(Duration::from_millis(20));
            }
            examined.join().unwrap().finds(&["rows_invalid"]).exits(4).with(
                "rows_invalid",
                "critical",
                "cannot parse rows of prometheus",
                "of them in the last",
                "promtool check metrics",
            );
        });
    });
}

#[test]
fn a_sender_at_the_wrong_path() {
    on_both(|version| {
        let server = server(version, &[]);
        thread::scope(|scope| {
            let examined = scope.spawn(|| examine_growth(&["--vm", &server.url()]));
            while !examined.is_finished() {
                // The path of the OTLP specification, which VictoriaMetrics does not have.
                let _ = server.send("POST", "/v1/metrics", &[], b"");
                thread::sleep(Duration::from_millis(20));
            }
            examined.join().unwrap().finds(&["unknown_paths"]).with(
                "unknown_paths",
                "warning",
                "use a path that it does not have",
                "of them in the last",
                "OTLP goes to /opentelemetry/v1/metrics",
            );
        });
    });
}

#[test]
fn a_full_disk() {
    on_both(|version| {
        let server = server(version, &["-storage.minFreeDiskSpaceBytes=1000TB"]);
        of(&server).finds(&["disk"]).exits(4).with(
            "disk",
            "critical",
            "the server is read-only",
            "free at",
            "enlarge the volume",
        );
    });
}

#[test]
fn a_limit_on_series_that_is_reached() {
    on_both(|version| {
        let server = server(version, &["-storage.maxHourlySeries=20"]);
        let text: String = (0..100).map(|i| format!("m{{i=\"{i}\"}} 1\n")).collect();
        server.import_text(&text).unwrap();
        of(&server).finds(&["series_limits"]).exits(3).with(
            "series_limits",
            "warning",
            "hourly limit on series of VictoriaMetrics is reached",
            "-storage.maxHourlySeries",
            "bound it in the app",
        );
    });
}

#[test]
fn a_limit_on_series_that_is_near() {
    on_both(|version| {
        let server = server(version, &["-storage.maxDailySeries=100"]);
        let text: String = (0..90).map(|i| format!("m{{i=\"{i}\"}} 1\n")).collect();
        server.import_text(&text).unwrap();
        of(&server).finds(&["series_limits"]).with(
            "series_limits",
            "warning",
            "daily limit on series of VictoriaMetrics is near",
            "of 100 series",
            "raise -storage.maxDailySeries",
        );
    });
}

#[test]
fn a_label_with_endless_values() {
    on_both(|version| {
        let server = server(version, &[]);
        let text: String = (0..3000)
            .map(|i| format!("requests_total{{user_id=\"{i}\",job=\"a\"}} 1\n"))
            .collect();
        server.import_text(&text).unwrap();
        // The doctor asks about now, in whole seconds: all of the samples must be older than that.
        thread::sleep(Duration::from_secs(3));
        of(&server).finds(&["cardinality"]).exits(3).with(
            "cardinality",
            "warning",
            "label user_id has 3000 values",
            "requests_total (3000)",
            "regex: user_id",
        );
    });
}

#[test]
fn series_that_come_and_go() {
    on_both(|version| {
        let server = server(version, &[]);
        let text: String = (0..1500)
            .map(|i| format!("requests_total{{pod=\"p{}\",path=\"{}\"}} 1\n", i / 30, i % 30))
            .collect();
        let config = job(&stub("200 OK", "", text), "");
        let agent = Vmagent::start(version, &config, &server.url(), &[]).unwrap();
        agent.wait_until_up("app", Duration::from_secs(20)).unwrap();
        server
            .wait_for("count(requests_total)", Duration::from_secs(20), |count| {
                !count.is_empty()
            })
            .unwrap();
        // A target that is taken away ends all its series.
        std::fs::write(agent.dir().join("scrape.yml"), "scrape_configs: []\n").unwrap();
        agent.get("/-/reload").unwrap();
        server.import_text("alive 1\n").unwrap();
        server
            .wait_for(
                "count(requests_total) or vector(0)",
                Duration::from_secs(20),
                |count| count[0].value == 0.0,
            )
            .unwrap();
        // The doctor asks about now, in whole seconds; the kit asked about two seconds later.
        thread::sleep(Duration::from_secs(3));
        of(&server).finds(&["churn"]).exits(3).with(
            "churn",
            "warning",
            "series come and go",
            "with a sample in the last 5 minutes",
            "changes with each request",
        );
    });
}

#[test]
fn a_share_of_memory_that_leaves_none() {
    on_both(|version| {
        let server = server(version, &["-memory.allowedPercent=95"]);
        of(&server).finds(&["memory_share"]).exits(3).with(
            "memory_share",
            "warning",
            "caches may take nearly all memory",
            "-memory.allowedPercent is 95",
            "-memory.allowedPercent=60",
        );
    });
}

#[test]
fn a_clock_that_is_wrong() {
    let date = httpdate_of(now_millis() - 3_600_000);
    let headers: &'static str = Box::leak(format!("Date: {date}\r\n").into_boxed_str());
    let app = stub("200 OK", headers, "a_total 1\n");
    examine(&["--app", &format!("http://{app}")])
        .finds(&["clock"])
        .exits(4)
        .with(
            "clock",
            "critical",
            "the clock of the app is 3600 s behind",
            "Date header",
            "chrony",
        );
}

/// Writes a time as the header `Date` does, by the tool `date`.
fn httpdate_of(millis: i64) -> String {
    let output = std::process::Command::new("date")
        .env("LC_ALL", "C")
        .args([
            "-u",
            "-d",
            &format!("@{}", millis / 1000),
            "+%a, %d %b %Y %H:%M:%S GMT",
        ])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn an_app_that_nobody_scrapes() {
    on_both(|version| {
        let (app, server) = (App::start(), server(version, &[]));
        examine(&["--app", &app.url(), "--vm", &server.url()])
            .finds(&["app_stored"])
            .exits(4)
            .with(
                "app_stored",
                "critical",
                "no metric of the app is in the server",
                "orders_total",
                "target missing",
            );
    });
}
