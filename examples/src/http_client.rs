//! Requests that go out record themselves: a tower layer around hyper's client, and a wrapper of reqwest's.
//!
//! ```text
//! cargo run -p vmotel-examples --example http_client
//! curl -s http://localhost:9464/metrics | grep ^http_client_
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{Request, StatusCode},
    routing::get,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower::{Layer as _, ServiceExt as _};
use vmotel_exporter::Exporter;
use vmotel_instruments::http::client::{
    HttpClient, HttpClientLayer, HttpClientMetrics, MeteredClient, UrlTemplate,
};

/// The path is no label: a template is, where the caller tells it.
const USER: UrlTemplate = UrlTemplate("/users/{id}");

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder().with_service_name("http-client").build()?;
    let metrics = HttpClientMetrics::new(&exporter.meter("http_client"));
    let users = serve_users().await?;

    let hyper = Client::builder(TokioExecutor::new()).build_http();
    let layered = HttpClientLayer::new(metrics.clone()).layer(hyper);
    let wrapped = MeteredClient::new(reqwest::Client::new(), metrics);

    println!("metrics: {}, until Ctrl-C", exporter.listen()?);
    println!("look at: http_client_request_duration_seconds by http_response_status_code and error_type");
    tokio::select! {
        ended = ask_both(users, &layered, &wrapped) => ended?,
        () = exporter.shutdown_signal() => {}
    }
    exporter.shutdown(Duration::from_secs(5)).await?;
    println!("stopped");
    Ok(())
}

async fn ask_both(
    users: SocketAddr,
    layered: &HttpClient<Client<HttpConnector, Body>>,
    wrapped: &MeteredClient,
) -> anyhow::Result<()> {
    for id in (0..3).cycle() {
        let url = format!("http://{users}/users/{id}");
        let mut request = Request::get(&url).body(Body::empty())?;
        request.extensions_mut().insert(USER);
        let response = layered.clone().oneshot(request).await?;
        // A request ends, and is recorded, with the last frame of its response.
        axum::body::to_bytes(Body::new(response.into_body()), 1 << 20).await?;

        // Impatient: one that takes too long has the error type `timeout`.
        let request = wrapped.get(&url).timeout(Duration::from_millis(100));
        if let Ok(response) = wrapped.send(request, Some(USER)).await {
            response.bytes().await?;
        }
    }
    Ok(())
}

/// A service to ask: user 0 is not there, and user 2 is slow.
async fn serve_users() -> anyhow::Result<SocketAddr> {
    let user = async |Path(id): Path<u32>| {
        tokio::time::sleep(Duration::from_millis(if id == 2 { 200 } else { 5 })).await;
        match id {
            0 => Err(StatusCode::NOT_FOUND),
            _ => Ok(format!("user {id}\n")),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = Router::new().route("/users/{id}", get(user));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}
