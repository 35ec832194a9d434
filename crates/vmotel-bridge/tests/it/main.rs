//! Bridges, against what the other libraries write of themselves.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod metrics_facade;
mod prometheus_client_registry;
mod prometheus_registry;
mod support;
