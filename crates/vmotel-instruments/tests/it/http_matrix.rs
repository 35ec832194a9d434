//! What is recorded, whatever becomes of a request: each case with a client of its own over loopback, and both families exact.

use std::time::Instant;

use axum::{Router, body::Bytes, error_handling::HandleErrorLayer, http::StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{io::AsyncReadExt, net::TcpStream};
use tower::{ServiceBuilder, timeout::TimeoutLayer};
use vmotel_instruments::http::{HttpMetricsConfig, StreamPolicy};

use crate::server::{Layer, STEP, Server, routes};

/// What the client does.
#[derive(Debug, Clone, Copy)]
enum Client {
    /// Reads until the server closes the connection.
    ReadsAll,
    /// Reads until it has seen this, and goes.
    LeavesAfter(&'static str),
    /// Goes before there is a response, [`STEP`] after the request is in flight.
    LeavesBefore,
    /// Reads until it has seen this, and stays until the request is recorded.
    StaysAfter(&'static str),
}
use Client::{LeavesAfter, LeavesBefore, ReadsAll, StaysAfter};

/// A request on a connection, and what is recorded of it.
struct Case {
    /// Method, path and version.
    request: &'static str,
    /// More headers, and a body.
    rest: &'static str,
    client: Client,
    config: fn(&mut HttpMetricsConfig),
    layers: fn(Layer) -> Router,
    /// Method, path, status code; empty if nothing is recorded.
    guide: &'static str,
    /// `error.type`, method, status, route, version, extra label, scheme.
    conventions: &'static str,
    /// The least duration, in steps.
    steps: u32,
    /// The bodies' sizes.
    bytes: (f64, f64),
}

const GET: Case = Case {
    request: "",
    rest: "",
    client: ReadsAll,
    config: |_| {},
    layers: |layer| routes().layer(layer),
    guide: "",
    conventions: "",
    steps: 0,
    bytes: (0.0, 0.0),
};

/// Answers 504 after [`STEP`].
macro_rules! timeout {
    () => {
        ServiceBuilder::new()
            .layer(HandleErrorLayer::new(|_| async { StatusCode::GATEWAY_TIMEOUT }))
            .layer(TimeoutLayer::new(STEP))
    };
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Bodies of all kinds, read to their end.
    Case { request: "GET /empty HTTP/1.1", guide: "GET /empty 200", conventions: "- GET 200 /empty 1.1 - http", ..GET },
    Case { request: "HEAD /empty HTTP/1.1", guide: "HEAD /empty 200", conventions: "- HEAD 200 /empty 1.1 - http", ..GET },
    Case { request: "GET /users/7 HTTP/1.1", guide: "GET /users/{id} 200", conventions: "- GET 200 /users/{id} 1.1 - http", bytes: (0.0, 22.0), ..GET },
    Case { request: "HEAD /users/7 HTTP/1.1", guide: "HEAD /users/{id} 200", conventions: "- HEAD 200 /users/{id} 1.1 - http", ..GET },
    Case { request: "GET /paced HTTP/1.1", guide: "GET /paced 200", conventions: "- GET 200 /paced 1.1 - http", steps: 4, bytes: (0.0, 6.0), ..GET },
    Case { request: "HEAD /paced HTTP/1.1", guide: "HEAD /paced 200", conventions: "- HEAD 200 /paced 1.1 - http", ..GET },
    Case { request: "GET /paced HTTP/1.0", guide: "GET /paced 200", conventions: "- GET 200 /paced 1.0 - http", steps: 4, bytes: (0.0, 6.0), ..GET },
    Case { request: "GET /three-events HTTP/1.1", guide: "GET /three-events 200", conventions: "- GET 200 /three-events 1.1 - http", steps: 4, bytes: (0.0, 6.0), ..GET },
    Case { request: "HEAD /three-events HTTP/1.1", guide: "HEAD /three-events 200", conventions: "- HEAD 200 /three-events 1.1 - http", ..GET },
    Case { request: "GET /not-modified HTTP/1.1", guide: "GET /not-modified 304", conventions: "- GET 304 /not-modified 1.1 - http", ..GET },
    Case { request: "HEAD /not-modified HTTP/1.1", guide: "HEAD /not-modified 304", conventions: "- HEAD 304 /not-modified 1.1 - http", ..GET },
    Case { request: "DELETE /users/7 HTTP/1.1", guide: "DELETE /users/{id} 204", conventions: "- DELETE 204 /users/{id} 1.1 - http", ..GET },
    Case { request: "GET /sized-but-open HTTP/1.1", client: StaysAfter("data: 1\n\n"), guide: "GET /sized-but-open 200", conventions: "- GET 200 /sized-but-open 1.1 - http", bytes: (0.0, 9.0), ..GET },
    // Statuses that are errors, and of whom.
    Case { request: "GET /.env HTTP/1.1", guide: "GET _unmatched 404", conventions: "- GET 404 - 1.1 - http", ..GET },
    Case { request: "POST /users/7 HTTP/1.1", guide: "POST /users/{id} 405", conventions: "- POST 405 /users/{id} 1.1 - http", ..GET },
    Case { request: "GET /fails HTTP/1.1", guide: "GET /fails 502", conventions: "502 GET 502 /fails 1.1 - http", bytes: (0.0, 2.0), ..GET },
    Case { request: "GET /panics HTTP/1.1", guide: "GET /panics 500", conventions: "panic GET - /panics 1.1 - http", steps: 1, ..GET },
    Case { request: "GET /body-panics HTTP/1.1", guide: "GET /body-panics 200", conventions: "panic GET 200 /body-panics 1.1 - http", ..GET },
    Case { request: "GET /body-fails HTTP/1.1", guide: "GET /body-fails 200", conventions: "body_error GET 200 /body-fails 1.1 - http", steps: 2, bytes: (0.0, 2.0), ..GET },
    // Timeouts.
    Case { request: "GET /stuck HTTP/1.1", layers: |layer| routes().layer(timeout!()).layer(layer), guide: "GET /stuck 504", conventions: "504 GET 504 /stuck 1.1 - http", steps: 1, ..GET },
    Case { request: "GET /stuck HTTP/1.1", layers: |layer| routes().layer(layer).layer(timeout!()), guide: "GET /stuck 499", conventions: "client_disconnected GET - /stuck 1.1 - http", steps: 1, ..GET },
    // Clients that leave.
    Case { request: "GET /stuck HTTP/1.1", client: LeavesBefore, guide: "GET /stuck 499", conventions: "client_disconnected GET - /stuck 1.1 - http", steps: 1, ..GET },
    Case { request: "HEAD /stuck HTTP/1.1", client: LeavesBefore, guide: "HEAD /stuck 499", conventions: "client_disconnected HEAD - /stuck 1.1 - http", steps: 1, ..GET },
    Case { request: "GET /half-sized HTTP/1.1", client: LeavesAfter("data: 1"), guide: "GET /half-sized 200", conventions: "client_disconnected GET 200 /half-sized 1.1 - http", bytes: (0.0, 9.0), ..GET },
    Case { request: "GET /events HTTP/1.1", client: LeavesAfter("data: 1"), guide: "GET /events 200", conventions: "client_disconnected GET 200 /events 1.1 - http", bytes: (0.0, 9.0), ..GET },
    Case { request: "GET /paced HTTP/1.1", client: LeavesAfter("\r\n\r\n"), guide: "GET /paced 200", conventions: "client_disconnected GET 200 /paced 1.1 - http", bytes: (0.0, f64::NAN), ..GET },
    Case { request: "GET /events HTTP/1.0", client: LeavesAfter("data: 1"), guide: "GET /events 200", conventions: "client_disconnected GET 200 /events 1.0 - http", bytes: (0.0, 9.0), ..GET },
    // What may last for hours.
    Case { request: "GET /events HTTP/1.1", client: StaysAfter("data: 1"), config: |c| c.event_streams = StreamPolicy::AtHead, guide: "GET /events 200", conventions: "- GET 200 /events 1.1 - http", ..GET },
    Case { request: "GET /three-events HTTP/1.1", config: |c| c.event_streams = StreamPolicy::Skip, ..GET },
    Case { request: "GET /paced HTTP/1.1", config: |c| c.event_streams = StreamPolicy::Skip, guide: "GET /paced 200", conventions: "- GET 200 /paced 1.1 - http", steps: 4, bytes: (0.0, 6.0), ..GET },
    Case { request: "GET /upgrade HTTP/1.1", client: StaysAfter("\r\n\r\n"), rest: "upgrade: echo\r\nconnection: upgrade\r\n\r\n", guide: "GET /upgrade 101", conventions: "- GET 101 /upgrade 1.1 - http", ..GET },
    Case { request: "GET /upgrade HTTP/1.1", client: StaysAfter("\r\n\r\n"), rest: "upgrade: echo\r\nconnection: upgrade\r\n\r\n", config: |c| c.upgrades = StreamPolicy::Skip, ..GET },
    // Requests with bodies.
    Case { request: "POST /reads HTTP/1.1", rest: "content-length: 5\r\n\r\nhello", guide: "POST /reads 200", conventions: "- POST 200 /reads 1.1 - http", bytes: (5.0, 1.0), ..GET },
    Case { request: "POST /reads HTTP/1.1", rest: "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", guide: "POST /reads 200", conventions: "- POST 200 /reads 1.1 - http", bytes: (7.0, 1.0), ..GET },
    Case { request: "POST /ignores HTTP/1.1", rest: "content-length: 5\r\n\r\nhello", guide: "POST /ignores 200", conventions: "- POST 200 /ignores 1.1 - http", bytes: (5.0, 0.0), ..GET },
    // Labels.
    Case { request: "PURGE /empty HTTP/1.1", guide: "_OTHER /empty 200", conventions: "- _OTHER 200 /empty 1.1 - http", ..GET },
    Case { request: "GET /labelled HTTP/1.1", guide: "GET /labelled 200", conventions: "- GET 200 /labelled 1.1 free http", bytes: (0.0, 5.0), ..GET },
    Case { request: "GET /metrics HTTP/1.1", ..GET },
    Case { request: "GET /users/7 HTTP/1.1", config: |c| c.skip = vec!["/users/*".into()], ..GET },
    Case { request: "GET /static/a.css HTTP/1.1", config: |c| c.group = vec![("/static/*".into(), "/static".into())], guide: "GET /static 200", conventions: "- GET 200 /static 1.1 - http", bytes: (0.0, 1.0), ..GET },
    Case { request: "GET /old/b.css HTTP/1.1", config: |c| c.group = vec![("/old/*".into(), "/old".into())], guide: "GET /old 404", conventions: "- GET 404 /old 1.1 - http", ..GET },
    Case { request: "GET /.env HTTP/1.1", config: |c| c.unmatched_route = true, guide: "GET _unmatched 404", conventions: "- GET 404 _unmatched 1.1 - http", ..GET },
    Case { request: "GET /empty HTTP/1.1", config: |c| c.scheme = "https", guide: "GET /empty 200", conventions: "- GET 200 /empty 1.1 - https", ..GET },
    Case { request: "GET https://x/empty HTTP/1.1", guide: "GET /empty 200", conventions: "- GET 200 /empty 1.1 - https", ..GET },
    Case { request: "GET evil://x/empty HTTP/1.1", guide: "GET /empty 200", conventions: "- GET 200 /empty 1.1 - http", ..GET },
];

async fn check(number: usize, case: &Case) {
    let what = format!("case {number}: {} {:?}", case.request, case.client);
    let mut config = HttpMetricsConfig::default();
    (case.config)(&mut config);
    let server = Server::with_config(config, case.layers).await;
    let rest = match case.rest {
        "" => "\r\n".to_owned(),
        rest => rest.to_owned(),
    };
    let close = if rest.contains("connection:") {
        ""
    } else {
        "connection: close\r\n"
    };
    let begin = Instant::now();
    let mut stream = server
        .raw(&format!("{}\r\nhost: localhost\r\n{close}{rest}", case.request))
        .await;
    match case.client {
        ReadsAll => {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        LeavesAfter(mark) => {
            read_until(&mut stream, mark).await;
            server.wait_in_flight(1.0).await;
            drop(stream);
        }
        StaysAfter(mark) => {
            read_until(&mut stream, mark).await;
            server.wait_in_flight(0.0).await;
            drop(stream);
        }
        LeavesBefore => {
            server.wait_in_flight(1.0).await;
            tokio::time::sleep(STEP).await;
            drop(stream);
        }
    }
    server.wait_in_flight(0.0).await;
    let elapsed = begin.elapsed();
    let counted = |text: &str| {
        if text.is_empty() {
            Vec::new()
        } else {
            vec![format!("{text} 1")]
        }
    };
    assert_eq!(server.requests(), counted(case.guide), "{what}");
    assert_eq!(server.conventions(), counted(case.conventions), "{what}");
    let seconds = server.seconds();
    let least = (STEP * case.steps).as_secs_f64();
    assert!(
        least <= seconds && seconds <= elapsed.as_secs_f64(),
        "{what}: {seconds} of {elapsed:?}"
    );
    let sizes = [
        "http_server_request_body_size_bytes",
        "http_server_response_body_size_bytes",
    ]
    .map(|family| server.harness.histogram(family).0);
    assert_eq!(sizes[0], case.bytes.0, "{what}");
    assert!(
        case.bytes.1.is_nan() || sizes[1] == case.bytes.1,
        "{what}: {} bytes",
        sizes[1]
    );
}

async fn read_until(stream: &mut TcpStream, mark: &str) {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(mark) {
        assert_ne!(
            stream.read_buf(&mut seen).await.unwrap(),
            0,
            "closed before {mark:?}"
        );
    }
}

#[tokio::test]
async fn every_end_of_a_request_is_recorded_once() {
    assert!(CASES.len() >= 24);
    for (number, case) in CASES.iter().enumerate() {
        check(number, case).await;
    }
}

#[tokio::test]
async fn http_2_tells_its_version_and_a_reset_is_a_disconnect() {
    let server = Server::start(|layer| routes().layer(layer)).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let mut send = |path: &str| {
        let uri = format!("http://localhost{path}");
        sender.send_request(hyper::Request::get(uri).body(Empty::<Bytes>::new()).unwrap())
    };
    let response = send("/paced").await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 6);
    server.wait_in_flight(0.0).await;
    assert_eq!(server.conventions(), ["- GET 200 /paced 2 - http 1"]);
    let response = send("/trailers")
        .await
        .unwrap()
        .into_body()
        .collect()
        .await
        .unwrap();
    assert!(
        response
            .trailers()
            .is_some_and(|trailers| trailers.contains_key("etag"))
    );
    server.wait_in_flight(0.0).await;

    // The stream is reset, the connection stays.
    let waiting = tokio::time::timeout(STEP, send("/stuck")).await;
    assert!(waiting.is_err());
    server.wait_in_flight(0.0).await;
    let mut body = send("/events").await.unwrap().into_body();
    assert!(body.frame().await.unwrap().is_ok());
    server.wait_in_flight(1.0).await;
    drop(body);
    server.wait_in_flight(0.0).await;
    assert_eq!(
        server.conventions(),
        [
            "- GET 200 /paced 2 - http 1",
            "- GET 200 /trailers 2 - http 1",
            "client_disconnected GET - /stuck 2 - http 1",
            "client_disconnected GET 200 /events 2 - http 1",
        ]
    );
    server.seconds();
}
