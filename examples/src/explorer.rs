//! The page `/debug/metrics`: what the process records right now, with the trace of a slow request beside its bucket.
//!
//! ```text
//! cargo run -p vmotel-examples --example explorer
//! curl http://localhost:3000/work; open http://localhost:3000/debug/metrics
//! ```
#![expect(clippy::print_stdout, reason = "an example tells what to look at")]

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::{Router, routing::get};
use opentelemetry::metrics::Histogram;
use vmotel_explorer::{ExemplarFamily, Exemplars, Explorer, ExplorerConfig, Watched};
use vmotel_exporter::Exporter;

const BOUNDS: [f64; 4] = [0.001, 0.01, 0.1, 1.0];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder()
        .with_service_name("explorer-example")
        .build()?;
    let latency = exporter
        .meter("explorer-example")
        .f64_histogram("work.duration")
        .with_unit("s")
        .with_boundaries(BOUNDS.to_vec())
        .build();

    // Under the exposed name, with the same bounds.
    let exemplars = Exemplars::default();
    let traces = exemplars.family("work_duration_seconds", &BOUNDS);
    let watched = Watched::from(&exporter).with_exemplars(exemplars);
    let explorer = Explorer::start(watched, ExplorerConfig::default())?;

    let app = Router::new()
        .route("/work", get(move || work(latency.clone(), traces.clone())))
        .merge(exporter.routes())
        .merge(explorer.routes());
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

/// Takes a while. The ids would come from the tracing in use, as from `Span::current()`.
async fn work(latency: Histogram<f64>, traces: ExemplarFamily) -> String {
    let (trace_id, span_id): (u128, u64) = rand::random();
    let took = Duration::from_millis(span_id % 200);
    tokio::time::sleep(took).await;
    latency.record(took.as_secs_f64(), &[]);
    traces.offer(took.as_secs_f64(), trace_id, span_id);
    format!("trace {trace_id:032x} took {took:?}\n")
}
