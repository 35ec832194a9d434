//! The application's own metrics.

use std::collections::BTreeMap;

use crate::doctor::Finding;
use crate::doctor::exposition::Sample;
use crate::doctor::reading::{App, Readings, Verdict};

/// VictoriaMetrics' defaults: labels of a series with its name, bytes of a label's name, bytes of its value.
const MAX_LABELS: usize = 40;
const MAX_NAME_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 4096;
/// What the scraper adds: job and instance.
const ADDED_LABELS: usize = 2;

pub(super) fn format(readings: &Readings) -> Verdict {
    let app = readings.app()?;
    let exposition = &app.metrics.after;
    let mut findings = Vec::new();
    if exposition.bad_lines > 0 {
        findings.push(
            Finding::warning(format!(
                "{} lines are not of the text format; the scraper skips them without a word",
                exposition.bad_lines
            ))
            .evidence(format!("for example {:?}", exposition.bad_examples))
            .evidence(format!("the content type is {:?}", app.content_type))
            .fix("write names as [a-zA-Z_:][a-zA-Z0-9_:]*, escape \\, \" and line ends in label values, give each sample one number"),
        );
    }
    if exposition.duplicates > 0 {
        findings.push(
            Finding::warning(format!(
                "{} samples repeat the name and labels of another one; which of them counts is left to chance",
                exposition.duplicates
            ))
            .evidence(format!("for example {:?}", exposition.duplicate_examples))
            .fix("register each metric once, or give the instances a label that tells them apart"),
        );
    }
    let stamped = exposition
        .samples
        .iter()
        .filter(|sample| sample.timestamp)
        .count();
    if stamped > 0 {
        findings.push(
            Finding::note(format!(
                "{stamped} samples carry timestamps, which the scraper ignores"
            ))
            .fix("leave the timestamps out, or set honor_timestamps: true for the job"),
        );
    }
    findings.extend(refused(readings, app));
    Ok(findings)
}

/// Series that the server will drop, told before it does.
fn refused(readings: &Readings, app: &App) -> Option<Finding> {
    let limit = |flag: &str, default: usize| {
        let storage = readings.storage().ok();
        let value = storage.and_then(|storage| storage.metrics.flag(flag)?.0.parse().ok());
        value.unwrap_or(default)
    };
    let labels = limit("maxLabelsPerTimeseries", MAX_LABELS);
    let name = limit("maxLabelNameLen", MAX_NAME_BYTES);
    let value = limit("maxLabelValueLen", MAX_VALUE_BYTES);
    let why = |sample: &Sample| -> Option<String> {
        let count = sample.labels.len() + 1 + ADDED_LABELS;
        if count > labels {
            return Some(format!(
                "{} has {count} labels with its name, job and instance; the server takes {labels}",
                sample.name
            ));
        }
        sample.labels.iter().find_map(|(key, text)| {
            if key.len() > name {
                return Some(format!(
                    "{} has a label with a name of {} bytes; the server takes {name}",
                    sample.name,
                    key.len()
                ));
            }
            (text.len() > value).then(|| {
                format!(
                    "{}: the value of label {key} has {} bytes; the server takes {value}",
                    sample.name,
                    text.len()
                )
            })
        })
    };
    let reasons: Vec<String> = app.metrics.after.samples.iter().filter_map(why).collect();
    let first = reasons.first()?;
    Some(
        Finding::critical(format!(
            "{} series of the app exceed the server's limits on labels; it drops them whole and answers with success",
            reasons.len()
        ))
        .evidence(first.clone())
        .fix("take labels away or shorten values: text without bound belongs into logs")
        .fix("raise -maxLabelsPerTimeseries, -maxLabelNameLen or -maxLabelValueLen of VictoriaMetrics and vmagent"),
    )
}

pub(super) fn sources(readings: &Readings) -> Verdict {
    let app = readings.app()?;
    let ups: Vec<&Sample> = app.metrics.after.named("vmotel_exporter_source_up").collect();
    if ups.is_empty() {
        return Err("the app has no exporter of vmotel".to_owned());
    }
    let panics = app
        .metrics
        .count("vmotel_exporter_callback_panics_total")
        .unwrap_or_default();
    let panicked = (panics.total > 0.0).then(|| {
        Finding::warning("callbacks of observable instruments panic: what they measure is missing")
            .evidence(format!(
                "calls that panicked: {}",
                panics.words(app.metrics.between)
            ))
            .fix("the app's log names the instrument, with target vmotel_exporter: mend its callback")
    });
    let down = ups.iter().filter(|sample| sample.value == 0.0);
    Ok(down
        .map(|sample| {
            let source = sample.label("source");
            let faults = app.metrics.value("vmotel_exporter_source_faults_total", "source", source);
            let finding = Finding::critical(format!(
                "the source {source} of the app's exporter is down: its metrics are missing from every scrape"
            ))
            .evidence(format!(
                "vmotel_exporter_source_up{{source={source:?}}} is 0 after {} failed collections",
                faults.unwrap_or(0.0)
            ));
            if source == "opentelemetry_sdk" {
                finding
                    .fix("a callback of an observable instrument panicked: the log names it; mend it and restart the app")
                    .fix("set fail_on_any_source, so that `up` falls to 0 and an alert fires")
            } else {
                finding.fix("look for the warning of target vmotel_exporter in the app's log")
            }
        })
        .chain(panicked)
        .collect())
}

pub(super) fn dropped(readings: &Readings) -> Verdict {
    let app = readings.app()?;
    let metrics = &app.metrics;
    if metrics.sum("vmotel_exporter_series").is_none() {
        return Err("the app has no exporter of vmotel".to_owned());
    }
    let by_reason = metrics.count_by("vmotel_exporter_dropped_series_total", &["reason"]);
    let mut findings: Vec<Finding> = by_reason
        .into_iter()
        .map(|(reason, count)| {
            let fix = match reason.as_str() {
                "type" => "two instruments share a name with different types: rename one",
                "name" => "a name that is empty, invalid or reserved (up, scrape_...): rename the instrument",
                _ => "the app's log names the series once, with target vmotel_exporter",
            };
            Finding::warning(format!("the app's exporter leaves series out (reason {reason})"))
                .evidence(format!("series left out: {}", count.words(metrics.between)))
                .fix(fix)
        })
        .collect();
    let refused = metrics
        .count("vmotel_exporter_refused_measurements_total")
        .unwrap_or_default();
    if refused.total > 0.0 {
        findings.push(
            Finding::warning("the app records what is no number, or takes from a counter: it is refused")
                .evidence(format!(
                    "measurements refused: {}",
                    refused.words(metrics.between)
                ))
                .fix("look for divisions by zero, and use an up-down counter for what shrinks"),
        );
    }
    for (reason, count) in metrics.count_by("vmotel_exporter_scrape_errors_total", &["reason"]) {
        findings.push(
            Finding::warning(format!("scrapes of the app failed (reason {reason})"))
                .evidence(format!("failed: {}", count.words(metrics.between)))
                .fix("look for the warning of target vmotel_exporter in the app's log"),
        );
    }
    Ok(findings)
}

pub(super) fn stored(readings: &Readings) -> Verdict {
    readings.app()?;
    let storage = readings.storage()?;
    let stored = storage
        .stored
        .as_ref()
        .ok_or("the server did not answer the query")?;
    let missing: Vec<&str> = stored
        .asked
        .difference(&stored.found)
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let shown = missing.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let count = format!(
        "{} of {} names are not in {}: {shown}",
        missing.len(),
        stored.asked.len(),
        storage.url
    );
    if stored.found.is_empty() {
        return Ok(vec![
            Finding::critical("no metric of the app is in the server")
                .evidence(count)
                .fix("follow the findings above: target missing, target down, or vmagent not delivering")
                .fix("if the app has just started: a scrape interval and 5 s must pass; look again"),
        ]);
    }
    Ok(vec![
        Finding::warning("some metrics of the app are not in the server")
            .evidence(count)
            .fix("look for metric_relabel_configs or -remoteWrite.urlRelabelConfig that drop them")
            .fix("if they are new: a scrape interval and 5 s must pass; look again"),
    ])
}

pub(super) fn cardinality(readings: &Readings) -> Verdict {
    let app = readings.app()?;
    let metrics = &app.metrics;
    let mut findings = Vec::new();
    for (labels, count) in metrics.count_by("vmotel_exporter_label_values_folded_total", &["metric", "label"])
    {
        let (metric, label) = labels.rsplit_once(' ').unwrap_or((&labels, ""));
        let values = metrics
            .after
            .named("vmotel_exporter_label_values")
            .find(|sample| sample.label("metric") == metric && sample.label("label") == label);
        findings.push(
            Finding::warning(format!(
                "label {label} of {metric} has more values than its limit; the rest is folded"
            ))
            .evidence(format!("folded measurements: {}", count.words(metrics.between)))
            .evidence(format!(
                "values that came in: about {}",
                values.map_or(0.0, |sample| sample.value)
            ))
            .fix(format!(
                "record something coarser as {label}: a route template, a class of status, not an id"
            ))
            .fix("or raise the limit: the VMOTEL_CARDINALITY_... variables"),
        );
    }
    let sets = metrics
        .count("vmotel_exporter_label_sets_folded_total")
        .unwrap_or_default();
    if sets.total > 0.0 {
        findings.push(
            Finding::warning("an instrument has more label sets than its limit; new ones are folded whole")
                .evidence(format!("folded measurements: {}", sets.words(metrics.between)))
                .fix("take a label away, or raise the limit: the VMOTEL_CARDINALITY_... variables"),
        );
    }
    let mut overflown: BTreeMap<&str, usize> = BTreeMap::new();
    for sample in &metrics.after.samples {
        if sample.label("otel_metric_overflow") == "true" {
            *overflown.entry(&sample.name).or_default() += 1;
        }
    }
    if let Some((name, _)) = overflown.first_key_value() {
        findings.push(
            Finding::warning("an instrument has more label sets than the app keeps; all labels of new ones are lost")
                .evidence(format!("{} metrics have the label otel_metric_overflow, as {name}", overflown.len()))
                .fix("bound the labels (with_limits_on_all of the exporter, vmotel-cardinality before others), or raise the limit by a view"),
        );
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;
    use crate::doctor::exposition::Exposition;
    use crate::doctor::metrics::Metrics;

    fn app(text: &str) -> Readings {
        let metrics = Metrics {
            after: Exposition::parse(text),
            ..Metrics::default()
        };
        Readings {
            app: Some(Ok(App {
                metrics,
                ..App::default()
            })),
            ..Readings::default()
        }
    }

    #[test]
    fn a_source_that_is_down() {
        let text = "vmotel_exporter_source_up{source=\"opentelemetry_sdk\"} 0\nvmotel_exporter_source_up{source=\"own\"} 1\n\
                    vmotel_exporter_source_faults_total{source=\"opentelemetry_sdk\"} 7\n";
        let findings = sources(&app(text)).unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].severity, Severity::Critical);
        assert!(
            findings[0].evidence[0].contains("is 0 after 7 failed collections"),
            "{findings:?}"
        );
        assert!(findings[0].fix[0].contains("panicked"), "{findings:?}");
        assert!(sources(&app("a 1\n")).is_err());
    }

    #[test]
    fn what_the_registry_lost_for_others() {
        let text = |n: u32| {
            format!(
                "vmotel_exporter_source_up{{source=\"vmotel_registry\"}} 1\nvmotel_exporter_series 1\n\
                 vmotel_exporter_callback_panics_total {n}\nvmotel_exporter_refused_measurements_total {n}\n"
            )
        };
        for check in [sources, dropped] {
            assert!(check(&app(&text(0))).unwrap().is_empty());
            let findings = check(&app(&text(7))).unwrap();
            assert_eq!((findings.len(), findings[0].severity), (1, Severity::Warning));
            assert!(findings[0].evidence[0].contains('7'), "{findings:?}");
        }
    }

    #[test]
    fn labels_past_their_limits() {
        let text = "vmotel_exporter_label_values_folded_total{metric=\"m of shop\",label=\"path\"} 9\n\
                    vmotel_exporter_label_values{metric=\"m of shop\",label=\"path\"} 5000\n\
                    vmotel_exporter_label_sets_folded_total 3\nx_total{otel_metric_overflow=\"true\"} 1\n";
        let findings = cardinality(&app(text)).unwrap();
        assert_eq!(findings.len(), 3, "{findings:?}");
        assert!(
            findings[0].finding.starts_with("label path of m of shop"),
            "{findings:?}"
        );
        assert!(findings[0].evidence[1].ends_with("5000"), "{findings:?}");
        assert!(cardinality(&app("a 1\n")).unwrap().is_empty());
    }
}
