//! gRPC, with tonic's own client and server over loopback: what is recorded on both sides, whatever becomes of a call.

use std::time::{Duration, Instant};

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode},
};
use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use tokio::net::{TcpListener, TcpStream};
use tonic::Code;
use tower::{Layer as _, Service};
use vmotel_instruments::grpc::{GrpcLayer, GrpcServerConfig, GrpcServerMetrics};

use crate::{
    grpc_service::{Pair, Text, path},
    harness::Harness,
    server::{STEP, counts},
};

/// What the client does.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Sends one message, and reads all answers.
    Unary,
    Download,
    /// Sends the messages of a list, and reads all answers.
    Upload,
    Both,
    /// Reads so many answers, and goes.
    DownloadAndLeave(usize),
    BothAndLeave(usize),
    /// Goes before there is an answer, [`STEP`] after the call.
    UnaryAndLeave,
    UploadAndLeave,
    /// Gives up after [`STEP`], by a deadline.
    UnaryInTime,
}
use Act::{
    Both, BothAndLeave, Download, DownloadAndLeave, Unary, UnaryAndLeave, UnaryInTime, Upload, UploadAndLeave,
};

/// A call, and what is recorded of it: `error.type`, method, status.
struct Case {
    act: Act,
    method: &'static str,
    message: &'static str,
    /// What tonic tells its caller; none if it does not come to that.
    code: Option<Code>,
    server: &'static str,
    client: &'static str,
    /// The least duration, in steps.
    steps: u32,
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    // To their end.
    Case { act: Unary, method: "Unary", message: "hello", code: Some(Code::Ok), server: "- Unary OK", client: "- Unary OK", steps: 0 },
    Case { act: Unary, method: "Unary", message: "late hello", code: Some(Code::Ok), server: "- Unary OK", client: "- Unary OK", steps: 1 },
    Case { act: Download, method: "Download", message: "a,late b,late c", code: Some(Code::Ok), server: "- Download OK", client: "- Download OK", steps: 2 },
    Case { act: Download, method: "Download", message: "", code: Some(Code::Ok), server: "- Download OK", client: "- Download OK", steps: 0 },
    Case { act: Upload, method: "Upload", message: "a,late b,c", code: Some(Code::Ok), server: "- Upload OK", client: "- Upload OK", steps: 1 },
    Case { act: Upload, method: "Upload", message: "", code: Some(Code::Ok), server: "- Upload OK", client: "- Upload OK", steps: 0 },
    Case { act: Both, method: "Both", message: "a,late b,c", code: Some(Code::Ok), server: "- Both OK", client: "- Both OK", steps: 1 },
    // Refused by the head alone.
    Case { act: Unary, method: "Unary", message: "fail 5", code: Some(Code::NotFound), server: "- Unary NOT_FOUND", client: "NOT_FOUND Unary NOT_FOUND", steps: 0 },
    Case { act: Unary, method: "Unary", message: "fail 14", code: Some(Code::Unavailable), server: "UNAVAILABLE Unary UNAVAILABLE", client: "UNAVAILABLE Unary UNAVAILABLE", steps: 0 },
    Case { act: Upload, method: "Upload", message: "late a,fail 8", code: Some(Code::ResourceExhausted), server: "- Upload RESOURCE_EXHAUSTED", client: "RESOURCE_EXHAUSTED Upload RESOURCE_EXHAUSTED", steps: 1 },
    // Failed in the trailers.
    Case { act: Download, method: "Download", message: "a,late b,fail 10", code: Some(Code::Aborted), server: "- Download ABORTED", client: "ABORTED Download ABORTED", steps: 1 },
    Case { act: Download, method: "Download", message: "a,fail 15", code: Some(Code::DataLoss), server: "DATA_LOSS Download DATA_LOSS", client: "DATA_LOSS Download DATA_LOSS", steps: 0 },
    Case { act: Both, method: "Both", message: "a,b,fail 13", code: Some(Code::Internal), server: "INTERNAL Both INTERNAL", client: "INTERNAL Both INTERNAL", steps: 0 },
    // A method that accepts a call, and then has none of it.
    Case { act: Download, method: "Download", message: "a,fail 12", code: Some(Code::Unimplemented), server: "UNIMPLEMENTED Download UNIMPLEMENTED", client: "UNIMPLEMENTED Download UNIMPLEMENTED", steps: 0 },
    // What is not there.
    Case { act: Unary, method: "Nothing", message: "hello", code: Some(Code::Unimplemented), server: "UNIMPLEMENTED _OTHER UNIMPLEMENTED", client: "UNIMPLEMENTED Nothing UNIMPLEMENTED", steps: 0 },
    Case { act: Download, method: "/nowhere.v1.Nobody/Nothing", message: "hello", code: Some(Code::Unimplemented), server: "UNIMPLEMENTED _OTHER UNIMPLEMENTED", client: "UNIMPLEMENTED nowhere.v1.Nobody/Nothing UNIMPLEMENTED", steps: 0 },
    // Callers that leave. What was never answered to is not a known method yet.
    Case { act: UnaryAndLeave, method: "Unary", message: "stuck", code: None, server: "- _OTHER CANCELLED", client: "CANCELLED Unary CANCELLED", steps: 1 },
    Case { act: UploadAndLeave, method: "Upload", message: "a,stuck", code: None, server: "- _OTHER CANCELLED", client: "CANCELLED Upload CANCELLED", steps: 1 },
    Case { act: DownloadAndLeave(2), method: "Download", message: "a,late b,stuck", code: None, server: "- Download CANCELLED", client: "CANCELLED Download CANCELLED", steps: 1 },
    Case { act: BothAndLeave(1), method: "Both", message: "late a,stuck", code: None, server: "- Both CANCELLED", client: "CANCELLED Both CANCELLED", steps: 1 },
    // Panics: hyper resets the stream, which is no status that a layer could read.
    Case { act: Unary, method: "Unary", message: "panic", code: Some(Code::Cancelled), server: "panic _OTHER -", client: "UNAVAILABLE Unary UNAVAILABLE", steps: 0 },
    Case { act: Download, method: "Download", message: "a,late b,panic", code: Some(Code::Cancelled), server: "panic Download -", client: "UNAVAILABLE Download UNAVAILABLE", steps: 1 },
    // A deadline; which clock of the two is quicker on the server, nobody knows.
    Case { act: UnaryInTime, method: "Unary", message: "stuck", code: Some(Code::Cancelled), server: "", client: "DEADLINE_EXCEEDED Unary DEADLINE_EXCEEDED", steps: 1 },
];

/// Makes the call, and returns what tonic tells of it.
async fn act(pair: &Pair, case: &Case) -> Option<Code> {
    let mut client = pair.client().await;
    let path = path(case.method);
    let one = tonic::Request::new(case.message.to_owned());
    let list: Vec<String> = case
        .message
        .split(',')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    // An upload that stays open: who leaves has not said that it is done.
    let open = tokio_stream::StreamExt::chain(tokio_stream::iter(list.clone()), tokio_stream::pending());
    let mut cancels = None;
    let leave = match case.act {
        DownloadAndLeave(count) | BothAndLeave(count) => count,
        _ => usize::MAX,
    };
    let mut answers = match case.act {
        Unary => {
            return Some(
                client
                    .unary(one, path, Text)
                    .await
                    .map_or_else(|status| status.code(), |_| Code::Ok),
            );
        }
        UnaryInTime => {
            let mut one = one;
            one.set_timeout(STEP);
            return Some(
                client
                    .unary(one, path, Text)
                    .await
                    .map_or_else(|status| status.code(), |_| Code::Ok),
            );
        }
        Upload => {
            let result = client
                .client_streaming(tonic::Request::new(tokio_stream::iter(list)), path, Text)
                .await;
            return Some(result.map_or_else(|status| status.code(), |_| Code::Ok));
        }
        UnaryAndLeave => {
            let call = client.unary(one, path, Text);
            leave_after_step(pair, call).await;
            return None;
        }
        UploadAndLeave => {
            let call = client.client_streaming(tonic::Request::new(open), path, Text);
            leave_after_step(pair, call).await;
            return None;
        }
        Download | DownloadAndLeave(_) => client.server_streaming(one, path, Text).await,
        Both => {
            client
                .streaming(tonic::Request::new(tokio_stream::iter(list)), path, Text)
                .await
        }
        BothAndLeave(_) => {
            let mut request = tonic::Request::new(open);
            cancels = Some(request.cancellation_handle());
            client.streaming(request, path, Text).await
        }
    }
    .map(tonic::Response::into_inner)
    .map_err(|status| status.code());
    let answers = match &mut answers {
        Ok(answers) => answers,
        Err(code) => return Some(*code),
    };
    for _ in 0..leave {
        match answers.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return Some(Code::Ok),
            Err(status) => return Some(status.code()),
        }
    }
    pair.wait_in_flight([1.0, 1.0]).await;
    if let Some(cancels) = cancels {
        // What is still being sent keeps a call of tonic alive.
        cancels.cancel();
    }
    None
}

async fn leave_after_step(pair: &Pair, call: impl Future) {
    let left = async {
        pair.wait_in_flight([1.0, 1.0]).await;
        tokio::time::sleep(STEP).await;
    };
    tokio::select! {
        _ = call => panic!("there is an answer"),
        () = left => {}
    }
}

async fn check(case: &Case) {
    let what = format!("{:?} {} {}", case.act, case.method, case.message);
    let pair = Pair::start().await;
    let begin = Instant::now();
    let code = act(&pair, case).await;
    pair.wait_in_flight([0.0, 0.0]).await;
    let elapsed = begin.elapsed().as_secs_f64();
    assert_eq!(code, case.code, "{what}");
    assert_eq!(pair.called(), [format!("{} 1", case.client)], "{what}");
    let served = pair.served();
    if case.server.is_empty() {
        let late = [
            "- _OTHER CANCELLED 1",
            "DEADLINE_EXCEEDED _OTHER DEADLINE_EXCEEDED 1",
        ];
        assert!(
            served.len() == 1 && late.contains(&served[0].as_str()),
            "{what}: {served:?}"
        );
    } else {
        assert_eq!(served, [format!("{} 1", case.server)], "{what}");
    }
    let least = (STEP * case.steps).as_secs_f64();
    for (side, seconds) in ["server", "client"].into_iter().zip(pair.seconds()) {
        // A server sees a call a little later than its client.
        assert!(
            least * 0.8 <= seconds && seconds <= elapsed,
            "{what}: {side} {seconds} of {elapsed}"
        );
    }
}

#[tokio::test]
async fn every_end_of_a_call_is_recorded_once() {
    for case in CASES {
        check(case).await;
    }
}

/// The table of gRPC's statuscodes.md, and for servers the errors of the conventions.
#[rustfmt::skip]
const STATUSES: [(&str, bool); 17] = [
    ("OK", false), ("CANCELLED", false), ("UNKNOWN", true), ("INVALID_ARGUMENT", false), ("DEADLINE_EXCEEDED", true),
    ("NOT_FOUND", false), ("ALREADY_EXISTS", false), ("PERMISSION_DENIED", false), ("RESOURCE_EXHAUSTED", false),
    ("FAILED_PRECONDITION", false), ("ABORTED", false), ("OUT_OF_RANGE", false), ("UNIMPLEMENTED", true),
    ("INTERNAL", true), ("UNAVAILABLE", true), ("DATA_LOSS", true), ("UNAUTHENTICATED", false),
];

#[tokio::test]
async fn every_status_has_its_name() {
    let pair = Pair::start().await;
    // Known from now on, whatever it answers.
    pair.client()
        .await
        .unary(tonic::Request::new("hello".to_owned()), path("Unary"), Text)
        .await
        .unwrap();
    let (mut served, mut called) = (vec!["- Unary OK 1".to_owned()], vec!["- Unary OK 1".to_owned()]);
    for (number, (name, is_error)) in STATUSES.iter().enumerate().skip(1) {
        let request = tonic::Request::new(format!("fail {number}"));
        let status = pair
            .client()
            .await
            .unary(request, path("Unary"), Text)
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::from(i32::try_from(number).unwrap()));
        served.push(format!("{} Unary {name} 1", if *is_error { name } else { "-" }));
        called.push(format!("{name} Unary {name} 1"));
    }
    served.sort();
    called.sort();
    assert_eq!((pair.served(), pair.called()), (served, called));
}

#[tokio::test]
async fn a_known_method_keeps_its_name() {
    let pair = Pair::start().await;
    let unary = async |message: &str| {
        let request = tonic::Request::new(message.to_owned());
        pair.client().await.unary(request, path("Unary"), Text).await
    };
    assert!(unary("fail 12").await.is_err());
    assert_eq!(pair.served(), ["UNIMPLEMENTED _OTHER UNIMPLEMENTED 1"]);
    assert!(unary("hello").await.is_ok());
    assert!(unary("fail 12").await.is_err());
    assert!(unary("panic").await.is_err());
    pair.wait_in_flight([0.0, 0.0]).await;
    assert_eq!(
        pair.served(),
        [
            "- Unary OK 1",
            "UNIMPLEMENTED Unary UNIMPLEMENTED 1",
            "UNIMPLEMENTED _OTHER UNIMPLEMENTED 1",
            "panic Unary - 1",
        ]
    );
}

#[tokio::test]
async fn a_list_of_methods_is_all_that_is_known() {
    let config = GrpcServerConfig {
        known_methods: Some(vec!["shop.v1.Orders/Upload".into(), "shop.v1.Orders/Both".into()]),
        ..GrpcServerConfig::default()
    };
    let pair = Pair::with(config, |server| server).await;
    for case in CASES
        .iter()
        .filter(|case| matches!(case.act, Unary | UploadAndLeave) && case.message != "panic")
    {
        act(&pair, case).await;
        pair.wait_in_flight([0.0, 0.0]).await;
    }
    let rows = pair.served();
    assert!(rows.contains(&"- Upload CANCELLED 1".to_owned()), "{rows:?}");
    assert!(rows.contains(&"- _OTHER OK 2".to_owned()), "{rows:?}");
    assert!(!rows.iter().any(|row| row.contains("Unary")), "{rows:?}");
}

#[tokio::test]
async fn a_client_tells_whom_it_asks() {
    let pair = Pair::start().await;
    pair.client()
        .await
        .unary(tonic::Request::new("hello".to_owned()), path("Unary"), Text)
        .await
        .unwrap();
    let keys = ["rpc.system.name", "server.address", "server.port"];
    let of =
        |harness: &Harness, side: &str| counts(harness, &format!("rpc_{side}_call_duration_seconds"), &keys);
    let port = pair.address.port();
    assert_eq!(of(&pair.client, "client"), [format!("grpc 127.0.0.1 {port} 1")]);
    assert_eq!(
        of(&pair.server, "server"),
        ["grpc - - 1"],
        "clients choose what they call it"
    );
    let active = |harness: &Harness| harness.series(|name| name.ends_with("_active_calls"));
    assert_eq!(
        active(&pair.server),
        ["rpc_server_active_calls{rpc.system.name=\"grpc\"} 0"]
    );
    assert_eq!(
        active(&pair.client),
        [format!(
            "rpc_client_active_calls{{rpc.system.name=\"grpc\",server.address=\"127.0.0.1\",server.port=\"{port}\"}} 0"
        )]
    );
}

#[tokio::test]
async fn servers_that_are_none() {
    let pair = Pair::start().await;
    let unary = async |uri: String, method: &str| {
        let request = tonic::Request::new("hello".to_owned());
        let mut client = pair.client_of(&uri).await;
        client
            .unary(request, path(method), Text)
            .await
            .unwrap_err()
            .code()
    };
    // Nobody listens.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    assert_eq!(
        unary(format!("http://{address}"), "Closed").await,
        Code::Unavailable
    );
    // Listens, and hangs up.
    let hangs_up = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hangs_up.local_addr().unwrap();
    tokio::spawn(async move { while hangs_up.accept().await.is_ok() {} });
    let _ = unary(format!("http://{address}"), "HangsUp").await;
    // Speaks HTTP alone.
    let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = http.local_addr().unwrap();
    let answer = async |request: Request<Body>| {
        let status = request.uri().path().rsplit('/').next().unwrap();
        StatusCode::from_bytes(status.as_bytes()).unwrap()
    };
    tokio::spawn(async move { axum::serve(http, Router::new().fallback(answer)).await });
    // The table of gRPC's http-grpc-status-mapping.md.
    let expected = [
        ("400", Code::Internal, "INTERNAL"),
        ("401", Code::Unauthenticated, "UNAUTHENTICATED"),
        ("403", Code::PermissionDenied, "PERMISSION_DENIED"),
        ("404", Code::Unimplemented, "UNIMPLEMENTED"),
        ("429", Code::Unavailable, "UNAVAILABLE"),
        ("502", Code::Unavailable, "UNAVAILABLE"),
        ("503", Code::Unavailable, "UNAVAILABLE"),
        ("504", Code::Unavailable, "UNAVAILABLE"),
        ("500", Code::Unknown, "UNKNOWN"),
        ("302", Code::Unknown, "UNKNOWN"),
    ];
    for (status, code, _) in expected {
        assert_eq!(unary(format!("http://{address}"), status).await, code, "{status}");
    }
    let mut rows: Vec<_> = expected
        .iter()
        .map(|(status, _, name)| format!("{name} {status} {name} 1"))
        .collect();
    rows.extend(["Closed", "HangsUp"].map(|method| format!("UNAVAILABLE {method} UNAVAILABLE 1")));
    rows.sort();
    assert_eq!(pair.called(), rows);
    assert_eq!(pair.in_flight(), [0.0, 0.0]);
}

#[tokio::test]
async fn a_deadline_that_only_the_server_keeps() {
    let pair = Pair::start().await;
    // A client that tells its timeout and does not look at the clock.
    let stream = TcpStream::connect(pair.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let call = |timeout: &str| {
        Request::post(format!("http://{}/shop.v1.Orders/Unary", pair.address))
            .header("content-type", "application/grpc")
            .header("grpc-timeout", timeout)
            .body(http_body_util::Full::new(axum::body::Bytes::from_static(
                b"\0\0\0\0\x05stuck",
            )))
            .unwrap()
    };
    let answer = sender.send_request(call("40m")).await.unwrap();
    assert!(answer.headers().contains_key("grpc-status"));
    pair.wait_in_flight([0.0, 0.0]).await;
    assert_eq!(pair.served(), ["DEADLINE_EXCEEDED _OTHER DEADLINE_EXCEEDED 1"]);
    assert!(pair.seconds()[0] >= 0.04);
    // Who goes before its time has cancelled.
    let leaves = async {
        pair.wait_in_flight([1.0, 0.0]).await;
    };
    tokio::select! {
        _ = sender.send_request(call("10S")) => panic!("there is an answer"),
        () = leaves => {}
    }
    pair.wait_in_flight([0.0, 0.0]).await;
    assert_eq!(pair.served()[0], "- _OTHER CANCELLED 1");
}

#[tokio::test]
async fn a_limit_of_the_server_is_no_deadline_of_the_call() {
    let pair = Pair::with(GrpcServerConfig::default(), |server| server.timeout(STEP)).await;
    let request = tonic::Request::new("stuck".to_owned());
    assert!(
        pair.client()
            .await
            .unary(request, path("Unary"), Text)
            .await
            .is_err()
    );
    pair.wait_in_flight([0.0, 0.0]).await;
    assert_eq!(pair.served(), ["- _OTHER CANCELLED 1"]);
}

/// A service without a transport, its layer and metrics.
fn layered<F: Future<Output = Result<Response<Body>, &'static str>>>(
    answer: impl FnMut(Request<Empty<axum::body::Bytes>>) -> F + Clone,
) -> (
    Harness,
    impl Service<Request<Empty<axum::body::Bytes>>, Error = &'static str>,
) {
    let harness = Harness::new();
    let layer = GrpcLayer::server(GrpcServerMetrics::new(&harness.meter()));
    (harness, layer.layer(tower::service_fn(answer)))
}

fn request(path: &str) -> Request<Empty<axum::body::Bytes>> {
    let request = Request::post(path).header("content-type", "application/grpc+proto");
    request.body(Empty::new()).unwrap()
}

fn rows(harness: &Harness) -> Vec<String> {
    counts(
        harness,
        "rpc_server_call_duration_seconds",
        &["error.type", "rpc.method", "rpc.status_code"],
    )
}

#[tokio::test]
async fn an_error_of_the_service_has_no_status() {
    let (harness, mut service) = layered(async |_| Err("not today"));
    assert!(service.call(request("/a.B/C")).await.is_err());
    assert_eq!(rows(&harness), ["service_error _OTHER - 1"]);
    // HTTP passes by.
    let http = Request::get("/metrics").body(Empty::new()).unwrap();
    assert!(service.call(http).await.is_err());
    assert_eq!(rows(&harness), ["service_error _OTHER - 1"]);
    assert_eq!(harness.value("rpc_server_active_calls"), Some(0.0));
}

#[tokio::test]
async fn an_unknown_status_is_unknown() {
    let (harness, mut service) = layered(async |request| {
        let status = request.uri().path().rsplit('/').next().unwrap().to_owned();
        Ok(Response::builder()
            .header("grpc-status", status)
            .body(Body::empty())
            .unwrap())
    });
    for status in ["17", "-1", "99999999999", "x"] {
        service.call(request(&format!("/a.B/{status}"))).await.unwrap();
    }
    let expected = ["-1", "17", "99999999999", "x"].map(|status| format!("UNKNOWN a.B/{status} UNKNOWN 1"));
    assert_eq!(rows(&harness), expected);
}

#[tokio::test]
async fn methods_without_end_make_a_bounded_number_of_series() {
    let (harness, mut service) = layered(async |request| {
        let status = if request.uri().path().contains("catch") {
            "0"
        } else {
            "12"
        };
        Ok(Response::builder()
            .header("grpc-status", status)
            .body(Body::empty())
            .unwrap())
    });
    for number in 0..20_000 {
        let unknown = request(&format!("/attack{number}.S/M"));
        if number % 2 == 0 {
            service.call(unknown).await.unwrap();
        } else {
            // Gone before it is answered.
            drop(service.call(unknown));
        }
    }
    assert_eq!(
        rows(&harness),
        [
            "- _OTHER CANCELLED 10000",
            "UNIMPLEMENTED _OTHER UNIMPLEMENTED 10000"
        ]
    );
    // A service that answers whatever it is asked.
    for number in 0..20_000 {
        service
            .call(request(&format!("/catch.All/{number}")))
            .await
            .unwrap();
    }
    let rows = rows(&harness);
    assert!((900..=1_003).contains(&rows.len()), "{} series", rows.len());
    assert_eq!(harness.histogram("rpc_server_call_duration_seconds").1, 40_000);
    assert_eq!(harness.value("rpc_server_active_calls"), Some(0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_are_aborted_at_random_all_end() {
    const CALLS: usize = 2_000;
    let pair = std::sync::Arc::new(Pair::start().await);
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..20 {
        let pair = std::sync::Arc::clone(&pair);
        tasks.spawn(async move {
            let mut random = SmallRng::seed_from_u64(worker);
            let mut ends = [0; 3];
            for _ in 0..CALLS / 20 {
                let patience = Duration::from_micros(random.random_range(0..20_000));
                let mut client = pair.client().await;
                let call = async {
                    let request = tonic::Request::new("a,b,c".to_owned());
                    let mut answers = client
                        .server_streaming(request, path("Download"), Text)
                        .await?
                        .into_inner();
                    while answers.message().await?.is_some() {}
                    Ok::<_, tonic::Status>(())
                };
                ends[match tokio::time::timeout(patience, call).await {
                    Ok(Ok(())) => 0,
                    Err(_) => 1,
                    // Servers close connections whose calls are aborted too often.
                    Ok(Err(_)) => 2,
                }] += 1;
            }
            ends
        });
    }
    let ends = tasks.join_all().await;
    let [whole, aborted, failed] = [0, 1, 2].map(|end| ends.iter().map(|ends| ends[end]).sum::<u64>());
    pair.wait_in_flight([0.0, 0.0]).await;
    let rows = pair.called();
    let count = |row: &str| -> u64 {
        let row = rows.iter().find_map(|line| line.strip_prefix(row));
        row.map_or(0, |count| count.trim().parse().unwrap())
    };
    assert_eq!(count("- Download OK"), whole, "{rows:?}");
    assert_eq!(count("CANCELLED Download CANCELLED"), aborted, "{rows:?}");
    assert_eq!(whole + aborted + failed, CALLS as u64);
    assert!(whole > 0 && aborted > 0, "{whole} {aborted}");
    assert_eq!(
        pair.client.histogram("rpc_client_call_duration_seconds").1,
        CALLS as u64
    );
}
