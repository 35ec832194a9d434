use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use vmotel_testkit::tls::{Authority, Identity, ServerTls};
use vmotel_testkit::{Error, Fault, FaultConfig, FaultProxy, Version, VictoriaMetrics, request};

const IMPORT: &str = "/api/v1/import/prometheus";

fn alone() -> FaultProxy {
    FaultProxy::start_with(FaultConfig::default()).expect("loopback has a free port")
}

fn connect(proxy: &FaultProxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).expect("the proxy listens");
    let timeout = stream.set_read_timeout(Some(Duration::from_secs(20)));
    timeout.expect("the time is not zero");
    stream
}

fn post(body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends; returns whether a reset came meanwhile or afterwards, and no answer.
fn is_reset(stream: &mut TcpStream, text: &str) -> bool {
    let mut rest = Vec::new();
    let end = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.read_to_end(&mut rest));
    // A write that comes after the one that was told of the reset finds a broken pipe.
    let kinds = [
        std::io::ErrorKind::ConnectionReset,
        std::io::ErrorKind::BrokenPipe,
    ];
    end.is_err_and(|error| kinds.contains(&error.kind())) && rest.is_empty()
}

#[test]
fn without_a_fault_the_server_is_as_if_nothing_stood_before_it() -> Result<(), Error> {
    let server = VictoriaMetrics::start(Version::Stable)?;
    let proxy = FaultProxy::start(server.address())?;
    let text: String = (0..20_000).map(|i| format!("a{{x=\"{i}\"}} {i}\n")).collect();
    assert_eq!(
        request(proxy.address(), "POST", IMPORT, &[], text.as_bytes())?.status,
        204
    );
    assert_eq!(server.query("count(a)")?[0].value, 20_000.0);
    // An answer of several chunks, and a status that is the server's own.
    let direct = request(server.address(), "GET", "/api/v1/export?match[]=a", &[], b"")?;
    let through = request(proxy.address(), "GET", "/api/v1/export?match[]=a", &[], b"")?;
    let lines = |text: String| text.lines().map(str::len).sum::<usize>();
    assert_eq!(lines(through.text()), lines(direct.text()));
    assert_eq!(
        request(proxy.address(), "GET", "/api/v1/query", &[], b"")?.status,
        422
    );
    let seen = proxy.seen();
    assert_eq!(
        (seen.requests, seen.forwarded, seen.acknowledged, seen.faults),
        (3, 3, 2, 0)
    );
    assert_eq!(seen.body_bytes, text.len() as u64);
    assert!(proxy.heads()[0].starts_with("POST /api/v1/import/prometheus HTTP/1.0\r\nHost: "));
    // A server that is gone, and another one in its place.
    drop(server);
    assert_eq!(request(proxy.address(), "GET", "/health", &[], b"")?.status, 502);
    let server = VictoriaMetrics::start(Version::Stable)?;
    proxy.set_upstream(server.address());
    assert_eq!(request(proxy.address(), "GET", "/health", &[], b"")?.text(), "OK");
    Ok(())
}

#[test]
fn a_lost_answer_was_acted_on_and_a_reset_request_was_not() -> Result<(), Error> {
    let server = VictoriaMetrics::start(Version::Stable)?;
    let proxy = FaultProxy::start(server.address())?;
    for (fault, name) in [
        (Fault::LoseAnswer, "lost"),
        (Fault::Reset { after: 3 }, "reset"),
        (Fault::status(503), "refused"),
        (Fault::Truncate { after: 10 }, "cut"),
    ] {
        proxy.set(fault);
        let outcome = request(
            proxy.address(),
            "POST",
            IMPORT,
            &[],
            format!("{name} 1\n").as_bytes(),
        );
        assert!(outcome.map_or(true, |answer| answer.status == 503), "{name}");
    }
    let stored = server.query("{__name__=~\"lost|reset|refused|cut\"}")?;
    let names: Vec<&str> = stored.iter().map(|sample| sample.label("__name__")).collect();
    assert_eq!(names, ["cut", "lost"]);
    let seen = proxy.seen();
    assert_eq!(
        (seen.requests, seen.faults, seen.forwarded, seen.acknowledged),
        (4, 4, 2, 0)
    );
    Ok(())
}

#[test]
fn a_dead_port_refuses_at_once_stays_reserved_and_comes_back() {
    let proxy = alone();
    let mut open = connect(&proxy);
    for _ in 0..5 {
        assert_eq!(
            request(proxy.address(), "GET", "/", &[], b"").unwrap().status,
            204
        );
        proxy.set(Fault::Dead);
        let refused = TcpStream::connect(proxy.address()).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        proxy.set(Fault::None);
    }
    assert!(
        matches!(open.read(&mut [0; 8]), Ok(0) | Err(_)),
        "an open connection is closed"
    );
    assert_eq!((proxy.seen().requests, proxy.seen().acknowledged), (5, 5));
}

#[test]
fn a_black_hole_says_nothing_until_it_is_switched() {
    let proxy = alone();
    proxy.set(Fault::BlackHole);
    let mut stream = connect(&proxy);
    stream.write_all(post("body").as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let silent = stream.read(&mut [0; 8]).map_err(|e| e.kind());
    assert_eq!(silent, Err(std::io::ErrorKind::WouldBlock));
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    proxy.set(Fault::None);
    assert!(is_reset(&mut stream, ""));
    assert_eq!(
        request(proxy.address(), "GET", "/", &[], b"").unwrap().status,
        204
    );
    assert_eq!((proxy.seen().connections, proxy.seen().requests), (2, 1));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test measures")]
fn a_slow_answer_comes_byte_by_byte() {
    let proxy = alone();
    proxy.set(Fault::Slow(Duration::from_millis(5)));
    let started = Instant::now();
    let answer = request(proxy.address(), "GET", "/", &[], b"").unwrap();
    assert_eq!(answer.status, 204);
    let bytes = answer.head.len() as u32 + 4;
    assert!(started.elapsed() >= Duration::from_millis(5) * bytes);
    proxy.set(Fault::Slow(Duration::from_secs(3600)));
    let mut stream = connect(&proxy);
    stream.write_all(post("").as_bytes()).unwrap();
    while proxy.seen().requests < 2 {
        thread::sleep(Duration::from_millis(5));
    }
    proxy.set(Fault::None);
    assert!(is_reset(&mut stream, ""), "a switch cuts what is stuck");
}

#[test]
fn a_reset_comes_in_the_middle_of_a_body() {
    let proxy = alone();
    proxy.set(Fault::Reset { after: 100_000 });
    assert!(is_reset(&mut connect(&proxy), &post(&"x".repeat(8_000_000))));
    assert_eq!(proxy.seen().body_bytes, 100_000);
    // Chunks are counted as they are sent.
    let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
    let mut text = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    text.push_str(&chunk.repeat(20));
    assert!(is_reset(&mut connect(&proxy), &text));
    assert_eq!(proxy.seen().body_bytes, 200_000);
}

#[test]
fn faults_of_single_requests_come_before_the_lasting_one() {
    let proxy = alone();
    proxy.set(Fault::status(400));
    let throttled = Fault::Status {
        status: 429,
        retry_after: Some("7".to_owned()),
    };
    proxy.next([
        throttled,
        Fault::None,
        Fault::Raw(b"HTTP/1.1 299 Mine\r\n\r\nx".to_vec()),
    ]);
    let mut stream = connect(&proxy);
    // All over one connection.
    for body in ["one", "two", "three"] {
        stream.write_all(post(body).as_bytes()).unwrap();
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let starts: Vec<&str> = text
        .match_indices("HTTP/1.1")
        .map(|(at, _)| &text[at + 9..at + 12])
        .collect();
    assert_eq!(starts, ["429", "204", "299"], "{text}");
    assert!(text.contains("Retry-After: 7\r\n"));
    assert_eq!(
        request(proxy.address(), "GET", "/", &[], b"").unwrap().status,
        400
    );
    assert_eq!((proxy.seen().connections, proxy.seen().faults), (2, 3));
}

#[test]
fn connections_can_be_closed_without_a_fault() {
    let proxy = alone();
    let mut stream = connect(&proxy);
    while proxy.seen().connections == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    proxy.close_connections();
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
}

/// Asks over TLS; returns the first line of the answer, or why there is none.
fn ask(proxy: &FaultProxy, trusted: &str, name: &'static str) -> Result<String, Box<dyn std::error::Error>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes())?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = rustls::ClientConnection::new(Arc::new(config), ServerName::try_from(name)?)?;
    let mut stream = rustls::StreamOwned::new(connection, connect(proxy));
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn every_bad_certificate_is_bad_in_its_own_way() -> Result<(), Error> {
    let authority = Authority::new();
    let good = authority.server(&["localhost", "127.0.0.1"]);
    let proxy = FaultProxy::start_with(FaultConfig {
        tls: Some(ServerTls::new(good.clone())),
        ..FaultConfig::default()
    })?;
    let check = |identity: &Identity, trusted: &str, expected: &str| {
        proxy.set_tls(&ServerTls::new(identity.clone())).unwrap();
        let outcome = ask(&proxy, trusted, "localhost");
        let text = outcome.unwrap_or_else(|e| e.to_string());
        assert!(text.contains(expected), "{text} has no {expected}");
    };
    check(&good, &authority.pem(), "HTTP/1.1 204");
    check(
        &authority.expired_server(&["localhost"]),
        &authority.pem(),
        "certificate expired",
    );
    check(
        &authority.server(&["example.org"]),
        &authority.pem(),
        "not valid for name",
    );
    check(
        &Identity::self_signed(&["localhost"]),
        &authority.pem(),
        "UnknownIssuer",
    );
    check(&good, &Authority::new().pem(), "invalid peer certificate");
    assert_eq!((proxy.seen().requests, proxy.seen().connections), (1, 5));
    // A client that has to show a certificate and has none.
    proxy.set_tls(&ServerTls {
        identity: good,
        client_authority: Some(authority.pem()),
    })?;
    assert!(ask(&proxy, &authority.pem(), "localhost").is_err());
    while proxy.seen().failed_handshakes < 5 {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(proxy.seen().requests, 1);
    Ok(())
}
