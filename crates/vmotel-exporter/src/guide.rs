//! The guide, page by page; its code is tested.
//!
//! More of it stands in other crates: from axum-prometheus in `vmotel-instruments`, from the `metrics` facade in `vmotel-bridge`, from
//! VictoriaMetrics/metrics for Go in `vmotel-registry`.

#[doc = include_str!("../docs/concepts.md")]
pub mod concepts {}

#[doc = include_str!("../docs/recipes.md")]
pub mod recipes {}

#[doc = include_str!("../docs/from-opentelemetry-prometheus.md")]
pub mod from_opentelemetry_prometheus {}
