//! A typed builder of queries: what it builds always parses.
//!
//! ```
//! use std::time::Duration;
//! use vmotel_metricsql::builder::{metric, Grouped};
//!
//! let window = Duration::from_secs(300);
//! let errors = metric("http_requests_total").matching("code", "5..").eq("env", "pr\"od").rate(window);
//! let all = metric("http_requests_total").eq("env", "pr\"od").rate(window);
//! let ratio = errors.sum().by(["job"]).div(all.sum().by(["job"])) * 100.0;
//! assert_eq!(
//!     ratio.build()?.to_string(),
//!     r#"sum(rate(http_requests_total{code=~"5..",env="pr\"od"}[5m])) by (job) / sum(rate(http_requests_total{env="pr\"od"}[5m])) by (job) * 100"#
//! );
//! # Ok::<(), vmotel_metricsql::builder::BuildError>(())
//! ```

mod aggregation;
mod error;
mod operation;
mod query;
mod selector;

pub use aggregation::Grouped;
pub use error::BuildError;
pub use operation::Operation;
pub use query::{Query, call, number, string};
pub use selector::{SelectorBuilder, any_metric, metric};

#[cfg(test)]
mod tests;
