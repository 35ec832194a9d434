//! The examples of vmotel; each is a target of its own, run as `cargo run -p vmotel-examples --example NAME`.

/// The code of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The code of the guide page compiles.
#[cfg(doctest)]
#[doc = include_str!("../../crates/vmotel-instruments/docs/from-axum-prometheus.md")]
pub struct FromAxumPrometheus;
