//! What a layer of metrics adds to a request: axum alone, with ours, and with its peers; time and allocations.
//!
//! The service is made as `axum::serve` makes it (`with_state`) and called as hyper calls it, and each body is read to its end.
//! `cargo xtask bench http`
#![expect(
    unsafe_code,
    reason = "a counting allocator is an implementation of an unsafe trait"
)]
#![expect(clippy::print_stdout, reason = "criterion does not count allocations")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody as _},
    http::Request,
    routing::{get, post},
};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use tower::Service as _;
use vmotel_instruments::{
    AppMetrics,
    http::{HttpFamilies, HttpMetricsLayer, HttpServerMetrics},
};
use vmotel_registry::{Registry, RegistryMeterProvider};

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

fn routes() -> Router {
    Router::new()
        .route("/users/{id}", get(|| async { "a user" }))
        .route(
            "/orders",
            post(|body: Bytes| async move { body.len().to_string() }),
        )
}

fn read_user() -> Request<Body> {
    Request::get("/users/42")
        .body(Body::empty())
        .expect("it is a request")
}

fn place_order() -> Request<Body> {
    let order = Body::from("one book, one lamp, one chair");
    Request::post("/orders")
        .header("content-length", "29")
        .body(order)
        .expect("it is a request")
}

/// Serves a request, which waits for nothing, and returns the bytes of the response.
fn serve(service: &mut Router, request: Request<Body>) -> usize {
    let mut context = Context::from_waker(Waker::noop());
    let future = pin!(service.call(request));
    let Poll::Ready(Ok(response)) = future.poll(&mut context) else {
        return 0;
    };
    let mut body = pin!(response.into_body());
    let mut bytes = 0;
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut context) {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        // hyper asks no further, either.
        if body.is_end_stream() {
            break;
        }
    }
    bytes
}

/// A router under its name, and what must live as long.
struct Subject {
    name: &'static str,
    router: Router,
    _provider: Box<dyn std::any::Any>,
}

fn ours(name: &'static str, provider: impl std::any::Any, families: impl Into<HttpFamilies>) -> Subject {
    Subject {
        name,
        router: routes()
            .layer(HttpMetricsLayer::new(families).for_axum())
            .with_state(()),
        _provider: Box::new(provider),
    }
}

fn sdk() -> (SdkMeterProvider, Meter) {
    let provider = SdkMeterProvider::builder()
        .with_reader(ManualReader::builder().build())
        .build();
    let meter = provider.meter("bench");
    (provider, meter)
}

fn registry() -> (RegistryMeterProvider, Meter) {
    let provider = RegistryMeterProvider::new(&Registry::default());
    let meter = provider.meter("bench");
    (provider, meter)
}

fn subjects() -> Vec<Subject> {
    let mut subjects = vec![Subject {
        name: "baseline, axum alone",
        router: routes().with_state(()),
        _provider: Box::new(()),
    }];
    // What axum takes for any layer: it boxes the service and its future once more.
    subjects.push(Subject {
        name: "baseline, axum with an empty layer",
        router: routes()
            .layer(tower::layer::layer_fn(|route: axum::routing::Route| route))
            .with_state(()),
        _provider: Box::new(()),
    });
    let (provider, meter) = sdk();
    let both = (AppMetrics::new(&meter), HttpServerMetrics::new(&meter));
    subjects.push(ours("vmotel, both families, SDK", provider, both));
    let (provider, meter) = sdk();
    subjects.push(ours(
        "vmotel, conventions, SDK",
        provider,
        HttpServerMetrics::new(&meter),
    ));
    let (provider, meter) = registry();
    let both = (AppMetrics::new(&meter), HttpServerMetrics::new(&meter));
    subjects.push(ours("vmotel, both families, registry", provider, both));
    #[cfg(feature = "peers")]
    {
        let (layer, handle) = axum_prometheus::PrometheusMetricLayer::pair();
        subjects.push(Subject {
            name: "axum-prometheus",
            router: routes().layer(layer).with_state(()),
            _provider: Box::new(handle),
        });
        // It is made for the API of one version before ours.
        let reader = opentelemetry_sdk_of_axum_otel_metrics::metrics::ManualReader::builder().build();
        let provider = opentelemetry_sdk_of_axum_otel_metrics::metrics::SdkMeterProvider::builder()
            .with_reader(reader)
            .build();
        let layer = axum_otel_metrics::HttpMetricsLayerBuilder::new()
            .with_provider(provider.clone())
            .build();
        subjects.push(Subject {
            name: "axum-otel-metrics",
            router: routes().layer(layer).with_state(()),
            _provider: Box::new(provider),
        });
    }
    subjects
}

/// Makes a request.
type Ask = fn() -> Request<Body>;

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("http");
    let cases: [(&str, Ask, usize); 2] = [("GET", read_user, 6), ("POST with a body", place_order, 2)];
    // A peer spawns a task when its layer is made, which never runs here.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime is made");
    let _entered = runtime.enter();
    let mut subjects = subjects();
    for (case, request, length) in cases {
        let mut bare = 0;
        for Subject { name, router, .. } in &mut subjects {
            let name = *name;
            for _ in 0..100 {
                assert_eq!(serve(router, request()), length, "{name}");
            }
            let before = COUNT.with(Cell::get);
            (0..1_000).for_each(|_| {
                let _ = std::hint::black_box(serve(router, request()));
            });
            let allocations = COUNT.with(Cell::get) - before;
            if name == "baseline, axum alone" {
                bare = allocations;
            }
            let more = (allocations as f64 - bare as f64) / 1_000.0;
            println!("{case}: {name}: {more:+.2} allocations per request");
            group.bench_function(BenchmarkId::new(case, name), |b| {
                b.iter(|| serve(router, request()))
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = bench
}
criterion_main!(benches);
