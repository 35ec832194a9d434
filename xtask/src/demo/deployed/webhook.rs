//! Where notifications arrive.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

/// A webhook on a free port of the loopback interface that remembers all it is told.
#[derive(Debug)]
pub(super) struct Webhook {
    address: String,
    told: Told,
    task: JoinHandle<()>,
}

type Told = Arc<Mutex<Vec<(String, String)>>>;

impl Webhook {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        let address = listener.local_addr().context("no address")?.to_string();
        let told = Told::default();
        let router = Router::new().route("/", post(take)).with_state(Arc::clone(&told));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the webhook ended: {error}");
            }
        });
        Ok(Self { address, told, task })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Tells whether a notification about an alert has come with a status, `firing` or `resolved`.
    pub(super) fn was_told(&self, alert: &str, status: &str) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().any(|(name, how)| name == alert && how == status)
    }

    /// Returns all that was told, for people.
    pub(super) fn summary(&self) -> String {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines: Vec<String> = told.iter().map(|(name, how)| format!("{name} {how}")).collect();
        lines.sort_unstable();
        lines.dedup();
        lines.join(", ")
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(told): State<Told>, body: Bytes) -> StatusCode {
    let Ok(notification) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    for alert in notification["alerts"].as_array().into_iter().flatten() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        told.push((text(&alert["labels"]["alertname"]), text(&alert["status"])));
    }
    StatusCode::OK
}
