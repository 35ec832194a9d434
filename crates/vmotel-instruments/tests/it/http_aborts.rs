//! Many requests whose clients leave at random: what is recorded equals what the service itself saw, request by request.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::Request,
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};
use http_body::{Frame, SizeHint};
use http_body_util::channel::Channel;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::Server;

/// What the service saw, in atomics of its own.
#[derive(Debug, Default)]
struct Truth {
    /// Futures that were dropped before they had a response.
    cancelled: AtomicU64,
    /// Bodies that were read to their end, and that were dropped before.
    whole: AtomicU64,
    cut: AtomicU64,
    bytes: AtomicU64,
    /// The first two together with those in flight.
    begun: AtomicU64,
}

/// Counts as cancelled unless told otherwise.
struct Pending(Arc<Truth>, bool);

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.1 {
            self.0.cancelled.fetch_add(1, Relaxed);
        }
    }
}

/// A body that notes how it ended.
struct Watched {
    inner: Body,
    truth: Arc<Truth>,
    has_ended: bool,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.truth.bytes.fetch_add(bytes as u64, Relaxed);
        }
        if matches!(polled, Poll::Ready(None)) || self.inner.is_end_stream() {
            self.has_ended = true;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let ended = if self.has_ended {
            &self.truth.whole
        } else {
            &self.truth.cut
        };
        ended.fetch_add(1, Relaxed);
    }
}

async fn watch(State(truth): State<Arc<Truth>>, request: Request<Body>, next: Next) -> Response {
    truth.begun.fetch_add(1, Relaxed);
    let mut pending = Pending(Arc::clone(&truth), false);
    let response = next.run(request).await;
    pending.1 = true;
    response.map(|inner| {
        let has_ended = http_body::Body::is_end_stream(&inner);
        Body::new(Watched {
            inner,
            truth,
            has_ended,
        })
    })
}

fn streamed() -> Body {
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    tokio::spawn(async move {
        for _ in 0..3 {
            tokio::task::yield_now().await;
            if sender.send_data(Bytes::from_static(b"abc")).await.is_err() {
                return;
            }
        }
    });
    Body::new(body)
}

/// The routes, each with a mark that ends its response.
const ROUTES: [(&str, &[u8]); 4] = [
    ("/quick", b"hello"),
    ("/late", b"hello"),
    ("/stream", b"0\r\n\r\n"),
    ("/empty", b"\r\n\r\n"),
];

fn service(truth: &Arc<Truth>) -> Router {
    let late = || async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        "hello"
    };
    Router::new()
        .route("/quick", get(|| async { "hello" }))
        .route("/late", get(late))
        .route("/stream", get(|| async { streamed() }))
        .route("/empty", get(|| async {}))
        .layer(from_fn_with_state(Arc::clone(truth), watch))
}

/// Sends so many requests, one after the other, and leaves some of them alone. Returns how many were answered in full.
async fn client(server: Arc<Server>, requests: u64, seed: u64) -> u64 {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut connection = None;
    let mut answered = 0;
    let mut seen = Vec::new();
    for _ in 0..requests {
        let (path, mark) = ROUTES[random.random_range(0..ROUTES.len())];
        let stream = match &mut connection {
            Some(stream) => stream,
            None => connection.insert(server.raw("").await),
        };
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        seen.clear();
        match random.random_range(0..10) {
            0 => connection = None,
            1 => {
                let _ = stream.read_buf(&mut seen).await;
                connection = None;
            }
            2 => {
                tokio::task::yield_now().await;
                connection = None;
            }
            _ => {
                while !seen.ends_with(mark) {
                    assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0, "{path}");
                }
                answered += 1;
            }
        }
    }
    answered
}

async fn run(requests: u64) {
    const CLIENTS: u64 = 32;
    let truth = Arc::new(Truth::default());
    let server = Arc::new(Server::start(|layer| service(&truth).layer(layer)).await);
    let mut clients = tokio::task::JoinSet::new();
    for seed in 0..CLIENTS {
        clients.spawn(client(Arc::clone(&server), requests / CLIENTS, seed));
    }
    let mut answered = 0;
    while let Some(done) = clients.join_next().await {
        answered += done.unwrap();
    }
    server.wait_in_flight(0.0).await;

    let [cancelled, whole, cut, bytes, begun] = [
        &truth.cancelled,
        &truth.whole,
        &truth.cut,
        &truth.bytes,
        &truth.begun,
    ]
    .map(|count| count.load(Relaxed));
    assert!(
        cancelled > 0 && cut > 0 && answered > 0 && whole >= answered,
        "{truth:?}"
    );
    assert_eq!(begun, cancelled + whole + cut);
    let sum = |of: fn(&str) -> bool, lines: Vec<String>| -> u64 {
        let counts = lines.iter().filter(|line| of(line));
        counts
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum()
    };
    let guide = |of| sum(of, server.requests());
    let conventions = |of| sum(of, server.conventions());
    assert_eq!(guide(|line| line.contains(" 499 ")), cancelled);
    assert_eq!(guide(|line| line.contains(" 200 ")), whole + cut);
    assert_eq!(
        conventions(|line| line.starts_with("client_disconnected GET - ")),
        cancelled
    );
    assert_eq!(
        conventions(|line| line.starts_with("client_disconnected GET 200 ")),
        cut
    );
    assert_eq!(conventions(|line| line.starts_with("- GET 200 ")), whole);
    assert_eq!(conventions(|_| true), begun);
    assert_eq!(
        server.harness.histogram("http_server_response_body_size_bytes"),
        (bytes as f64, begun)
    );
    server.seconds();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_at_random() {
    run(20_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "deep run: a million requests take minutes"]
async fn a_million_requests_some_of_whose_clients_leave() {
    run(1_000_000).await;
}
