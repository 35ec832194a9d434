//! The catalog of the example service, from the definitions its instruments are made of.

use anyhow::Context as _;
use vmotel_deploy::{Catalog, Metric, Signals};
use vmotel_exporter::SELF_METRICS;
use vmotel_instruments::{catalog, labels};
use vmotel_model::{MetricDef, Naming};

/// What the example service does not expose: it does not ask for sizes of bodies, its pool has no limits of idle
/// connections, and its tokio is built without `--cfg tokio_unstable`.
const NOT_IN_THE_SHOP: [&MetricDef; 8] = [
    &catalog::HTTP_SERVER_REQUEST_BODY_SIZE,
    &catalog::HTTP_SERVER_RESPONSE_BODY_SIZE,
    &catalog::DB_CLIENT_CONNECTION_IDLE_MAX,
    &catalog::DB_CLIENT_CONNECTION_IDLE_MIN,
    &catalog::TOKIO_RUNTIME_SPAWNED_TASKS,
    &catalog::TOKIO_RUNTIME_BLOCKING_THREADS,
    &catalog::TOKIO_RUNTIME_BLOCKING_QUEUE_DEPTH,
    &catalog::TOKIO_RUNTIME_BUDGET_FORCED_YIELDS,
];

/// Returns the catalog: each family with its definitions, and the metrics that rules ask for; with `pushes`, also those about pushes, which a
/// service that is only scraped has not.
///
/// # Errors
/// A definition has no valid name.
pub fn catalog(pushes: bool) -> anyhow::Result<Catalog> {
    let families: [(&str, &[MetricDef]); 8] = [
        ("application", catalog::APP),
        ("http-server", catalog::HTTP_SERVER),
        ("business", catalog::BUSINESS),
        ("cache", catalog::CACHE),
        ("database-pool", catalog::DB_POOL),
        ("tokio", catalog::TOKIO),
        ("process", catalog::PROCESS),
        ("exporter", SELF_METRICS),
    ];
    let mut metrics = Vec::new();
    for (family, definitions) in families {
        for definition in definitions
            .iter()
            .filter(|definition| !NOT_IN_THE_SHOP.contains(definition))
        {
            let of_pushes = definition.name.contains("_push_");
            if pushes || !of_pushes {
                let family = if of_pushes { "push" } else { family };
                metrics.push(Metric::from_def(family, definition, Naming::default())?);
            }
        }
    }
    // By definition, so that a renamed metric is a renamed rule, and one that is gone does not compile.
    let name = |definition: &MetricDef| definition.exposed_name(Naming::default()).map(Some);
    let own = |ending: &str| {
        let found = SELF_METRICS.iter().find(|metric| metric.name.ends_with(ending));
        found.with_context(|| format!("the exporter has no metric that ends with {ending}"))
    };
    let pushed = |ending: &str| {
        if pushes {
            name(own(ending)?).map_err(Into::into)
        } else {
            anyhow::Ok(None)
        }
    };
    Ok(Catalog {
        metrics,
        signals: Signals {
            requests: name(&catalog::HTTP_REQUESTS_TOTAL)?,
            status: Some(labels::STATUS_CODE.to_owned()),
            duration: name(&catalog::HTTP_REQUEST_DURATION_SECONDS)?,
            memory: name(&catalog::PROCESS_MEMORY_BYTES)?,
            users: name(&catalog::ACTIVE_USERS)?,
            dropped_series: name(own("_dropped_series_total")?)?,
            scrape_errors: name(own("_scrape_errors_total")?)?,
            folded_values: name(own("_label_values_folded_total")?)?,
            folded_sets: name(own("_label_sets_folded_total")?)?,
            source_up: name(own("_source_up")?)?,
            callback_panics: name(own("_callback_panics_total")?)?,
            open_fds: name(&catalog::PROCESS_OPEN_FDS)?,
            max_fds: name(&catalog::PROCESS_MAX_FDS)?,
            cache_hits: name(&catalog::CACHE_HITS_TOTAL)?,
            cache_misses: name(&catalog::CACHE_MISSES_TOTAL)?,
            pool_timeouts: name(&catalog::DB_CLIENT_CONNECTION_TIMEOUTS)?,
            pool_pending: name(&catalog::DB_CLIENT_CONNECTION_PENDING_REQUESTS)?,
            runtime_busy: name(&catalog::TOKIO_RUNTIME_BUSY_TIME)?,
            runtime_workers: name(&catalog::TOKIO_RUNTIME_WORKERS)?,
            push_lost: pushed("_push_lost_samples_total")?,
            push_rejected: pushed("_push_rejected_series_total")?,
            push_queue: pushed("_push_queue_bytes")?,
            push_queue_limit: pushed("_push_queue_limit_bytes")?,
            push_last_success: pushed("_push_last_success_timestamp_seconds")?,
        },
    })
}
