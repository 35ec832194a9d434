//! The families allocate nothing for known labels: a binary of its own, as it counts every allocation of the process.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]
#![expect(
    unsafe_code,
    reason = "a counting allocator is an implementation of an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use std::{
    convert::Infallible,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody as _},
    routing::{Route, post},
};
use http::{Request, Response};
use http_body_util::Empty;
use tower::{Layer as _, Service as _, layer::layer_fn};
use vmotel_instruments::{
    AppMetrics, BusinessMetrics, CacheMetrics, ConnectionPool, DbPoolMetrics, MeteredPool, PoolState,
    PoolStats,
    grpc::{GrpcClientMetrics, GrpcLayer, GrpcServerMetrics},
    http::{HttpFamilies, HttpMetricsLayer, HttpServerMetrics},
};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: all calls go to the system allocator; counting touches a thread-local without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of the trait.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer comes from the system allocator, by `alloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[track_caller]
fn check(expected: u64, what: &str, mut run: impl FnMut()) {
    run();
    let before = COUNT.with(Cell::get);
    run();
    assert_eq!(COUNT.with(Cell::get) - before, expected, "{what}");
}

#[test]
fn known_labels_allocate_nothing() {
    // No provider is set: what is counted is the work before it.
    let meter = opentelemetry::global::meter("test");
    let app = AppMetrics::new(&meter);
    let (business, cache) = (BusinessMetrics::new(&meter), CacheMetrics::new(&meter));
    let took = Duration::from_millis(1);
    let path: Arc<str> = Arc::from("/users/42");
    check(0, "a request with a template", || {
        app.record_request("GET", "/users/{id}", 200, took, 0)
    });
    check(0, "a request with a path", || {
        app.record_request("GET", Arc::clone(&path), 200, took, 0)
    });
    check(0, "an order", || business.record_order("books", 1.0, took));
    check(0, "a cache", || {
        cache.record_hit("sessions");
        cache.record_latency("sessions", "get", took);
    });
    for number in 0..3_000 {
        cache.record_hit(number.to_string());
    }
    let other: Arc<str> = Arc::from("beyond");
    check(0, "a folded value", || cache.record_hit(Arc::clone(&other)));
}

/// Polls a future that is ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future is not ready"),
    }
}

#[test]
fn a_known_method_allocates_nothing() {
    let meter = opentelemetry::global::meter("test");
    let endpoint = http::Uri::from_static("http://orders:50051");
    for layer in [
        GrpcLayer::server(GrpcServerMetrics::new(&meter)),
        GrpcLayer::client(GrpcClientMetrics::new(&meter), &endpoint),
    ] {
        let answer = async |_| Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()));
        let mut service = layer.layer(tower::service_fn(answer));
        let request = || {
            let request = Request::post("/shop.v1.Orders/Get").header("content-type", "application/grpc");
            request.body(()).unwrap()
        };
        let mut requests = vec![request(), request()];
        check(0, "a call", || {
            let _ = now(service.call(requests.pop().unwrap()));
        });
    }
}

#[derive(Clone)]
struct Endless;

impl PoolStats for Endless {
    fn state(&self) -> PoolState {
        PoolState::default()
    }
}

impl ConnectionPool for Endless {
    type Connection = ();
    type Error = Infallible;

    async fn acquire(&self) -> Result<(), Infallible> {
        Ok(())
    }

    fn is_timeout(error: &Infallible) -> bool {
        match *error {}
    }
}

#[test]
fn a_connection_allocates_nothing() {
    let metrics = DbPoolMetrics::new(&opentelemetry::global::meter("test"));
    let pool = MeteredPool::new("orders", Endless, &metrics);
    check(0, "a connection", || drop(now(pool.get())));
}

/// Returns the allocations of a request with a body, after others like it.
fn of_a_request(router: Router, body: &'static str) -> u64 {
    // As `axum::serve` does.
    let mut router = router.with_state(());
    let mut count = 0;
    for _ in 0..3 {
        let request = Request::post("/orders/7").body(Body::from(body)).unwrap();
        let before = COUNT.with(Cell::get);
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = pin!(router.call(request)).poll(&mut context) else {
            panic!("the handler waits for nothing")
        };
        let mut answer = pin!(response.into_body());
        while let Poll::Ready(Some(Ok(_))) = answer.as_mut().poll_frame(&mut context) {}
        assert!(answer.is_end_stream());
        count = COUNT.with(Cell::get) - before;
    }
    count
}

/// One allocation for the body of the response, one for that of a request whose bytes are to be counted; the rest is what axum takes
/// for any layer.
#[test]
fn a_layer_in_axum_allocates_once_for_each_body() {
    let routes = || Router::new().route("/orders/{id}", post(|body: Bytes| async move { body }));
    let meter = opentelemetry::global::meter("test");
    let (app, server) = (AppMetrics::new(&meter), HttpServerMetrics::new(&meter));
    let layered = |families: HttpFamilies, body| {
        of_a_request(routes().layer(HttpMetricsLayer::new(families).for_axum()), body)
    };
    let empty = |body| of_a_request(routes().layer(layer_fn(|route: Route| route)), body);
    for (what, families, body, expected) in [
        ("conventions", server.clone().into(), "a book", 1),
        ("both families", (app.clone(), server.clone()).into(), "a book", 2),
        ("nothing to read", (app, server).into(), "", 0),
    ] {
        assert_eq!(layered(families, body) - empty(body), expected, "{what}");
    }
}
