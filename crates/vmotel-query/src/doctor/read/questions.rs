//! What is asked of the server's query API.

use std::collections::BTreeSet;
use std::time::Duration;

use vmotel_metricsql::builder::{any_metric, metric};

use crate::doctor::reading::{Falling, Readings, Stored, Target, Up};
use crate::{InstantQuery, QueryClient, QueryOptions, Timestamp, VectorSeries};

/// Each question may take this long; a slow server shows elsewhere.
const WITHIN: Duration = Duration::from_secs(10);
/// How many of the app's metrics are looked for.
const MAX_NAMES: usize = 60;
/// Above this many series, questions about all of them cost the server too much.
const MAX_SERIES: u64 = 1_000_000;
/// The window in which counters are watched.
const WINDOW: Duration = Duration::from_secs(300);
/// A process that starts again once in a while is nothing special.
const RESETS: u32 = 4;
/// Samples need some seconds until queries see them.
const SETTLED: Duration = Duration::from_secs(5);
/// Labels that tell one process from another.
const INSTANCE: [&str; 6] = [
    "instance",
    "service.instance.id",
    "service_instance_id",
    "pod",
    "k8s.pod.name",
    "host",
];

/// Asks everything and puts the answers into the readings; a question that fails leaves its place empty.
pub(super) async fn ask(client: &QueryClient, readings: &mut Readings) {
    let names: BTreeSet<String> = match &readings.app {
        Some(Ok(app)) => app.metrics.names().map(str::to_owned).take(MAX_NAMES).collect(),
        _ => BTreeSet::new(),
    };
    let targets: Vec<Target> = readings
        .scraper()
        .map(|scraper| scraper.scraping.targets.clone())
        .unwrap_or_default();
    let Some(Ok(storage)) = &mut readings.storage else {
        return;
    };
    if !names.is_empty() {
        storage.stored = stored(client, names).await;
    }
    storage.ups = ups(client, &targets).await;
    if storage.tsdb.as_ref().is_none_or(|tsdb| tsdb.series <= MAX_SERIES) {
        storage.falling = falling(client).await;
        let all = any_metric().ne("__name__", "").count().build();
        let answer = vector(client, all.map(|e| e.to_string()), None).await;
        storage.active_series = answer.and_then(|series| Some(series.first()?.sample.value));
    }
}

async fn stored(client: &QueryClient, asked: BTreeSet<String>) -> Option<Stored> {
    let query = any_metric()
        .one_of("__name__", asked.iter())
        .count()
        .by(["__name__"])
        .build();
    let series = vector(client, query.map(|e| e.to_string()), None).await?;
    let found = series
        .iter()
        .filter_map(|series| series.labels.get("__name__"))
        .map(str::to_owned)
        .collect();
    Some(Stored { asked, found })
}

async fn ups(client: &QueryClient, targets: &[Target]) -> Vec<Up> {
    let mut all = Vec::new();
    let mut intervals: Vec<f64> = targets.iter().filter_map(|target| target.interval).collect();
    intervals.sort_by(f64::total_cmp);
    intervals.dedup();
    let settled = now().checked_sub(SETTLED).map(Timestamp::from);
    for interval in intervals {
        let window = (20.0 * interval).clamp(5.0, 600.0);
        let window = Duration::from_secs_f64(window);
        let query = metric("up").rollup("count_over_time", window).build();
        let Some(series) = vector(client, query.map(|e| e.to_string()), settled).await else {
            continue;
        };
        for target in targets.iter().filter(|target| target.interval == Some(interval)) {
            let of_target = series.iter().filter(|series| {
                series.labels.get("job") == Some(target.job.as_str())
                    && series.labels.get("instance") == Some(target.instance.as_str())
            });
            let samples = of_target.map(|series| series.sample.value).fold(0.0, f64::max);
            all.push(Up {
                job: target.job.clone(),
                instance: target.instance.clone(),
                samples,
                window: window.as_secs_f64(),
                interval,
            });
        }
    }
    all
}

async fn falling(client: &QueryClient) -> Vec<Falling> {
    let counters = any_metric().matching("__name__", ".*(_total|_count)");
    let query = counters.rollup("resets", WINDOW).keep_metric_names();
    let Ok(query) = query.build() else {
        return Vec::new();
    };
    let query = Ok::<_, std::convert::Infallible>(format!("topk(5, ({query}) > {RESETS})"));
    let mut all = Vec::new();
    for series in vector(client, query, None).await.unwrap_or_default() {
        let selector = series
            .labels
            .iter()
            .filter(|(name, _)| *name != "__name__")
            .fold(metric(series.labels.name()), |selector, (name, value)| {
                selector.eq(name, value)
            });
        let count = selector.rollup("count_over_time", WINDOW).build();
        let Some(count) = vector(client, count.map(|e| e.to_string()), None).await else {
            continue;
        };
        all.push(Falling {
            series: series.labels.to_string(),
            has_instance: INSTANCE.iter().any(|label| series.labels.get(label).is_some()),
            resets: series.sample.value,
            samples: count.iter().map(|series| series.sample.value).fold(0.0, f64::max),
        });
    }
    all
}

/// Evaluates a query past the caches and without the latency offset.
async fn vector<E>(
    client: &QueryClient,
    query: Result<String, E>,
    time: Option<Timestamp>,
) -> Option<Vec<VectorSeries>> {
    let query = InstantQuery {
        time,
        options: QueryOptions {
            timeout: Some(WITHIN),
            nocache: true,
            latency_offset: Some(Duration::from_millis(1)),
            ..QueryOptions::default()
        },
        ..InstantQuery::new(query.ok()?)
    };
    client.query(&query).await.ok()?.data.into_vector()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a server is asked about the time that has just passed"
)]
fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
