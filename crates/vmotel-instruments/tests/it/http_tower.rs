//! The layer around plain tower services, driven by hand.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll, Waker},
};

use axum::{
    body::Bytes,
    http::{Request, Response, StatusCode},
};
use http_body_util::{BodyExt, Empty, Full, channel::Channel};
use tower::{Layer, Service, ServiceExt, service_fn};
use vmotel_instruments::{
    AppMetrics,
    http::{HttpMetricsLayer, HttpRoute, RequestBody},
};

use crate::harness::Harness;

type In = Request<RequestBody<Empty<Bytes>>>;

fn layer(harness: &Harness) -> HttpMetricsLayer {
    HttpMetricsLayer::new(AppMetrics::new(&harness.meter()))
}

fn request() -> Request<Empty<Bytes>> {
    Request::get("/users/5").body(Empty::new()).unwrap()
}

#[track_caller]
fn check(harness: &Harness, expected: &[&str]) {
    assert_eq!(harness.series(|name| name == "http_requests_total"), expected);
    assert_eq!(harness.value("http_active_connections"), Some(0.0));
}

#[tokio::test]
async fn a_service_tells_its_route() {
    let harness = Harness::new();
    let service = service_fn(async |request: In| {
        let route = request.extensions().get::<HttpRoute>().unwrap();
        route.set("/users/{id}");
        route.set("/later");
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello"))))
    });
    let response = layer(&harness).layer(service).oneshot(request()).await.unwrap();
    assert_eq!(
        harness.value("http_active_connections"),
        Some(1.0),
        "the body is not read yet"
    );
    response.into_body().collect().await.unwrap();
    check(
        &harness,
        &[r#"http_requests_total{method="GET",path="/users/{id}",status_code="200"} 1"#],
    );
}

#[tokio::test]
async fn an_error_is_a_500() {
    let harness = Harness::new();
    let service = service_fn(async |_: In| Err::<Response<Empty<Bytes>>, _>("broken"));
    assert!(layer(&harness).layer(service).oneshot(request()).await.is_err());
    check(
        &harness,
        &[r#"http_requests_total{method="GET",path="_unmatched",status_code="500"} 1"#],
    );
}

#[test]
fn a_panic_in_the_call_is_a_500() {
    let harness = Harness::new();
    #[expect(unreachable_code, reason = "the service has a type although it panics")]
    let service = service_fn(|_: In| {
        panic!("a service panics on purpose");
        std::future::ready(Ok::<Response<Empty<Bytes>>, Infallible>(Response::default()))
    });
    let mut service = layer(&harness).layer(service);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(request())))).is_err());
    check(
        &harness,
        &[r#"http_requests_total{method="GET",path="_unmatched",status_code="500"} 1"#],
    );
}

#[test]
fn a_future_that_is_dropped_is_a_499_polled_or_not() {
    let harness = Harness::new();
    let mut service = layer(&harness).layer(service_fn(|_: In| {
        std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>()
    }));
    drop(service.call(request()));
    let mut future = Box::pin(service.call(request()));
    assert!(
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    drop(future);
    check(
        &harness,
        &[r#"http_requests_total{method="GET",path="_unmatched",status_code="499"} 2"#],
    );
}

#[tokio::test]
async fn a_body_that_fails_or_is_never_read_keeps_its_status() {
    let harness = Harness::new();
    let service = service_fn(async |_: In| {
        let (mut sender, body) = Channel::<Bytes, &str>::new(1);
        sender.send_data(Bytes::from_static(b"half")).await.unwrap();
        sender.abort("the other half is lost");
        Ok::<_, Infallible>(
            Response::builder()
                .status(StatusCode::CREATED)
                .body(body)
                .unwrap(),
        )
    });
    let service = layer(&harness).layer(service);
    let read = service.clone().oneshot(request()).await.unwrap().into_body();
    assert!(read.collect().await.is_err());
    drop(service.oneshot(request()).await.unwrap());
    check(
        &harness,
        &[r#"http_requests_total{method="GET",path="_unmatched",status_code="201"} 2"#],
    );
}

#[tokio::test]
async fn readiness_is_the_inner_services() {
    #[derive(Clone)]
    struct Busy;
    impl Service<In> for Busy {
        type Response = Response<Empty<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Pending
        }

        fn call(&mut self, _: In) -> Self::Future {
            std::future::ready(Ok(Response::default()))
        }
    }
    let mut service = layer(&Harness::new()).layer(Busy);
    let ready =
        Service::<Request<Empty<Bytes>>>::poll_ready(&mut service, &mut Context::from_waker(Waker::noop()));
    assert!(ready.is_pending());
}
