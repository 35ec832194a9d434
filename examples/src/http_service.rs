//! A web service whose requests record themselves: axum, the HTTP layer, the exporter's routes, graceful shutdown.
//!
//! ```text
//! cargo run -p vmotel-examples --example http_service
//! curl http://localhost:3000/users/7; curl -d hello http://localhost:3000/echo; curl http://localhost:3000/nowhere
//! curl -s http://localhost:3000/metrics | grep ^http_
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use anyhow::Context;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use vmotel_exporter::Exporter;
use vmotel_instruments::{AppMetrics, ProcessMetrics, http::HttpMetricsLayer};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder().with_service_name("http-service").build()?;
    let meter = exporter.meter("http_service");
    let metrics = AppMetrics::new(&meter);
    ProcessMetrics::register(&meter);

    let app = Router::new()
        .route("/users/{id}", get(user))
        .route("/echo", post(|body: String| async { body }))
        .route("/slow", get(slow))
        .route("/login", post(login))
        .route("/logout", post(logout))
        .with_state(metrics.clone())
        // Outside of all other layers, so that it sees what they do: a timeout, a limit, a panic that is caught.
        .layer(HttpMetricsLayer::new(metrics));
    // Scrapes do not count themselves. The order matters: of two routers axum keeps the fallback of the later one, which
    // must be the one with the layer, or requests without a route are not seen.
    let app = exporter.routes().merge(app);

    let address = "localhost:3000";
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot bind {address}"))?;
    println!("service: http://{address}/users/7  /echo  /slow  /login  /logout");
    println!("metrics: http://{address}/metrics, until Ctrl-C");
    println!(
        "look at: http_requests_total by path and status_code; a request without a route has path=\"_unmatched\""
    );

    // On Ctrl-C or SIGTERM no new connection is accepted and the requests in flight are finished.
    axum::serve(listener, app)
        .with_graceful_shutdown(exporter.shutdown_signal())
        .await?;
    exporter.shutdown(Duration::from_secs(5)).await?;
    println!("stopped");
    Ok(())
}

async fn user(Path(id): Path<u32>) -> Result<String, StatusCode> {
    match id {
        0 => Err(StatusCode::NOT_FOUND),
        13 => Err(StatusCode::INTERNAL_SERVER_ERROR),
        _ => Ok(format!("user {id}\n")),
    }
}

/// Interrupt `curl` here to see a request with `status_code="499"`.
async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(3)).await;
    "done\n"
}

async fn login(State(metrics): State<AppMetrics>) {
    metrics.record_user_login();
}

async fn logout(State(metrics): State<AppMetrics>) {
    metrics.record_user_logout();
}
