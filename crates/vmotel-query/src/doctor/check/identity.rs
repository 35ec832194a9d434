//! Who writes which series: names, processes, scrapers, clocks.

use std::collections::BTreeMap;

use crate::doctor::Finding;
use crate::doctor::metrics::Metrics;
use crate::doctor::reading::{Falling, Readings, Up, Verdict};

/// The flags that change the names of what comes over OTLP.
const NAMING_FLAGS: [&str; 3] = [
    "opentelemetry.usePrometheusNaming",
    "opentelemetry.convertMetricNamesToPrometheus",
    "usePromCompatibleNaming",
];
/// More samples than the interval explains.
const TWICE: f64 = 1.5;
/// A share of samples that fall, which no restart explains.
const FALLING_SHARE: f64 = 0.15;
/// Clocks further apart than this, in seconds, are a note, a warning, a critical finding.
const CLOCK: [f64; 2] = [5.0, 60.0];

pub(super) fn naming(readings: &Readings) -> Verdict {
    let storage = readings.storage()?;
    let mut findings = Vec::new();
    let set = flags(&storage.metrics);
    if let Ok(agent) = readings.agent() {
        let other = flags(&agent.metrics);
        if set != other {
            findings.push(
                Finding::warning("VictoriaMetrics and vmagent name what comes over OTLP differently")
                    .evidence(format!("VictoriaMetrics: {}; vmagent: {}", words(&set), words(&other)))
                    .fix("give both the same naming flags; a metric sent to the one and to the other has two names else"),
            );
        }
    }
    let doubles = doubles(&storage.names);
    if let Some((dotted, plain)) = doubles.first() {
        findings.push(
            Finding::warning(format!(
                "{} metrics are stored under two names: with dots and in Prometheus' form",
                doubles.len()
            ))
            .evidence(format!("for example {dotted} and {plain}"))
            .evidence(format!("naming flags of VictoriaMetrics: {}", words(&set)))
            .fix("decide for one: -opentelemetry.usePrometheusNaming on every receiver, or names without dots from every sender \
                  (vmotel's `Parity` strategy gives the same name either way)")
            .fix("until the old series are gone, query both: {__name__=~\"old|new\"}"),
        );
    }
    if !set.is_empty() && findings.is_empty() {
        findings.push(
            Finding::note(
                "naming flags are in force: OTLP metrics are stored under other names than they are sent",
            )
            .evidence(format!("VictoriaMetrics: {}", words(&set)))
            .fix("query cpu.time in seconds as cpu_time_seconds_total, and http.method as http_method"),
        );
    }
    Ok(findings)
}

fn flags(metrics: &Metrics) -> Vec<&'static str> {
    NAMING_FLAGS
        .into_iter()
        .filter(|flag| metrics.flag_is_on(flag))
        .collect()
}

fn words(flags: &[&str]) -> String {
    if flags.is_empty() {
        return "none".to_owned();
    }
    flags
        .iter()
        .map(|flag| format!("-{flag}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Names with dots that also occur in Prometheus' form, with a unit or `_total` behind it or without.
fn doubles(names: &[String]) -> Vec<(&str, &str)> {
    let mut plain: BTreeMap<&str, &str> = BTreeMap::new();
    for name in names.iter().filter(|name| !name.contains('.')) {
        plain.insert(name, name);
        for end in [
            "_total",
            "_seconds",
            "_bytes",
            "_ratio",
            "_seconds_total",
            "_bytes_total",
        ] {
            if let Some(base) = name.strip_suffix(end) {
                plain.entry(base).or_insert(name);
            }
        }
    }
    names
        .iter()
        .filter(|name| name.contains('.'))
        .filter_map(|dotted| Some((dotted.as_str(), *plain.get(dotted.replace('.', "_").as_str())?)))
        .collect()
}

pub(super) fn duplicate_scrapers(readings: &Readings) -> Verdict {
    let scraper = readings.scraper()?;
    let mut findings = Vec::new();
    let mut by_url: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for target in &scraper.scraping.targets {
        by_url.entry(&target.url).or_default().push(&target.job);
    }
    for (url, mut jobs) in by_url.into_iter().filter(|(_, jobs)| jobs.len() > 1).take(5) {
        jobs.sort_unstable();
        findings.push(
            Finding::warning(format!(
                "{url} is scraped by {} jobs: sums count it {} times",
                jobs.len(),
                jobs.len()
            ))
            .evidence(format!("jobs: {}", jobs.join(", ")))
            .fix("keep it in one job of scrape_configs"),
        );
    }
    let Ok(storage) = readings.storage() else {
        return if findings.is_empty() {
            Err("needs --vm".to_owned())
        } else {
            Ok(findings)
        };
    };
    let dedup = storage
        .metrics
        .flag("dedup.minScrapeInterval")
        .map_or("0s", |(value, _)| value);
    if !matches!(dedup, "0s" | "0" | "") {
        return Ok(findings);
    }
    for up in &storage.ups {
        let expected = up.window / up.interval;
        if too_often(up) {
            findings.push(
                Finding::warning(format!(
                    "{} of job {} is scraped about {:.0} times as often as its interval says",
                    up.instance,
                    up.job,
                    up.samples / expected
                ))
                .evidence(format!(
                    "{} samples of `up` in {} s, expected {expected:.0} at an interval of {} s; -dedup.minScrapeInterval is not set",
                    up.samples, up.window, up.interval
                ))
                .fix("several scrapers have this target: stop one, or split the targets among them with -promscrape.cluster.membersCount \
                      and -promscrape.cluster.memberNum")
                .fix(format!("if both are meant (high availability), set -dedup.minScrapeInterval={}s on VictoriaMetrics", up.interval)),
            );
        }
    }
    findings.truncate(5);
    Ok(findings)
}

fn too_often(up: &Up) -> bool {
    up.samples > TWICE * up.window / up.interval
}

pub(super) fn replicas(readings: &Readings) -> Verdict {
    let storage = readings.storage()?;
    // Scrapers that race each other also make counters fall; `duplicate_scrapers` tells of those.
    let raced = |series: &Falling| {
        let of_target = |up: &Up| series.series.contains(&format!("instance={:?}", up.instance));
        storage.ups.iter().any(|up| too_often(up) && of_target(up))
    };
    let mixed = storage.falling.iter().filter(|series| {
        series.samples > 0.0 && series.resets / series.samples > FALLING_SHARE && !raced(series)
    });
    Ok(mixed
        .map(|series| {
            let finding = Finding::critical(if series.has_instance {
                format!("several processes write {} under one identity", series.series)
            } else {
                format!("several processes write {}: no label tells them apart", series.series)
            })
            .evidence(format!(
                "the counter fell {} times in {} samples of 5 minutes; rate() and increase() over it are wrong",
                series.resets, series.samples
            ));
            if series.has_instance {
                finding.fix("look for a second sender with the same instance, or for two agents that relabel to one name")
            } else {
                finding
                    .fix("give each process an id: OTEL_RESOURCE_ATTRIBUTES=service.instance.id=$(hostname); in Kubernetes from the pod's name")
                    .fix("when pushing through vmagent: -remoteWrite.label does not help, it is the same for all; let each process send its own")
            }
        })
        .collect())
}

pub(super) fn clock(readings: &Readings) -> Verdict {
    let app = readings
        .app()
        .ok()
        .map(|it| ("the app", it.url.as_str(), it.ahead));
    let agent = readings
        .agent()
        .ok()
        .map(|it| ("vmagent", it.url.as_str(), it.ahead));
    let storage = readings
        .storage()
        .ok()
        .map(|it| ("VictoriaMetrics", it.url.as_str(), it.ahead));
    let alert = readings
        .alert()
        .ok()
        .map(|it| ("vmalert", it.url.as_str(), it.ahead));
    let clocks: Vec<(&str, &str, f64)> = [app, agent, storage, alert]
        .into_iter()
        .flatten()
        .filter_map(|(name, url, ahead)| Some((name, url, ahead?)))
        .collect();
    if clocks.is_empty() {
        return Err("no server tells its time".to_owned());
    }
    Ok(clocks
        .iter()
        .filter(|(_, _, ahead)| ahead.abs() > CLOCK[0])
        .map(|(name, url, ahead)| {
            let way = if *ahead > 0.0 { "ahead of" } else { "behind" };
            let text = format!("the clock of {name} is {:.0} s {way} the one here", ahead.abs());
            let finding = if ahead.abs() > CLOCK[1] { Finding::critical(text) } else { Finding::warning(text) };
            finding
                .evidence(format!("the Date header of {url} differs by {ahead:.1} s"))
                .fix("run a time service on both machines (chrony, systemd-timesyncd); samples of the future are hidden, those of the past \
                      fall out of rate() windows, and beyond 2 days ahead they are dropped")
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::reading::{Agent, Storage};

    #[test]
    fn finds_two_names_of_one_metric() {
        let names: Vec<String> = ["a.b", "a_b_seconds", "c.d", "c_d", "e.f", "g_total"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(doubles(&names), [("a.b", "a_b_seconds"), ("c.d", "c_d")]);
    }

    #[test]
    fn judges_clocks() {
        let with = |ahead| Readings {
            agent: Some(Ok(Agent {
                ahead: Some(ahead),
                ..Agent::default()
            })),
            ..Readings::default()
        };
        assert!(clock(&with(2.0)).unwrap().is_empty());
        assert_eq!(
            clock(&with(-30.0)).unwrap()[0].severity,
            crate::doctor::Severity::Warning
        );
        let far = &clock(&with(7200.0)).unwrap()[0];
        assert_eq!(far.severity, crate::doctor::Severity::Critical);
        assert_eq!(
            far.finding,
            "the clock of vmagent is 7200 s ahead of the one here"
        );
        assert!(clock(&Readings::default()).is_err());
    }

    #[test]
    fn a_restart_is_not_a_replica() {
        let with = |resets| Readings {
            storage: Some(Ok(Storage {
                falling: vec![Falling {
                    resets,
                    samples: 100.0,
                    ..Falling::default()
                }],
                ..Storage::default()
            })),
            ..Readings::default()
        };
        assert!(replicas(&with(5.0)).unwrap().is_empty());
        assert_eq!(replicas(&with(50.0)).unwrap().len(), 1);
    }
}
