//! The catalog of the example service, from the definitions its instruments are made of.

use anyhow::Context as _;
use vmotel_deploy::{Catalog, Metric, Signals};
use vmotel_exporter::SELF_METRICS;
use vmotel_instruments::{catalog, labels};
use vmotel_model::{MetricDef, Naming};

/// Returns the catalog: each family with its definitions, and the metrics that rules ask for; with `pushes`, also those about pushes, which a
/// service that is only scraped has not.
///
/// # Errors
/// A definition has no valid name.
pub fn catalog(pushes: bool) -> anyhow::Result<Catalog> {
    let families: [(&str, &[MetricDef]); 5] = [
        ("application", catalog::APP),
        ("business", catalog::BUSINESS),
        ("cache", catalog::CACHE),
        ("process", catalog::PROCESS),
        ("exporter", SELF_METRICS),
    ];
    let mut metrics = Vec::new();
    for (family, definitions) in families {
        for definition in definitions {
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
            push_lost: pushed("_push_lost_samples_total")?,
            push_rejected: pushed("_push_rejected_series_total")?,
            push_queue: pushed("_push_queue_bytes")?,
            push_queue_limit: pushed("_push_queue_limit_bytes")?,
            push_last_success: pushed("_push_last_success_timestamp_seconds")?,
        },
    })
}
