//! A service with the layer on a port of its own, and handlers that answer in every way.

use std::{
    convert::Infallible,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, Response, StatusCode, header},
    response::IntoResponse,
    routing::{any, get, post},
};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, channel::Channel};
use hyper_util::rt::TokioIo;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};
use vmotel_instruments::{
    AppMetrics,
    http::{
        AxumBody, HttpMetricsConfig, HttpMetricsLayer, HttpServerConfig, HttpServerMetrics, MetricLabels,
    },
};

use crate::harness::Harness;

pub(crate) const STEP: Duration = Duration::from_millis(40);

/// The layer as axum's users take it.
pub(crate) type Layer = HttpMetricsLayer<AxumBody>;

/// A server on a port of its own whose metrics can be read.
pub(crate) struct Server {
    pub(crate) harness: Harness,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn start(build: impl FnOnce(Layer) -> Router) -> Self {
        Self::with_config(HttpMetricsConfig::default(), build).await
    }

    pub(crate) async fn with_config(config: HttpMetricsConfig, build: impl FnOnce(Layer) -> Router) -> Self {
        let harness = Harness::new();
        let server = HttpServerConfig {
            body_sizes: true,
            extra_labels: vec!["plan".into()],
            ..HttpServerConfig::default()
        };
        let families = (
            AppMetrics::new(&harness.meter()),
            HttpServerMetrics::with_config(&harness.meter(), &server).unwrap(),
        );
        let router = build(HttpMetricsLayer::with_config(families, config).for_axum());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { harness, address }
    }

    /// Sends a request on a connection of its own; the response is not read further than its head.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> hyper::Result<Response<hyper::body::Incoming>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        sender.send_request(request).await
    }

    /// Sends a request and reads the response to its end.
    pub(crate) async fn fetch(&self, method: &str, path: &str, body: &'static [u8]) -> (StatusCode, Bytes) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost");
        let response = self.send(request.body(Full::from(body)).unwrap()).await.unwrap();
        let status = response.status();
        (status, response.into_body().collect().await.unwrap().to_bytes())
    }

    /// Opens a connection and writes these bytes.
    pub(crate) async fn raw(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }

    pub(crate) fn in_flight(&self) -> f64 {
        let active = self.harness.value("http_active_connections").unwrap_or(0.0);
        let series = self.harness.series(|name| name == "http_server_active_requests");
        let conventions: f64 = series
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum();
        // Two readings: they may only differ while something changes.
        if active == conventions { active } else { f64::NAN }
    }

    /// Waits until so many requests are in flight.
    pub(crate) async fn wait_in_flight(&self, count: f64) {
        let begin = Instant::now();
        while self.in_flight() != count {
            assert!(
                begin.elapsed() < Duration::from_secs(5),
                "{} in flight, not {count}",
                self.in_flight()
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Returns the requests with their counts, such as `GET /a 200 1`.
    pub(crate) fn requests(&self) -> Vec<String> {
        short(&self.harness.series(|name| name == "http_requests_total"))
    }

    /// Returns the requests by the conventions: the values of all labels in the order of the keys, an absent one as `-`, and
    /// the count.
    pub(crate) fn conventions(&self) -> Vec<String> {
        let keys = [
            "error.type",
            "http.request.method",
            "http.response.status_code",
            "http.route",
            "network.protocol.version",
            "plan",
            "url.scheme",
        ];
        counts(&self.harness, "http_server_request_duration_seconds", &keys)
    }

    pub(crate) fn errors(&self) -> Vec<String> {
        short(&self.harness.series(|name| name == "http_errors_total"))
    }

    /// Returns the sum of all durations in seconds, after checking that each request has one.
    pub(crate) fn seconds(&self) -> f64 {
        let (seconds, durations) = self.harness.histogram("http_request_duration_seconds");
        let (_, sizes) = self.harness.histogram("http_request_size_bytes");
        let total: u64 = self
            .requests()
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum();
        assert_eq!((durations, sizes), (total, total));
        let conventions = self.harness.histogram("http_server_request_duration_seconds");
        assert_eq!(conventions.1, total);
        // The order in which series are added up differs.
        assert!(
            (conventions.0 - seconds).abs() < 1e-9,
            "both families tell the same"
        );
        for family in [
            "http_server_request_body_size_bytes",
            "http_server_response_body_size_bytes",
        ] {
            assert_eq!(self.harness.histogram(family).1, total);
        }
        seconds
    }

    pub(crate) fn bytes(&self) -> f64 {
        self.harness.histogram("http_request_size_bytes").0
    }
}

/// Turns `x{method="GET",path="/a",status_code="200"} 1` into `GET /a 200 1`.
fn short(series: &[String]) -> Vec<String> {
    let values = |line: &String| line.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ");
    series
        .iter()
        .map(|line| format!("{} {}", values(line), line.rsplit(' ').next().unwrap()))
        .collect()
}

/// Three frames of two bytes with pauses of [`STEP`] before each, and after the last.
fn paced() -> Body {
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    tokio::spawn(async move {
        for _ in 0..3 {
            tokio::time::sleep(STEP).await;
            if sender.send_data(Bytes::from_static(b"ab")).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(STEP).await;
    });
    Body::new(body)
}

/// An event now, and then nothing for as long as the client stays.
fn endless() -> Body {
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data(Bytes::from_static(b"data: 1\n\n")).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    Body::new(body)
}

async fn stuck() -> &'static str {
    tokio::time::sleep(Duration::from_secs(60)).await;
    "too late"
}

async fn broken() -> &'static str {
    tokio::time::sleep(STEP).await;
    panic!("a handler panics on purpose")
}

/// Frames that the closure makes, each after a pause.
fn frames(
    count: usize,
    then: impl FnOnce(http_body_util::channel::Sender<Bytes, &'static str>) + Send + 'static,
) -> Body {
    let (mut sender, body) = Channel::<Bytes, &'static str>::new(1);
    tokio::spawn(async move {
        for _ in 0..count {
            tokio::time::sleep(STEP).await;
            if sender.send_data(Bytes::from_static(b"ab")).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(STEP).await;
        then(sender);
    });
    Body::new(body)
}

/// A body that panics when it is asked for its first frame.
struct Panics;

impl http_body::Body for Panics {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("a body panics on purpose")
    }
}

/// Says more bytes than it has, and waits.
async fn half_sized() -> impl IntoResponse {
    ([(header::CONTENT_LENGTH, "100")], endless())
}

/// A byte, and trailers behind it: no server asks for more, and the body does not say that it has ended.
fn with_trailers() -> Body {
    let trailers = HeaderMap::from_iter([(header::ETAG, header::HeaderValue::from_static("x"))]);
    let frames = [Frame::data(Bytes::from_static(b"x")), Frame::trailers(trailers)];
    Body::new(StreamBody::new(tokio_stream::iter(
        frames.map(Ok::<_, Infallible>),
    )))
}

async fn upgrade() -> impl IntoResponse {
    (
        StatusCode::SWITCHING_PROTOCOLS,
        [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")],
    )
}

pub(crate) fn routes() -> Router {
    let sized_but_open = || async {
        let mut response = Response::new(endless());
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, header::HeaderValue::from_static("9"));
        response
    };
    Router::new()
        .route("/empty", any(|| async {}))
        .route(
            "/users/{id}",
            get(|| async { "a body of known length" }).delete(|| async { StatusCode::NO_CONTENT }),
        )
        .route("/paced", get(|| async { paced() }))
        .route(
            "/events",
            get(|| async { ([(header::CONTENT_TYPE, "text/event-stream")], endless()) }),
        )
        .route("/sized-but-open", get(sized_but_open))
        .route("/not-modified", get(|| async { StatusCode::NOT_MODIFIED }))
        .route("/fails", get(|| async { (StatusCode::BAD_GATEWAY, "no") }))
        .route("/stuck", get(stuck))
        .route("/panics", get(broken))
        .route(
            "/reads",
            post(|body: Bytes| async move { body.len().to_string() }),
        )
        .route("/ignores", post(|| async {}))
        .route("/half-sized", get(half_sized))
        .route("/body-panics", get(|| async { Body::new(Panics) }))
        .route(
            "/body-fails",
            get(|| async { frames(1, |sender| sender.abort("the rest is lost")) }),
        )
        .route(
            "/three-events",
            get(|| async {
                (
                    [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")],
                    frames(3, drop),
                )
            }),
        )
        .route("/upgrade", get(upgrade))
        .route("/trailers", get(|| async { with_trailers() }))
        .route(
            "/labelled",
            get(|| async {
                let mut response = "hello".into_response();
                let labels = MetricLabels::new().with("plan", "free").with("secret", "ignored");
                response.extensions_mut().insert(labels);
                response
            }),
        )
        .route("/metrics", get(|| async { "a 1" }))
        .route("/static/{file}", get(|| async { "x" }))
}

/// Returns the values of these labels of each series of a histogram, an absent one as `-`, and the count.
pub(crate) fn counts(harness: &Harness, family: &str, keys: &[&str]) -> Vec<String> {
    let series = harness.series(|name| name == family);
    let counts = series.iter().filter(|line| line.contains("_count{"));
    let value = |line: &str, key: &str| {
        let found = line.split_once(&format!("{key}=\""));
        found
            .map_or("-", |(_, rest)| rest.split('"').next().unwrap())
            .to_owned()
    };
    let mut lines: Vec<_> = counts
        .map(|line| {
            let values: Vec<_> = keys.iter().map(|key| value(line, key)).collect();
            format!("{} {}", values.join(" "), line.rsplit(' ').next().unwrap())
        })
        .collect();
    lines.sort();
    lines
}
