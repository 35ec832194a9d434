//! Names that belong to the server, the format or the type of a metric.

use super::Naming;
use crate::Kind;

/// Returns true if the scraping server writes a series of this name itself for every scrape.
///
/// These are `up` and the names that start with `scrape_` in Prometheus and VictoriaMetrics; any other name with that start
/// is free.
#[must_use]
pub fn is_reserved_metric(exposed: &str) -> bool {
    if exposed == "up" {
        return true;
    }
    let Some(rest) = exposed.strip_prefix("scrape_") else {
        return false;
    };
    matches!(
        rest,
        "body_size_bytes"
            | "duration_seconds"
            | "response_size_bytes"
            | "sample_limit"
            | "samples_limit"
            | "samples_post_metric_relabeling"
            | "samples_scraped"
            | "series_added"
            | "series_current"
            | "series_limit"
            | "series_limit_samples_dropped"
            | "timeout_seconds"
    )
}

/// Returns the labels that series of a metric of this type carry by themselves, so that no attribute may have their names.
///
/// A histogram owns both `le` and `vmrange`, as an encoder may write either.
#[must_use]
pub const fn owned_labels(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Histogram => &["__name__", "le", "vmrange"],
        Kind::Summary => &["__name__", "quantile"],
        Kind::Counter | Kind::UpDownCounter | Kind::Gauge | Kind::Unknown => &["__name__"],
    }
}

/// Returns true if an attribute of this name has to give way: to the type, or under `Parity` to the scrape.
pub(crate) fn gives_way(naming: Naming, kind: Kind, label: &str) -> bool {
    owned_labels(kind).contains(&label) || (naming == Naming::Parity && matches!(label, "job" | "instance"))
}
