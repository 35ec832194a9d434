//! Queries: slow, refused, waiting.

use vmotel_metricsql::{lint, parse};

use crate::doctor::Finding;
use crate::doctor::reading::{Readings, Verdict};

/// A query of a dashboard should take less, in seconds on average.
const SLOW: f64 = 1.0;
/// A query that runs for longer has been given up by whoever asked, in seconds.
const LONG: f64 = 10.0;

pub(super) fn slots(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    let refused = metrics
        .count("vm_concurrent_select_limit_timeout_total")
        .unwrap_or_default();
    let waited = metrics
        .count("vm_concurrent_select_limit_reached_total")
        .unwrap_or_default();
    let capacity = metrics
        .sum("vm_concurrent_select_capacity")
        .ok_or("the server answers no queries")?;
    let mut findings = Vec::new();
    let evidence = format!(
        "{capacity} slots, {} taken now (-search.maxConcurrentRequests)",
        metrics.sum("vm_concurrent_select_current").unwrap_or(0.0)
    );
    let fix =
        "make the queries below lighter, give the server more CPU; more slots alone make each query slower";
    if refused.total > 0.0 {
        findings.push(
            super::ingest::lost(
                refused,
                "queries were refused (429): no slot became free in time".to_owned(),
            )
            .evidence(format!("refused: {}", refused.words(metrics.between)))
            .evidence(evidence)
            .fix(fix)
            .fix("let clients wait longer: -search.maxQueueDuration (10s by default)"),
        );
    } else if waited.grown > 0.0 {
        findings.push(
            Finding::warning("queries wait for a free slot")
                .evidence(format!("waited: {}", waited.words(metrics.between)))
                .evidence(evidence)
                .fix(fix),
        );
    }
    Ok(findings)
}

pub(super) fn slow(readings: &Readings) -> Verdict {
    let storage = readings.storage()?;
    let metrics = &storage.metrics;
    let mut findings = Vec::new();
    for query in storage.slow.iter().filter(|query| query.seconds > SLOW).take(3) {
        let mut finding = Finding::warning(format!(
            "a query takes {:.2} s on average: {}",
            query.seconds,
            short(&query.query)
        ))
        .evidence(format!(
            "asked {} times lately, over ranges of {} s",
            query.count, query.range
        ));
        if let Ok(expr) = parse(&query.query) {
            for lint in lint(&expr).into_iter().take(2) {
                finding = finding.fix(format!("{} ({})", lint.help, lint.message));
            }
        }
        findings.push(
            finding
                .fix("see where the time goes: add trace=1, or open it in vmui with tracing")
                .fix("select fewer series, a shorter range or a longer step; a recording rule computes it once"),
        );
    }
    let count = metrics.count("vm_slow_queries_total").unwrap_or_default();
    if count.total > 0.0 && findings.is_empty() {
        let limit = metrics
            .flag("search.logSlowQueryDuration")
            .map_or("5s", |(value, _)| value);
        findings.push(
            Finding::warning(format!("there were queries of more than {limit}"))
                .evidence(format!("slow: {}", count.words(metrics.between)))
                .fix("the log of VictoriaMetrics has each of them with its time, range and step"),
        );
    }
    Ok(findings)
}

pub(super) fn running(readings: &Readings) -> Verdict {
    let storage = readings.storage()?;
    Ok(storage
        .running
        .iter()
        .filter(|(seconds, _)| *seconds > LONG)
        .take(5)
        .map(|(seconds, query)| {
            Finding::warning(format!("a query has been running for {seconds:.0} s: {}", short(query)))
                .evidence(format!("{}/api/v1/status/active_queries lists it", storage.url))
                .fix("bound such queries: -search.maxQueryDuration, -search.maxSamplesPerQuery, -search.maxMemoryPerQuery")
        })
        .collect())
}

pub(super) fn refused(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    let asked = [
        "/api/v1/query",
        "/api/v1/query_range",
        "/api/v1/series",
        "/api/v1/export",
    ];
    Ok(metrics
        .count_by("vm_http_request_errors_total", &["path"])
        .into_iter()
        .filter(|(path, _)| asked.iter().any(|known| path.ends_with(known)))
        .map(|(path, count)| {
            let text = format!("the server refuses queries at {path}");
            let finding = if count.grown > 0.0 { Finding::warning(text) } else { Finding::note(text) };
            finding
                .evidence(format!("refused: {}", count.words(metrics.between)))
                .fix("the log of VictoriaMetrics says why: a syntax error, a limit (-search.max...), or -search.maxQueryDuration (30s by default)")
                .fix("check queries before they are sent: vmotel check 'QUERY'")
        })
        .collect())
}

pub(super) fn cache(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    metrics
        .flag("search.disableCache")
        .ok_or("the server answers no queries")?;
    if !metrics.flag_is_on("search.disableCache") {
        return Ok(Vec::new());
    }
    Ok(vec![
        Finding::warning(
            "the cache of query results is off: every dashboard computes everything anew at each refresh",
        )
        .evidence("flag search.disableCache is true")
        .fix("take -search.disableCache away; for single queries past the cache, use nocache=1"),
    ])
}

fn short(query: &str) -> String {
    let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 200 {
        return line;
    }
    line.chars().take(200).chain("...".chars()).collect()
}
