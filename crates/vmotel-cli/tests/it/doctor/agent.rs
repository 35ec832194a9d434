use std::thread;
use std::time::Duration;

use vmotel_testkit::{Version, VictoriaMetrics, Vmagent};

use super::app::{App, job};
use super::report::{Report, examine, examine_growth};
use super::{nowhere, on_both, server};

/// Examines an agent without a server; waits until the targets were scraped.
fn with_agent(version: Version, config: &str, flags: &[&str], app: Option<&App>) -> Report {
    let server = server(version, &[]);
    let agent = agent(version, config, &server, flags);
    let mut args = vec!["--vmagent".to_owned(), agent.url()];
    if let Some(app) = app {
        args.extend(["--app".to_owned(), app.url()]);
    }
    examine_growth(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn agent(version: Version, config: &str, server: &VictoriaMetrics, flags: &[&str]) -> Vmagent {
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let agent = Vmagent::start(version, config, &server.url(), &flags).unwrap();
    wait_until_scraped(&agent);
    agent
}

/// Waits until each target has an error or samples, or was dropped.
fn wait_until_scraped(agent: &Vmagent) {
    for _ in 0..400 {
        let targets = agent.get("/api/v1/targets").unwrap().text();
        let json: serde_json::Value = serde_json::from_str(&targets).unwrap();
        let scraped = |target: &serde_json::Value| {
            target["health"] == "up"
                || target["lastError"]
                    .as_str()
                    .is_some_and(|error| !error.is_empty())
        };
        let list = |name: &str| json["data"][name].as_array().unwrap().clone();
        let (active, dropped) = (list("activeTargets"), list("droppedTargets"));
        if active.len() + dropped.len() > 0 && active.iter().all(scraped) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("the targets were not scraped");
}

#[test]
fn a_target_at_the_wrong_port() {
    on_both(|version| {
        let (app, wrong) = (App::start(), nowhere());
        let config = job(wrong.strip_prefix("http://").unwrap(), "");
        let right = format!("correct its port and path to {}/metrics", app.address());
        with_agent(version, &config, &[], Some(&app))
            .finds(&["target_up", "targets"])
            .exits(4)
            .with(
                "target_up",
                "critical",
                "nothing listens there",
                "connection refused",
                "correct the port in scrape_configs",
            )
            .with(
                "targets",
                "critical",
                "no target of vmagent is the app",
                &wrong,
                &right,
            );
    });
}

#[test]
fn a_target_at_the_wrong_path() {
    on_both(|version| {
        let app = App::start();
        let config = job(&app.address(), "  metrics_path: /stats\n");
        with_agent(version, &config, &[], Some(&app))
            .finds(&["target_up", "targets"])
            .with(
                "target_up",
                "critical",
                "wrong path",
                "/metrics answers with the metrics of an application",
                "set metrics_path: /metrics for the job app",
            );
    });
}

#[test]
fn no_targets() {
    on_both(|version| {
        let app = App::start();
        let relabel = "  relabel_configs:\n  - {action: keep, source_labels: [absent], regex: yes}\n";
        with_agent(version, &job(&app.address(), relabel), &[], None)
            .finds(&["targets"])
            .with(
                "targets",
                "critical",
                "vmagent has no targets",
                "1 were dropped by relabelling",
                "prometheus.io/scrape",
            );
    });
}

#[test]
fn a_scrape_that_is_too_large() {
    on_both(|version| {
        let app = App::start();
        with_agent(
            version,
            &job(&app.address(), ""),
            &["-promscrape.maxScrapeSize=500"],
            Some(&app),
        )
        .finds(&["scrape_limits", "target_up"])
        .with(
            "target_up",
            "critical",
            "larger than the limit on its size",
            "500",
            "max_scrape_size",
        )
        .with(
            "scrape_limits",
            "critical",
            "larger than the limit",
            "since the start",
            "-promscrape.maxScrapeSize",
        );
    });
}

#[test]
fn a_scrape_with_too_many_samples() {
    on_both(|version| {
        let app = App::start();
        with_agent(
            version,
            &job(&app.address(), "  sample_limit: 3\n"),
            &[],
            Some(&app),
        )
        .finds(&["scrape_limits", "target_up"])
        .with(
            "target_up",
            "critical",
            "more samples than sample_limit",
            "sample_limit",
            "raise sample_limit of the job",
        )
        .with(
            "scrape_limits",
            "critical",
            "more samples than sample_limit",
            "since the start",
            "bound the labels",
        );
    });
}

#[test]
fn a_target_that_gives_nothing() {
    on_both(|version| {
        let server = server(version, &[]);
        let config = job(server.address(), "  metrics_path: /\n");
        with_agent(version, &config, &[], None)
            .finds(&["target_empty"])
            .exits(4)
            .with(
                "target_empty",
                "critical",
                "is up but gives no sample",
                "lastSamplesScraped is 0",
                "correct metrics_path",
            );
    });
}

#[test]
fn a_configuration_that_cannot_be_loaded() {
    on_both(|version| {
        let (app, server) = (App::start(), server(version, &[]));
        let agent = agent(version, &job(&app.address(), ""), &server, &[]);
        std::fs::write(
            agent.dir().join("scrape.yml"),
            "scrape_configs: []\nremote_write: []\n",
        )
        .unwrap();
        agent.get("/-/reload").unwrap();
        for _ in 0..400 {
            if agent
                .get("/metrics")
                .unwrap()
                .text()
                .contains("vm_promscrape_config_last_reload_successful 0")
            {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        examine(&["--vmagent", &agent.url()])
            .finds(&["scrape_config"])
            .exits(4)
            .with(
                "scrape_config",
                "critical",
                "could not load its scrape configuration",
                "last_reload_successful is 0",
                "-dryRun",
            );
    });
}

#[test]
fn a_server_that_vmagent_cannot_reach() {
    on_both(|version| {
        let app = App::start();
        let agent = Vmagent::start(version, &job(&app.address(), ""), &nowhere(), &[]).unwrap();
        agent.wait_until_up("app", Duration::from_secs(20)).unwrap();
        wait_for_metric(&agent, "vmagent_remotewrite_retries_count_total");
        let report = examine(&["--vmagent", &agent.url()]);
        report.exits(4).with(
            "remote_write_delivery",
            "critical",
            "cannot reach the server it writes to",
            "no block was sent",
            "correct -remoteWrite.url",
        );
    });
}

#[test]
fn a_path_that_the_server_does_not_have() {
    on_both(|version| {
        let (app, server) = (App::start(), server(version, &[]));
        // The path of a cluster, on a single node.
        let wrong = format!("{}/insert/0/prometheus", server.url());
        let agent = Vmagent::start(version, &job(&app.address(), ""), &wrong, &[]).unwrap();
        wait_for_metric(&agent, "vmagent_remotewrite_packets_dropped_total");
        examine_growth(&[
            "--app",
            &app.url(),
            "--vmagent",
            &agent.url(),
            "--vm",
            &server.url(),
        ])
        .finds(&[
            "app_stored",
            "remote_write_delivery",
            "remote_write_drops",
            "unknown_paths",
        ])
        .with(
            "remote_write_delivery",
            "critical",
            "refuses what vmagent writes",
            "since the start",
            "/api/v1/write for a single node",
        )
        .with(
            "remote_write_drops",
            "critical",
            "drops what the server refuses",
            "packets_dropped",
            "-remoteWrite.url",
        )
        .with(
            "unknown_paths",
            "warning",
            "use a path that it does not have",
            "since the start",
            "/opentelemetry/v1/metrics",
        )
        .with(
            "app_stored",
            "critical",
            "no metric of the app is in the server",
            "names are not in",
            "not delivering",
        );
    });
}

/// Waits until a metric of a server's own is above zero.
fn wait_for_metric(agent: &Vmagent, name: &str) {
    for _ in 0..600 {
        let text = agent.get("/metrics").unwrap().text();
        let mut lines = text.lines().filter(|line| line.starts_with(name));
        if lines.any(|line| !line.ends_with(" 0")) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{name} stays at zero");
}
