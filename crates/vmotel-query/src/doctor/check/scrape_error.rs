//! Why a target is down, by the scraper's last error and by what the doctor itself gets from it.

use crate::doctor::Finding;
use crate::doctor::reading::{Cause, Scraper, Target};

/// A part of the scraper's message, what it means, and what helps.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "connection refused",
        "nothing listens there",
        "start the service, or correct the port in scrape_configs; a service that binds 127.0.0.1 is not seen from other machines or \
         containers: set OTEL_EXPORTER_PROMETHEUS_HOST=0.0.0.0",
    ),
    (
        "no such host",
        "the name of the host is not known",
        "correct the host in scrape_configs; in compose it is the name of the service, in Kubernetes NAME.NAMESPACE.svc",
    ),
    (
        "max_scrape_size",
        "the answer is larger than the limit on its size",
        "raise max_scrape_size of the job or -promscrape.maxScrapeSize, or bound the labels of the app",
    ),
    (
        "maxScrapeSize",
        "the answer is larger than the limit on its size",
        "raise max_scrape_size of the job or -promscrape.maxScrapeSize, or bound the labels of the app",
    ),
    (
        "sample_limit",
        "the answer has more samples than sample_limit",
        "raise sample_limit of the job, or bound the labels of the app",
    ),
    (
        "label_limit",
        "a sample has more labels than label_limit",
        "raise label_limit of the job, or take labels away",
    ),
    (
        "server gave HTTP response to HTTPS client",
        "the scraper speaks https, the target http",
        "set scheme: http for the job",
    ),
    (
        "certificate",
        "the certificate of the target is not trusted",
        "set tls_config with ca_file for the job",
    ),
    (
        ": 401",
        "the target asks for credentials",
        "set basic_auth or bearer_token_file for the job",
    ),
    (
        ": 403",
        "the target refuses the credentials",
        "correct basic_auth or bearer_token_file of the job",
    ),
    (
        ": 404",
        "there is nothing at this path: wrong path",
        "correct metrics_path of the job",
    ),
    (
        ": 400",
        "the target does not know this path: wrong path or wrong port",
        "correct metrics_path and the port of the job",
    ),
    (
        ": 405",
        "the target does not answer GET at this path: wrong path",
        "correct metrics_path of the job",
    ),
    (
        "timeout",
        "the target does not answer in time",
        "look for a firewall or network policy between the two; or raise scrape_timeout (not above scrape_interval)",
    ),
    (
        "deadline",
        "the target does not answer in time",
        "look for a firewall or network policy between the two; or raise scrape_timeout (not above scrape_interval)",
    ),
    (
        ": 50",
        "the target fails to answer",
        "look at the log of the target",
    ),
];

pub(super) fn explain(target: &Target, scraper: Scraper<'_>) -> Finding {
    let error = &target.last_error;
    let known = MEANINGS.iter().find(|(part, _, _)| error.contains(part));
    let meaning = known.map_or("the scrape fails", |(_, meaning, _)| *meaning);
    let mut finding = Finding::critical(format!("{} of job {} is down: {meaning}", target.url, target.job))
        .evidence(format!("last error of {}: {}", scraper.name, short(error)));
    match &target.probe {
        // A limit of the scraper's own says nothing about the way.
        Some(Ok(_)) if error.contains("limit") || error.contains("max_scrape_size") => {}
        Some(Ok(kind)) => {
            finding = finding
                .evidence(format!("from here, {} answers with the metrics of {kind}", target.url))
                .fix(format!(
                    "it is reachable from here but not from {}: a firewall or network policy, or it binds 127.0.0.1 only",
                    scraper.name
                ));
        }
        Some(Err(unread)) => {
            if unread.cause == Cause::Connect {
                finding = finding.evidence("from here, nothing listens there either");
            }
            if let Some((place, kind)) = unread.instead.first() {
                let path = place.splitn(4, '/').nth(3).unwrap_or("metrics");
                finding = finding
                    .evidence(format!("{place} answers with the metrics of {kind}"))
                    .fix(format!("set metrics_path: /{path} for the job {}", target.job));
            }
        }
        None => {}
    }
    finding.fix(known.map_or("look at the log of the target", |(_, _, fix)| *fix))
}

fn short(error: &str) -> String {
    error.chars().take(300).collect()
}
