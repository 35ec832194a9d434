//! The page `/debug/metrics`: what the process records right now, with the trace of a slow request beside its bucket.
//!
//! ```text
//! cargo run -p vmotel-examples --example explorer
//! curl -H "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" http://localhost:3000/work
//! open http://localhost:3000/debug/metrics
//! ```
#![expect(clippy::print_stdout, reason = "an example tells what to look at")]

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::{Router, routing::get};
use vmotel_explorer::{Exemplars, Explorer, ExplorerConfig, Watched};
use vmotel_exporter::Exporter;
use vmotel_instruments::{
    catalog,
    http::{ExemplarSink, HttpMetricsConfig, HttpMetricsLayer, HttpServerMetrics},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder()
        .with_service_name("explorer-example")
        .build()?;
    let server = HttpServerMetrics::new(&exporter.meter("explorer-example"));

    // Under the exposed name, with the buckets of the metric.
    let exemplars = Exemplars::default();
    let traces = exemplars.family(
        "http_server_request_duration_seconds",
        catalog::HTTP_SERVER_REQUEST_DURATION.buckets,
    );
    let watched = Watched::from(&exporter).with_exemplars(exemplars);
    let explorer = Explorer::start(watched, ExplorerConfig::default())?;

    // Whatever carries a sampled trace; within a layer of tracing its own span, by the feature `trace`.
    let sink = ExemplarSink::new(move |duration, span| {
        traces.offer(duration.as_secs_f64(), span.trace_id(), span.span_id());
    });
    let config = HttpMetricsConfig {
        exemplars: Some(sink),
        ..HttpMetricsConfig::default()
    };
    let app = Router::new()
        .route("/work", get(work))
        .layer(HttpMetricsLayer::with_config(server, config).for_axum());
    let app = exporter.routes().merge(explorer.routes()).merge(app);

    let address = "localhost:3000";
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot bind {address}"))?;
    println!("work: http://{address}/work; page: http://{address}/debug/metrics, until Ctrl-C");

    // The address of the client, by which the page knows that it is on this machine.
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(exporter.shutdown_signal())
        .await?;
    explorer.shutdown(Duration::from_secs(1));
    exporter.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

/// Takes a while.
async fn work() -> String {
    let took = Duration::from_millis(u64::from(rand::random::<u8>()));
    tokio::time::sleep(took).await;
    format!("took {took:?}\n")
}
