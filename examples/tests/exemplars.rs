//! From a request's `traceparent` to the bucket on the explorer's page, over a real server.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{net::SocketAddr, time::Duration};

use axum::{Router, body::Body, http::Request, routing::get};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use vmotel_explorer::{Exemplars, Explorer, ExplorerConfig, Watched};
use vmotel_exporter::Exporter;
use vmotel_instruments::{
    catalog,
    http::{ExemplarSink, HttpMetricsConfig, HttpMetricsLayer, HttpServerMetrics},
};

const FAMILY: &str = "http_server_request_duration_seconds";

async fn serve() -> SocketAddr {
    let exporter = Exporter::builder()
        .with_lookup(|_| None)
        .with_global(false)
        .build()
        .unwrap();
    let exemplars = Exemplars::default();
    let traces = exemplars.family(FAMILY, catalog::HTTP_SERVER_REQUEST_DURATION.buckets);
    let watched = Watched::from(&exporter).with_exemplars(exemplars);
    let explorer = Explorer::start(watched, ExplorerConfig::default()).unwrap();
    let sink = ExemplarSink::new(move |duration, span| {
        traces.offer(duration.as_secs_f64(), span.trace_id(), span.span_id());
    });
    let config = HttpMetricsConfig {
        exemplars: Some(sink),
        ..HttpMetricsConfig::default()
    };
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(120)).await;
        "slow"
    };
    let app = Router::new()
        .route("/slow", get(slow))
        .route("/quick", get(async || "quick"))
        .layer(
            HttpMetricsLayer::with_config(HttpServerMetrics::new(&exporter.meter("test")), config).for_axum(),
        );
    let app = explorer.routes().merge(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await.unwrap();
        drop(exporter);
    });
    address
}

async fn ask(
    client: &Client<HttpConnector, Body>,
    url: String,
    traceparent: Option<&str>,
) -> (u16, axum::body::Bytes) {
    let mut request = Request::get(url);
    if let Some(parent) = traceparent {
        request = request.header("traceparent", parent);
    }
    let response = client
        .request(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(Body::new(response.into_body()), 1 << 20).await;
    (status, body.unwrap())
}

/// The page's JSON has the sampled trace beside the bucket of the slow request, and none beside that of the others.
#[tokio::test(flavor = "multi_thread")]
async fn the_trace_of_a_slow_request_stands_beside_its_bucket() {
    let address = serve().await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let unsampled = "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    for (path, traceparent) in [
        ("/slow", Some(sampled)),
        ("/quick", Some(unsampled)),
        ("/quick", Some("00-5bf92f3577b34da6a3ce929d0e0e4736")),
        ("/quick", None),
    ] {
        assert_eq!(
            ask(&client, format!("http://{address}{path}"), traceparent)
                .await
                .0,
            200
        );
    }
    let page = format!("http://{address}/debug/metrics/family.json?name={FAMILY}");
    let (status, json) = ask(&client, page, None).await;
    assert_eq!(status, 200, "{json:?}");
    let json: Value = serde_json::from_slice(&json).unwrap();
    let buckets = json["buckets"].as_array().unwrap();
    let counted: u64 = buckets.iter().filter_map(|bucket| bucket["count"].as_u64()).sum();
    assert_eq!(counted, 4, "{json}");
    let with_trace: Vec<&Value> = buckets
        .iter()
        .filter(|bucket| !bucket["exemplar"].is_null())
        .collect();
    let [bucket] = with_trace[..] else {
        panic!("{json}")
    };
    let exemplar = &bucket["exemplar"];
    assert_eq!(exemplar["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(exemplar["span_id"], "00f067aa0ba902b7");
    assert!(exemplar["value"].as_f64().unwrap() >= 0.12, "{json}");
    assert_eq!(bucket["count"], 1, "{json}");
}
