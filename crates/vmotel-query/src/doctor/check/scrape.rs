//! Whoever scrapes: its configuration, its targets, its limits.

use super::scrape_error;
use crate::doctor::Finding;
use crate::doctor::reading::{Readings, Scraper, Target, Verdict};

/// Of the timeout; above, the next slow moment costs a scrape.
const NEAR_TIMEOUT: f64 = 0.8;
/// How many findings of one kind are listed one by one.
const MAX_LISTED: usize = 10;

pub(super) fn config(readings: &Readings) -> Verdict {
    let scraper = readings.scraper()?;
    let loaded = scraper.metrics.sum("vm_promscrape_config_last_reload_successful");
    if loaded != Some(0.0) {
        return Ok(Vec::new());
    }
    let errors = scraper
        .metrics
        .sum("vm_promscrape_config_reloads_errors_total")
        .unwrap_or(0.0);
    let file = scraper
        .metrics
        .flag("promscrape.config")
        .map_or("", |(file, _)| file);
    Ok(vec![
        Finding::critical(format!(
            "{} could not load its scrape configuration and goes on with the old one",
            scraper.name
        ))
        .evidence(format!(
            "vm_promscrape_config_last_reload_successful is 0, failed loads: {errors}"
        ))
        .evidence(format!("file: {file}"))
        .fix(format!(
            "see what is wrong: vmagent -promscrape.config={file} -dryRun; unknown fields are errors"
        ))
        .fix(format!("mend it, then: curl {}/-/reload", scraper.url)),
    ])
}

pub(super) fn targets(readings: &Readings) -> Verdict {
    let scraper = readings.scraper()?;
    let Scraper { name, url, .. } = scraper;
    if scraper.scraping.targets.is_empty() {
        let finding =
            Finding::critical(format!("{name} has no targets: nothing is scraped")).evidence(format!(
                "{url}/api/v1/targets lists none; {} were dropped by relabelling",
                scraper.scraping.dropped
            ));
        return Ok(vec![if scraper.scraping.dropped > 0 {
            finding.fix("look at relabel_configs: a `keep` whose source label is absent drops everything; in Kubernetes, pods need the annotation prometheus.io/scrape: \"true\"")
                .fix(format!("see each step: {url}/service-discovery"))
        } else {
            finding.fix("add a job to scrape_configs:\n  - job_name: app\n    static_configs:\n      - targets: [\"localhost:9464\"]")
        }]);
    }
    let Ok(app) = readings.app() else {
        return Ok(Vec::new());
    };
    if scraper
        .scraping
        .targets
        .iter()
        .any(|target| same_place(&target.url, &app.url))
    {
        return Ok(Vec::new());
    }
    let at = place(&app.url);
    let same_port =
        scraper.scraping.targets.iter().find(|target| {
            place(&target.url).is_some_and(|(_, port, _)| at.is_some_and(|(_, p, _)| p == port))
        });
    // The same app may have another name here than from there, so its own metrics decide.
    if same_port.is_some_and(|target| target.up) && all_stored(readings) {
        return Ok(Vec::new());
    }
    let (host, port, path) = at.unwrap_or(("localhost", "9464", "/metrics"));
    let mut finding =
        Finding::critical(format!("no target of {name} is the app at {}", app.url)).evidence(format!(
            "{} targets, for example {}",
            scraper.scraping.targets.len(),
            scraper.scraping.targets[0].url
        ));
    if let Some(target) = scraper
        .scraping
        .targets
        .iter()
        .find(|target| place(&target.url).is_some_and(|(h, _, _)| same_host(h, host)))
    {
        finding = finding
            .evidence(format!("the nearest is {} of job {}", target.url, target.job))
            .fix(format!(
                "if that is meant to be the app, correct its port and path to {host}:{port}{path}"
            ));
    }
    let metrics_path = if path == "/metrics" {
        String::new()
    } else {
        format!("\n    metrics_path: {path}")
    };
    Ok(vec![
        finding
            .fix(format!(
                "add a job to scrape_configs:\n  - job_name: app{metrics_path}\n    static_configs:\n      - targets: [\"{host}:{port}\"]"
            ))
            .fix("if the app has another name where the scraper runs, this is no fault: `app_stored` decides"),
    ])
}

fn all_stored(readings: &Readings) -> bool {
    let stored = readings
        .storage()
        .ok()
        .and_then(|storage| storage.stored.as_ref());
    stored.is_some_and(|stored| stored.asked == stored.found)
}

pub(super) fn up(readings: &Readings) -> Verdict {
    let scraper = readings.scraper()?;
    let down: Vec<&Target> = scraper
        .scraping
        .targets
        .iter()
        .filter(|target| !target.up && !target.last_error.is_empty())
        .collect();
    let mut findings: Vec<Finding> = down
        .iter()
        .take(MAX_LISTED)
        .map(|target| scrape_error::explain(target, scraper))
        .collect();
    if down.len() > MAX_LISTED {
        findings.push(
            Finding::critical(format!("{} more targets are down", down.len() - MAX_LISTED))
                .evidence(format!(
                    "{} of {} are down",
                    down.len(),
                    scraper.scraping.targets.len()
                ))
                .fix(format!(
                    "see them all: {}/targets?show_only_unhealthy=true",
                    scraper.url
                )),
        );
    }
    Ok(findings)
}

pub(super) fn empty(readings: &Readings) -> Verdict {
    let scraper = readings.scraper()?;
    let empty = scraper
        .scraping
        .targets
        .iter()
        .filter(|target| target.up && target.samples == 0);
    Ok(empty
        .take(MAX_LISTED)
        .map(|target| {
            Finding::critical(format!("{} of job {} is up but gives no sample", target.url, target.job))
                .evidence("lastSamplesScraped is 0, health is up: the answer is not of the text format, or metric_relabel_configs drop everything")
                .fix(format!("look at it: curl -s {} | head", target.url))
                .fix("correct metrics_path; a page of HTML, JSON or protobuf parses as no sample, without an error")
        })
        .collect())
}

pub(super) fn limits(readings: &Readings) -> Verdict {
    let scraper = readings.scraper()?;
    let metrics = scraper.metrics;
    let mut findings = Vec::new();
    let counters = [
        (
            "vm_promscrape_max_scrape_size_exceeded_errors_total",
            "answers are larger than the limit on their size; such a scrape is lost whole",
            "raise max_scrape_size of the job or -promscrape.maxScrapeSize (16 MiB by default), or expose less",
        ),
        (
            "vm_promscrape_scrapes_skipped_by_sample_limit_total",
            "answers have more samples than sample_limit; such a scrape is lost whole",
            "raise sample_limit of the job, or bound the labels of the app",
        ),
        (
            "vm_promscrape_scrapes_skipped_by_label_limit_total",
            "samples have more labels than label_limit; such a scrape is lost whole",
            "raise label_limit of the job, or take labels away",
        ),
    ];
    for (name, what, fix) in counters {
        let count = metrics.count(name).unwrap_or_default();
        if count.total > 0.0 {
            let text = format!("scrapes exceed a limit: {what}");
            let finding = if count.grown > 0.0 {
                Finding::critical(text)
            } else {
                Finding::warning(text)
            };
            findings.push(
                finding
                    .evidence(format!("{name}: {}", count.words(metrics.between)))
                    .fix(fix),
            );
        }
    }
    findings.extend(near_size(readings, scraper));
    Ok(findings)
}

/// The app's answer against the limit on size, before it is reached.
fn near_size(readings: &Readings, scraper: Scraper<'_>) -> Option<Finding> {
    let app = readings.app().ok()?;
    let limit: f64 = scraper.metrics.flag("promscrape.maxScrapeSize")?.0.parse().ok()?;
    let bytes = app.bytes as f64;
    (bytes > 0.5 * limit && bytes <= limit).then(|| {
        Finding::warning("the app's answer nears the limit on the size of a scrape")
            .evidence(format!("{bytes} of {limit} bytes"))
            .fix("raise max_scrape_size of the job or -promscrape.maxScrapeSize, or bound the labels of the app")
    })
}

pub(super) fn time(readings: &Readings) -> Verdict {
    let scraper = readings.scraper()?;
    let mut findings = Vec::new();
    for target in &scraper.scraping.targets {
        let Some(timeout) = target.timeout else { continue };
        if target.up && target.took > NEAR_TIMEOUT * timeout {
            findings.push(
                Finding::warning(format!("{} of job {} nearly takes its timeout", target.url, target.job))
                    .evidence(format!("the last scrape took {:.3} s of {timeout} s", target.took))
                    .fix("raise scrape_timeout (not above scrape_interval)")
                    .fix("look at what the app does on a scrape: slow callbacks of observable instruments, too many series"),
            );
        }
    }
    findings.truncate(MAX_LISTED);
    let timed_out = scraper
        .metrics
        .count("vm_promscrape_scrapes_timed_out_total")
        .unwrap_or_default();
    if timed_out.grown > 0.0 {
        findings.push(
            Finding::critical("scrapes time out")
                .evidence(format!("timed out: {}", timed_out.words(scraper.metrics.between)))
                .fix("raise scrape_timeout (not above scrape_interval), or make the target answer sooner"),
        );
    }
    Ok(findings)
}

/// Splits an address into host, port and path.
fn place(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = path.split('?').next().unwrap_or_default();
    let default = if scheme == "https" { "443" } else { "80" };
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, default));
    Some((host, port, if path.is_empty() { "/metrics" } else { path }))
}

fn same_place(a: &str, b: &str) -> bool {
    match (place(a), place(b)) {
        (Some((host_a, port_a, path_a)), Some((host_b, port_b, path_b))) => {
            same_host(host_a, host_b) && port_a == port_b && path_a == path_b
        }
        _ => false,
    }
}

fn same_host(a: &str, b: &str) -> bool {
    let local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0");
    a == b || (local(a) && local(b))
}

#[cfg(test)]
mod tests {
    use super::same_place;

    #[test]
    fn knows_the_same_place_by_other_names() {
        assert!(same_place(
            "http://localhost:1/metrics",
            "http://127.0.0.1:1/metrics?x=y"
        ));
        assert!(same_place("http://a/metrics", "http://a:80/metrics"));
        assert!(!same_place("http://a:1/metrics", "http://a:2/metrics"));
        assert!(!same_place("http://a:1/metrics", "http://a:1/other"));
    }
}
