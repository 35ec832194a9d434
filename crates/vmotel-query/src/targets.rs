//! What a server scrapes.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Request;
use serde::{Deserialize, Deserializer};
use vmotel_http::Body;

use crate::form::Form;
use crate::request::get_or_post;
use crate::{ParamError, Timestamp, rfc3339};

/// A question for scrape targets (`/api/v1/targets` of VictoriaMetrics, vmagent and Prometheus).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetsQuery {
    /// Only targets in this state. Default: all.
    pub state: Option<TargetState>,
    /// Only targets of this job. Default: all.
    pub scrape_pool: Option<String>,
}

/// Whether a target is scraped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetState {
    /// It is.
    Active,
    /// Relabelling dropped it.
    Dropped,
}

impl TargetsQuery {
    /// Returns the request.
    ///
    /// # Errors
    /// None so far.
    pub fn request(&self) -> Result<Request<Body>, ParamError> {
        let mut form = Form::default();
        form.optional(
            "state",
            self.state.map(|state| match state {
                TargetState::Active => "active",
                TargetState::Dropped => "dropped",
            }),
        );
        form.optional("scrapePool", self.scrape_pool.as_ref());
        get_or_post("/api/v1/targets", form)
    }
}

/// The scrape targets of a server.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Targets {
    /// Those that are scraped.
    #[serde(rename = "activeTargets", deserialize_with = "list")]
    pub active: Vec<Target>,
    /// Those that relabelling dropped.
    #[serde(rename = "droppedTargets", deserialize_with = "list")]
    pub dropped: Vec<DroppedTarget>,
}

/// A target that is scraped, and how the last scrape went.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Target {
    /// The address that is scraped.
    pub scrape_url: String,
    /// The job of the configuration.
    pub scrape_pool: String,
    /// Labels that its series get.
    pub labels: BTreeMap<String, String>,
    /// Labels before relabelling.
    pub discovered_labels: BTreeMap<String, String>,
    /// `up`, `down`, and with Prometheus also `unknown`.
    pub health: String,
    /// Why the last scrape failed; empty if it did not.
    pub last_error: String,
    /// When it was last scraped; `None` if never.
    #[serde(deserialize_with = "rfc3339::optional")]
    pub last_scrape: Option<Timestamp>,
    /// How long the last scrape took.
    #[serde(deserialize_with = "seconds")]
    pub last_scrape_duration: Duration,
    /// Samples of the last scrape; `None` with Prometheus.
    pub last_samples_scraped: Option<u64>,
}

/// A target that relabelling dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DroppedTarget {
    /// Its labels.
    pub discovered_labels: BTreeMap<String, String>,
}

/// Reads a list that may be `null`.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
