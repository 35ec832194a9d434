//! The families allocate nothing for known labels: a binary of its own, as it counts every allocation of the process.

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
    task::{Context, Waker},
    time::Duration,
};

use axum::body::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use tower::{Layer as _, Service as _};
use vmotel_instruments::{
    AppMetrics, BusinessMetrics, CacheMetrics, ConnectionPool, DbPoolMetrics, MeteredPool, PoolState,
    PoolStats,
    grpc::{GrpcClientMetrics, GrpcLayer, GrpcServerMetrics},
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
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the future is not ready"),
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
