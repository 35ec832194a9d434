//! The status pages of servers: targets, rules, index, queries. A page that is not there leaves its reading empty.

use std::time::Duration;

use crate::doctor::reading::{Rule, Scraping, SlowQuery, Storage, Target, Tsdb};
use crate::{
    Count, QueryClient, RuleKind, RulesQuery, SeriesQuery, TargetsQuery, TopQueriesQuery, TsdbStatusQuery,
};

/// The names of metrics that are looked at.
const MAX_NAMES: u32 = 20_000;
/// Entries of a list of offenders.
const TOP: u32 = 5;
/// How far back slow queries count.
const LATELY: Duration = Duration::from_secs(1800);

pub(super) async fn targets(client: &QueryClient) -> Option<Scraping> {
    let targets = client.targets(&TargetsQuery::default()).await.ok()?;
    Some(Scraping {
        targets: targets.active.iter().map(target).collect(),
        dropped: targets.dropped.len(),
    })
}

fn target(target: &crate::Target) -> Target {
    let label = |name: &str| target.labels.get(name).cloned().unwrap_or_default();
    let seconds = |name: &str| {
        target
            .discovered_labels
            .get(name)
            .and_then(|text| go_seconds(text))
    };
    Target {
        job: label("job"),
        instance: label("instance"),
        url: target.scrape_url.clone(),
        up: target.health == "up",
        last_error: target.last_error.clone(),
        interval: seconds("__scrape_interval__"),
        timeout: seconds("__scrape_timeout__"),
        took: target.last_scrape_duration.as_secs_f64(),
        samples: target.last_samples_scraped.unwrap_or_default(),
        probe: None,
    }
}

/// Reads a duration as Go writes it, as in `1m30s` or `200ms`, in seconds.
fn go_seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |at| end + at);
        total += number
            * match &rest[end..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    Some(total)
}

pub(super) async fn rules(client: &QueryClient) -> Option<Vec<Rule>> {
    let query = RulesQuery {
        without_alerts: true,
        ..RulesQuery::default()
    };
    let groups = client.rules(&query).await.ok()?;
    let mut all = Vec::new();
    for group in groups {
        all.extend(group.rules.into_iter().map(|rule| Rule {
            group: group.name.clone(),
            alerting: rule.kind == RuleKind::Alerting,
            evaluated: rule.last_evaluation.is_some_and(|at| at.as_millis() > 0),
            name: rule.name,
            query: rule.query,
            last_error: rule.last_error,
            series_fetched: rule.last_series_fetched,
        }));
    }
    Some(all)
}

pub(super) async fn storage(client: &QueryClient, storage: &mut Storage) {
    storage.scraping = targets(client).await;
    let index = TsdbStatusQuery {
        top: Some(TOP),
        ..TsdbStatusQuery::default()
    };
    storage.tsdb = client.tsdb_status(&index).await.ok().map(|status| Tsdb {
        series: status.total_series,
        by_metric: counts(status.series_by_metric_name),
        values_by_label: counts(status.values_by_label_name),
    });
    let top = TopQueriesQuery {
        top: Some(TOP),
        max_lifetime: Some(LATELY),
    };
    let top = client.top_queries(&top).await.map(|top| top.top_by_avg_duration);
    storage.slow = top
        .unwrap_or_default()
        .into_iter()
        .map(|query| SlowQuery {
            query: query.query,
            seconds: query.avg_duration_seconds.unwrap_or_default(),
            count: query.count,
            range: query.time_range_seconds,
        })
        .collect();
    let running = client.active_queries().await.unwrap_or_default();
    storage.running = running
        .into_iter()
        .map(|query| (query.duration.as_secs_f64(), query.query))
        .collect();
    let names = SeriesQuery {
        limit: Some(MAX_NAMES),
        ..SeriesQuery::default()
    };
    let names = client.label_values("__name__", &names).await;
    storage.names = names.map(|answer| answer.data).unwrap_or_default();
}

fn counts(list: Vec<Count>) -> Vec<(String, u64)> {
    list.into_iter().map(|count| (count.name, count.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::go_seconds;

    #[test]
    fn reads_durations() {
        for (text, seconds) in [
            ("1m30s", 90.0),
            ("200ms", 0.2),
            ("0.5s", 0.5),
            ("1h0m0s", 3600.0),
            ("15s", 15.0),
        ] {
            assert_eq!(go_seconds(text), Some(seconds), "{text}");
        }
        assert_eq!(go_seconds("5"), None);
        assert_eq!(go_seconds("x"), None);
    }
}
