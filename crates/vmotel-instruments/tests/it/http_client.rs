//! Requests that go out, over loopback to a real server: through the layer around hyper's client, and through reqwest.

use std::{net::SocketAddr, time::Instant};

use axum::{
    body::{Body, Bytes},
    http::{Request, Response},
};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use tower::{Layer as _, Service, ServiceExt as _};
use vmotel_instruments::http::client::{
    ClientBody, HttpClient, HttpClientConfig, HttpClientLayer, HttpClientMetrics, MeteredClient, UrlTemplate,
};

use crate::{
    harness::Harness,
    server::{STEP, Server, counts, routes},
};

/// The labels, in the order of their keys; the address is always the same.
const KEYS: [&str; 7] = [
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "network.protocol.version",
    "server.address",
    "url.scheme",
    "url.template",
];

/// A server, and a client whose metrics can be read.
struct Pair {
    server: Server,
    harness: Harness,
    client: HttpClient<Client<HttpConnector, Full<Bytes>>>,
    metered: MeteredClient,
}

impl Pair {
    async fn start() -> Self {
        let harness = Harness::new();
        let config = HttpClientConfig {
            body_sizes: true,
            ..HttpClientConfig::default()
        };
        let metrics = HttpClientMetrics::with_config(&harness.meter(), &config);
        let client = Client::builder(hyper_util::rt::TokioExecutor::new()).build(HttpConnector::new());
        Self {
            server: Server::start(|layer| routes().layer(layer)).await,
            client: HttpClientLayer::new(metrics.clone()).layer(client),
            metered: MeteredClient::new(reqwest::Client::new(), metrics),
            harness,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    fn request(&self, path: &str) -> Request<Full<Bytes>> {
        Request::get(self.url(path)).body(Full::default()).unwrap()
    }

    async fn get(&self, path: &str) -> Response<ClientBody<hyper::body::Incoming>> {
        self.client.clone().oneshot(self.request(path)).await.unwrap()
    }

    fn in_flight(&self) -> f64 {
        let series = self.harness.series(|name| name == "http_client_active_requests");
        series
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    }

    /// Checks that these are all requests that were recorded, and that none is in flight.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let found = counts(&self.harness, "http_client_request_duration_seconds", &KEYS);
        assert_eq!(found, expected);
        assert_eq!(self.in_flight(), 0.0);
        let (_, count) = self.harness.histogram("http_client_request_duration_seconds");
        let total: u64 = found
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum();
        assert_eq!(count, total);
    }
}

#[tokio::test]
async fn a_response_is_recorded_with_its_last_frame() {
    let pair = Pair::start().await;
    let begin = Instant::now();
    let mut request = pair.request("/paced");
    request.extensions_mut().insert(UrlTemplate("/{speed}"));
    let response = pair.client.clone().oneshot(request).await.unwrap();
    assert_eq!(pair.in_flight(), 1.0, "the body is not read yet");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ababab");
    let elapsed = begin.elapsed().as_secs_f64();
    pair.check(&["- GET 200 1.1 127.0.0.1 http /{speed} 1"]);
    let (seconds, _) = pair.harness.histogram("http_client_request_duration_seconds");
    assert!(
        STEP.as_secs_f64() * 3.0 <= seconds && seconds <= elapsed,
        "{seconds}"
    );
    assert_eq!(
        pair.harness.histogram("http_client_response_body_size_bytes"),
        (6.0, 1)
    );
    assert_eq!(
        pair.harness.histogram("http_client_request_body_size_bytes"),
        (0.0, 1)
    );

    // A port that is told is a label, too.
    let port = format!("server.port=\"{}\"", pair.server.address.port());
    let series = pair
        .harness
        .series(|name| name == "http_client_request_duration_seconds");
    assert!(series.iter().all(|line| line.contains(&port)), "{series:?}");
}

#[tokio::test]
async fn every_end_of_an_outgoing_request_is_recorded_once() {
    let pair = Pair::start().await;
    // 4xx and 5xx are errors of this side.
    for path in ["/empty", "/nowhere", "/fails"] {
        pair.get(path).await.into_body().collect().await.unwrap();
    }
    let head = Request::head(pair.url("/paced")).body(Full::default()).unwrap();
    drop(pair.client.clone().oneshot(head).await.unwrap());
    // Who has seen enough may go.
    let mut body = pair.get("/events").await.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert!(pair.get("/body-fails").await.into_body().collect().await.is_err());
    assert!(
        pair.client
            .clone()
            .oneshot(pair.request("/panics"))
            .await
            .is_err()
    );
    let stuck = pair.client.clone().oneshot(pair.request("/stuck"));
    assert!(tokio::time::timeout(STEP, stuck).await.is_err());
    drop(pair.client.clone().call(pair.request("/empty")));
    let closed = Request::get("http://127.0.0.1:1/").body(Full::default()).unwrap();
    assert!(pair.client.clone().oneshot(closed).await.is_err());
    let other = Request::builder()
        .method("PURGE")
        .uri(pair.url("/empty"))
        .body(Full::from("hello"))
        .unwrap();
    drop(pair.client.clone().oneshot(other).await.unwrap());
    pair.check(&[
        "- GET 200 1.1 127.0.0.1 http - 2",
        "- HEAD 200 1.1 127.0.0.1 http - 1",
        "- _OTHER 200 1.1 127.0.0.1 http - 1",
        "404 GET 404 1.1 127.0.0.1 http - 1",
        "502 GET 502 1.1 127.0.0.1 http - 1",
        "body_error GET 200 1.1 127.0.0.1 http - 1",
        "cancelled GET - - 127.0.0.1 http - 2",
        // On two ports.
        "request_error GET - - 127.0.0.1 http - 1",
        "request_error GET - - 127.0.0.1 http - 1",
    ]);
}

#[tokio::test]
async fn reqwest_keeps_its_responses_and_names_its_errors() {
    let pair = Pair::start().await;
    let client = &pair.metered;
    let template = Some(UrlTemplate("/users/{id}"));
    let response = client
        .send(client.get(pair.url("/users/7?full=1")), template)
        .await
        .unwrap();
    assert_eq!(response.url().path(), "/users/7");
    assert_eq!(response.remote_addr(), Some(pair.server.address));
    assert_eq!(response.content_length(), Some(22));
    assert_eq!(pair.in_flight(), 1.0, "the body is not read yet");
    assert_eq!(response.text().await.unwrap(), "a body of known length");

    let request = client.post(pair.url("/reads")).body("hello").build().unwrap();
    assert_eq!(client.execute(request).await.unwrap().text().await.unwrap(), "5");

    let timeout = client.get(pair.url("/stuck")).timeout(STEP);
    assert!(client.send(timeout, None).await.unwrap_err().is_timeout());
    let within = client.get(pair.url("/events")).timeout(STEP);
    let error = client
        .send(within, None)
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    let closed: SocketAddr = "127.0.0.1:1".parse().unwrap();
    let error = client
        .send(client.get(format!("http://{closed}/")), None)
        .await
        .unwrap_err();
    assert!(error.is_connect());
    assert!(client.send(client.get("no url"), None).await.is_err());
    let stuck = client.send(client.get(pair.url("/stuck")), None);
    assert!(tokio::time::timeout(STEP, stuck).await.is_err());
    pair.check(&[
        "- GET 200 1.1 127.0.0.1 http /users/{id} 1",
        "- POST 200 1.1 127.0.0.1 http - 1",
        "body_error GET 200 1.1 127.0.0.1 http - 1",
        "cancelled GET - - 127.0.0.1 http - 1",
        "connect GET - - 127.0.0.1 http - 1",
        "timeout GET - - 127.0.0.1 http - 1",
    ]);
    assert_eq!(
        pair.harness.histogram("http_client_request_body_size_bytes"),
        (5.0, 6)
    );
}

#[tokio::test]
async fn hosts_without_end_make_a_bounded_number_of_series() {
    let harness = Harness::new();
    let metrics = HttpClientMetrics::new(&harness.meter());
    let answer = tower::service_fn(async |_: Request<Body>| {
        Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
    });
    let mut client = HttpClientLayer::new(metrics).layer(answer);
    for number in 0..5_000 {
        let request = Request::get(format!("http://host-{number}.example/"))
            .body(Body::empty())
            .unwrap();
        client.ready().await.unwrap().call(request).await.unwrap();
    }
    let series = harness.series(|name| name == "http_client_request_duration_seconds");
    let counts = series.iter().filter(|line| line.contains("_count{")).count();
    assert!((1_000..=1_001).contains(&counts), "{counts} series");
    assert_eq!(harness.histogram("http_client_request_duration_seconds").1, 5_000);
    let active = harness.series(|name| name == "http_client_active_requests");
    assert!(active.len() <= 1_001 && active.iter().all(|line| line.ends_with(" 0")));
}
