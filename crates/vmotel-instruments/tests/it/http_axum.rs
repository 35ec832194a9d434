//! The layer in an axum router, served by hyper, with real clients over loopback.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    error_handling::HandleErrorLayer,
    http::{Method, Request, StatusCode, header},
    routing::get,
};
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::{ServiceBuilder, ServiceExt, timeout::TimeoutLayer};
use vmotel_instruments::http::{ExemplarSink, HttpMetricsConfig};

use crate::server::{STEP, Server, routes};

#[tokio::test]
async fn ordinary_requests_are_recorded_before_their_response_ends() {
    let server = Server::start(|layer| routes().layer(layer)).await;
    let check = async |method: &'static str,
                       path: &'static str,
                       status: u16,
                       length: usize,
                       recorded: &'static str| {
        let (found, body) = server.fetch(method, path, b"").await;
        assert_eq!((found.as_u16(), body.len()), (status, length), "{method} {path}");
        // No waiting: what the client has seen ended is recorded.
        let requests = server.requests();
        assert!(
            requests.iter().any(|line| line == recorded),
            "{recorded} is not in {requests:?}"
        );
        assert_eq!(server.in_flight(), 0.0, "{method} {path}");
    };
    check("GET", "/empty", 200, 0, "GET /empty 200 1").await;
    check("GET", "/users/7", 200, 22, "GET /users/{id} 200 1").await;
    check("GET", "/users/8?verbose=1", 200, 22, "GET /users/{id} 200 2").await;
    check("HEAD", "/users/8", 200, 0, "HEAD /users/{id} 200 1").await;
    check("DELETE", "/users/8", 204, 0, "DELETE /users/{id} 204 1").await;
    check("GET", "/paced", 200, 6, "GET /paced 200 1").await;
    check("HEAD", "/paced", 200, 0, "HEAD /paced 200 1").await;
    check("GET", "/not-modified", 304, 0, "GET /not-modified 304 1").await;
    check("GET", "/fails", 502, 2, "GET /fails 502 1").await;
    check("POST", "/users/7", 405, 0, "POST /users/{id} 405 1").await;
    check("GET", "/wp-login.php", 404, 0, "GET _unmatched 404 1").await;
    check("GET", "/.env", 404, 0, "GET _unmatched 404 2").await;
    check("PURGE", "/empty", 200, 0, "_OTHER /empty 200 1").await;
    check("get", "/empty", 200, 0, "_OTHER /empty 200 2").await;
    assert_eq!(server.requests().len(), 11);
    assert_eq!(
        server.errors(),
        [
            "GET /fails 502 1",
            "GET _unmatched 404 2",
            "POST /users/{id} 405 1"
        ]
    );
    server.seconds();
}

#[tokio::test]
async fn a_route_layer_leaves_out_what_has_no_route() {
    let server = Server::start(|layer| routes().route_layer(layer)).await;
    for path in ["/users/1", "/users/2", "/nowhere"] {
        server.fetch("GET", path, b"").await;
    }
    assert_eq!(server.requests(), ["GET /users/{id} 200 2"]);
    assert_eq!(server.in_flight(), 0.0);
}

#[tokio::test]
async fn routes_that_take_the_layered_router_in_stay_unrecorded() {
    let server = Server::start(|layer| {
        Router::new()
            .route("/scraped", get(|| async {}))
            .merge(routes().layer(layer))
    })
    .await;
    for path in ["/scraped", "/users/1", "/nowhere"] {
        server.fetch("GET", path, b"").await;
    }
    assert_eq!(
        server.requests(),
        ["GET /users/{id} 200 1", "GET _unmatched 404 1"]
    );
}

#[tokio::test]
async fn nested_routers_are_counted_once_with_the_full_template() {
    let inner = || Router::new().route("/items/{item}", get(|| async { "x" }));
    let server = Server::start(|layer| {
        Router::new()
            .nest("/orders/{order}", inner().layer(layer.clone()))
            .nest_service("/static", inner().layer(layer.clone()))
            .nest_service("/unseen", inner())
            .layer(layer)
    })
    .await;
    for path in [
        "/orders/4/items/5",
        "/static/items/6",
        "/static/none",
        "/unseen/items/7",
        "/none",
    ] {
        server.fetch("GET", path, b"").await;
    }
    assert_eq!(
        server.requests(),
        [
            "GET /orders/{order}/items/{item} 200 1",
            "GET /static/items/{item} 200 1",
            "GET _unmatched 200 1",
            "GET _unmatched 404 2"
        ]
    );
}

#[tokio::test]
async fn a_layer_around_the_whole_router_learns_the_route_from_one_inside() {
    let server = Server::start(|layer| {
        let app = routes().route_layer(layer.clone());
        Router::new().fallback_service(ServiceBuilder::new().layer(layer).service(app))
    })
    .await;
    for path in ["/users/1", "/nowhere"] {
        server.fetch("GET", path, b"").await;
    }
    assert_eq!(
        server.requests(),
        ["GET /users/{id} 200 1", "GET _unmatched 404 1"]
    );
}

/// Both layers know the route, and neither may count twice.
#[tokio::test]
async fn of_two_layers_around_one_route_the_outer_one_records() {
    let server = Server::start(|layer| {
        let twice = Router::new()
            .route("/twice/{id}", get(|| async { "x" }))
            .layer(layer.clone());
        let apart = ServiceBuilder::new()
            .layer(layer.clone())
            .service(get(|| async { "x" }));
        Router::new()
            .merge(twice)
            .route_service("/apart/{id}", apart)
            .route("/once", get(|| async { "x" }))
            .layer(layer)
    })
    .await;
    for path in ["/twice/1", "/twice/2", "/apart/1", "/once"] {
        server.fetch("GET", path, b"").await;
    }
    assert_eq!(
        server.requests(),
        [
            "GET /apart/{id} 200 1",
            "GET /once 200 1",
            "GET /twice/{id} 200 2"
        ]
    );
}

/// A handler that asks another router asks as a client does: two requests.
#[tokio::test]
async fn a_request_within_a_request_is_one_of_its_own() {
    let server = Server::start(|layer| {
        let inner = routes().layer(layer.clone());
        let ask = async move || {
            let request = Request::get("/users/1").body(Body::empty()).unwrap();
            inner.clone().oneshot(request).await
        };
        Router::new().route("/batch", get(ask)).layer(layer)
    })
    .await;
    assert_eq!(server.fetch("GET", "/batch", b"").await.0, 200);
    assert_eq!(server.requests(), ["GET /batch 200 1", "GET /users/{id} 200 1"]);
}

#[tokio::test]
async fn sampled_requests_leave_exemplars() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let taken = Arc::clone(&taken);
        ExemplarSink::new(move |duration, span| taken.lock().unwrap().push((duration, span)))
    };
    let config = HttpMetricsConfig {
        exemplars: Some(sink),
        ..HttpMetricsConfig::default()
    };
    let server = Server::with_config(config, |layer| routes().layer(layer)).await;
    let ask = async |path: &str, parent: Option<&str>| {
        let mut request = Request::get(path).header("host", "localhost");
        if let Some(parent) = parent {
            request = request.header("traceparent", parent);
        }
        let response = server.send(request.body(Full::default()).unwrap()).await.unwrap();
        response.into_body().collect().await.unwrap();
    };
    let begin = Instant::now();
    ask(
        "/paced",
        Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    )
    .await;
    let took = begin.elapsed();
    ask(
        "/users/1",
        Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00"),
    )
    .await;
    ask("/users/1", Some("never mind")).await;
    ask("/users/1", None).await;
    let taken = taken.lock().unwrap();
    let [(duration, span)] = taken[..] else {
        panic!("{taken:?}")
    };
    assert_eq!(span.trace_id(), 0x4bf92f3577b34da6a3ce929d0e0e4736);
    assert_eq!(span.span_id(), 0x00f067aa0ba902b7);
    assert!(STEP < duration && duration < took, "{duration:?} of {took:?}");
}

#[tokio::test]
async fn a_duration_lasts_until_the_body_has_ended() {
    let server = Server::start(|layer| routes().layer(layer)).await;
    let begin = Instant::now();
    server.fetch("GET", "/paced", b"").await;
    let all = begin.elapsed().as_secs_f64();
    let seconds = server.seconds();
    assert!(
        STEP.as_secs_f64() * 4.0 <= seconds && seconds <= all,
        "{seconds} of {all}"
    );
}

#[tokio::test]
async fn a_stream_is_in_flight_until_its_client_leaves() {
    let server = Server::start(|layer| routes().layer(layer)).await;
    let mut streams = Vec::new();
    for count in 1..=3 {
        let mut stream = server
            .raw("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await;
        let mut seen = Vec::new();
        while !seen.ends_with(b"data: 1\n\n\r\n") {
            assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
        }
        streams.push(stream);
        assert_eq!(server.in_flight(), f64::from(count));
    }
    assert_eq!(server.requests(), [""; 0]);
    tokio::time::sleep(STEP).await;
    drop(streams.pop());
    server.wait_in_flight(2.0).await;
    // The status is the one that was sent, although the body was cut.
    assert_eq!(server.requests(), ["GET /events 200 1"]);
    assert!(server.seconds() >= STEP.as_secs_f64());
    streams.clear();
    server.wait_in_flight(0.0).await;
    assert_eq!(server.requests(), ["GET /events 200 3"]);
    assert_eq!(server.errors(), [""; 0]);
}

#[tokio::test]
async fn a_body_of_declared_length_ends_although_its_stream_stays_open() {
    let server = Server::start(|layer| routes().layer(layer)).await;
    // The connection is kept open: the end is not that of the connection.
    let mut stream = server
        .raw("GET /sized-but-open HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    let mut seen = Vec::new();
    while !seen.ends_with(b"data: 1\n\n") {
        assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
    }
    server.wait_in_flight(0.0).await;
    assert_eq!(server.requests(), ["GET /sized-but-open 200 1"]);
    assert!(server.seconds() < 5.0);
    drop(stream);
}

#[tokio::test]
async fn a_client_that_leaves_before_the_response_is_a_499() {
    let server = Server::start(|layer| routes().layer(layer)).await;
    let stream = server.raw("GET /stuck HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    server.wait_in_flight(1.0).await;
    tokio::time::sleep(STEP).await;
    drop(stream);
    server.wait_in_flight(0.0).await;
    assert_eq!(server.requests(), ["GET /stuck 499 1"]);
    assert_eq!(server.errors(), ["GET /stuck 499 1"]);
    let seconds = server.seconds();
    assert!((STEP.as_secs_f64()..5.0).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_panic_is_a_500() {
    let server = Server::start(|layer| routes().layer(layer)).await;
    let request = Request::get("/panics")
        .header(header::HOST, "localhost")
        .body(Full::default())
        .unwrap();
    assert!(server.send(request).await.is_err(), "hyper closes the connection");
    server.wait_in_flight(0.0).await;
    assert_eq!(server.requests(), ["GET /panics 500 1"]);
    assert_eq!(server.errors(), ["GET /panics 500 1"]);
    assert!(server.seconds() >= STEP.as_secs_f64());
}

#[tokio::test]
async fn a_timeout_has_its_own_status_inside_and_is_a_499_outside() {
    let timeout = || {
        ServiceBuilder::new()
            .layer(HandleErrorLayer::new(|_| async { StatusCode::GATEWAY_TIMEOUT }))
            .layer(TimeoutLayer::new(STEP))
    };
    let inside = Server::start(|layer| routes().layer(timeout()).layer(layer)).await;
    assert_eq!(inside.fetch("GET", "/stuck", b"").await.0, 504);
    assert_eq!(inside.requests(), ["GET /stuck 504 1"]);
    let outside = Server::start(|layer| routes().layer(layer).layer(timeout())).await;
    assert_eq!(outside.fetch("GET", "/stuck", b"").await.0, 504);
    outside.wait_in_flight(0.0).await;
    assert_eq!(outside.requests(), ["GET /stuck 499 1"]);
    for server in [inside, outside] {
        let seconds = server.seconds();
        assert!((STEP.as_secs_f64() * 0.9..5.0).contains(&seconds), "{seconds}");
    }
}

#[tokio::test]
async fn request_sizes() {
    let check = async |request: &str, then: &str, expected: (&str, f64)| {
        let server = Server::start(|layer| routes().layer(layer)).await;
        let mut stream = server.raw(request).await;
        if !then.is_empty() {
            server.wait_in_flight(1.0).await;
            stream.write_all(then.as_bytes()).await.unwrap();
        }
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response).await;
        server.wait_in_flight(0.0).await;
        assert_eq!(
            (server.requests()[0].as_str(), server.bytes()),
            expected,
            "{request}"
        );
    };
    let head = "HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    let post = |path: &str, rest: &str| format!("POST {path} {head}{rest}");
    check(
        &post("/reads", "content-length: 5\r\n\r\nhello"),
        "",
        ("POST /reads 200 1", 5.0),
    )
    .await;
    check(
        &post("/reads", "content-length: 5\r\n\r\nhe"),
        "llo",
        ("POST /reads 200 1", 5.0),
    )
    .await;
    check(
        &post(
            "/reads",
            "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
        ),
        "",
        ("POST /reads 200 1", 7.0),
    )
    .await;
    check(&format!("GET /empty {head}\r\n"), "", ("GET /empty 200 1", 0.0)).await;
    // Declared, and not read by the handler.
    check(
        &post("/ignores", "content-length: 5\r\n\r\nhello"),
        "",
        ("POST /ignores 200 1", 5.0),
    )
    .await;
    check(
        &post("/nowhere", "content-length: 5\r\n\r\nhello"),
        "",
        ("POST _unmatched 404 1", 5.0),
    )
    .await;
    // Declared, and never sent: what no one could send is not believed.
    check(
        &post("/nowhere", "content-length: 18446744073709551000\r\n\r\n"),
        "",
        ("POST _unmatched 404 1", 0.0),
    )
    .await;
}

#[tokio::test]
async fn a_cancelled_upload_counts_what_was_read() {
    let server = Server::start(|layer| routes().layer(layer)).await;
    let stream = server
        .raw("POST /reads HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500\r\n\r\nhello")
        .await;
    server.wait_in_flight(1.0).await;
    tokio::time::sleep(STEP).await;
    drop(stream);
    server.wait_in_flight(0.0).await;
    let requests = server.requests();
    assert!(
        requests == ["POST /reads 499 1"] || requests == ["POST /reads 400 1"],
        "{requests:?}"
    );
}

#[tokio::test]
async fn configuration_is_followed() {
    let config = HttpMetricsConfig {
        known_methods: vec![Method::from_bytes(b"PURGE").unwrap()],
        unmatched_path: "nowhere".into(),
        max_declared_size: 4,
        response_time: true,
        ..HttpMetricsConfig::default()
    };
    let server = Server::with_config(config, |layer| routes().layer(layer)).await;
    server.fetch("PURGE", "/none", b"").await;
    server.fetch("POST", "/ignores", b"hello").await;
    server.fetch("GET", "/paced", b"").await;
    assert_eq!(
        server.requests(),
        [
            "PURGE nowhere 404 1",
            "_OTHER /ignores 200 1",
            "_OTHER /paced 200 1"
        ]
    );
    assert_eq!(server.bytes(), 0.0);
    let (seconds, count) = server.harness.histogram("http_response_time_seconds");
    assert_eq!(count, 3);
    assert!(
        seconds < STEP.as_secs_f64() * 4.0,
        "the heads came before the bodies: {seconds}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_clients_some_of_which_leave() {
    let server = Arc::new(Server::start(|layer| routes().layer(layer)).await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let server = Arc::clone(&server);
        tasks.spawn(async move {
            match n % 4 {
                0 => drop(server.fetch("GET", &format!("/users/{n}"), b"").await),
                1 => drop(server.fetch("GET", &format!("/nowhere/{n}"), b"").await),
                2 => drop(server.fetch("GET", "/paced", b"").await),
                _ => {
                    let mut stream = server
                        .raw("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n")
                        .await;
                    let _ = stream.read(&mut [0; 64]).await;
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    server.wait_in_flight(0.0).await;
    assert_eq!(
        server.requests(),
        [
            "GET /events 200 50",
            "GET /paced 200 50",
            "GET /users/{id} 200 50",
            "GET _unmatched 404 50"
        ]
    );
    server.seconds();
}
