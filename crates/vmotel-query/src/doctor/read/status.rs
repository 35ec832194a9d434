//! The status pages of servers: targets, rules, index, queries. A page that is not there leaves its reading empty.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::page::Reader;
use crate::doctor::reading::{Rule, Scraping, SlowQuery, Storage, Target, Tsdb};

/// The names of metrics that are looked at.
const MAX_NAMES: usize = 20_000;

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

async fn json<T: DeserializeOwned>(reader: &Reader, path: &str) -> Option<T> {
    let page = reader.page(path, None).await.ok()?;
    serde_json::from_str(&page.text).ok()
}

pub(super) async fn targets(reader: &Reader) -> Scraping {
    let answer: Option<Data<Value>> = json(reader, "/api/v1/targets").await;
    answer.map(|answer| scraping(&answer.data)).unwrap_or_default()
}

fn scraping(data: &Value) -> Scraping {
    let targets = data["activeTargets"].as_array().map_or(&[][..], Vec::as_slice);
    Scraping {
        targets: targets.iter().map(target).collect(),
        dropped: data["droppedTargets"].as_array().map_or(0, Vec::len),
    }
}

fn target(target: &Value) -> Target {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let seconds = |label: &str| target["discoveredLabels"][label].as_str().and_then(go_seconds);
    let job = match target["scrapePool"].as_str() {
        Some(pool) if !pool.is_empty() => pool.to_owned(),
        _ => text(&target["labels"]["job"]),
    };
    Target {
        job,
        instance: text(&target["labels"]["instance"]),
        url: text(&target["scrapeUrl"]),
        up: target["health"] == "up",
        last_error: text(&target["lastError"]),
        interval: seconds("__scrape_interval__"),
        timeout: seconds("__scrape_timeout__"),
        took: target["lastScrapeDuration"].as_f64().unwrap_or_default(),
        samples: target["lastSamplesScraped"].as_u64().unwrap_or_default(),
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

pub(super) async fn rules(reader: &Reader) -> Vec<Rule> {
    let answer: Option<Data<Value>> = json(reader, "/api/v1/rules").await;
    answer
        .and_then(|answer| {
            Some(
                answer
                    .data
                    .get("groups")?
                    .as_array()?
                    .iter()
                    .flat_map(group)
                    .collect(),
            )
        })
        .unwrap_or_default()
}

fn group(group: &Value) -> Vec<Rule> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rules = group["rules"].as_array().map_or(&[][..], Vec::as_slice);
    rules
        .iter()
        .map(|rule| Rule {
            group: text(&group["name"]),
            name: text(&rule["name"]),
            query: text(&rule["query"]),
            last_error: text(&rule["lastError"]),
            alerting: rule["type"] == "alerting",
            evaluated: !rule["lastEvaluation"]
                .as_str()
                .unwrap_or("0001")
                .starts_with("0001"),
            series_fetched: rule["lastSeriesFetched"].as_u64(),
        })
        .collect()
}

pub(super) async fn storage(reader: &Reader, storage: &mut Storage) {
    storage.scraping = targets(reader).await;
    let tsdb: Option<Data<Value>> = json(reader, "/api/v1/status/tsdb?topN=5").await;
    storage.tsdb = tsdb.map(|answer| Tsdb {
        series: answer.data["totalSeries"].as_u64().unwrap_or_default(),
        by_metric: counts(&answer.data["seriesCountByMetricName"]),
        values_by_label: counts(&answer.data["labelValueCountByLabelName"]),
    });
    let top: Option<Value> = json(reader, "/api/v1/status/top_queries?topN=5&maxLifetime=30m").await;
    storage.slow = top
        .as_ref()
        .and_then(|top| top.get("topByAvgDuration")?.as_array())
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .map(|query| SlowQuery {
            query: query["query"].as_str().unwrap_or_default().to_owned(),
            seconds: query["avgDurationSeconds"].as_f64().unwrap_or_default(),
            count: query["count"].as_u64().unwrap_or_default(),
            range: query["timeRangeSeconds"].as_f64().unwrap_or_default(),
        })
        .collect();
    let active: Option<Data<Value>> = json(reader, "/api/v1/status/active_queries").await;
    storage.running = active
        .as_ref()
        .and_then(|active| active.data.as_array())
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(|query| {
            let seconds = go_seconds(query["duration"].as_str()?)?;
            Some((seconds, query["query"].as_str()?.to_owned()))
        })
        .collect();
    let names = format!("/api/v1/label/__name__/values?limit={MAX_NAMES}");
    let names: Option<Data<Vec<String>>> = json(reader, &names).await;
    storage.names = names.map(|answer| answer.data).unwrap_or_default();
}

fn counts(list: &Value) -> Vec<(String, u64)> {
    list.as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(|entry| {
            Some((
                entry["name"].as_str()?.to_owned(),
                entry["value"].as_u64().or_else(|| entry["count"].as_u64())?,
            ))
        })
        .collect()
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
