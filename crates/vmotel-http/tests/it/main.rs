//! The client against a server that is made of plain sockets and says exactly what each test wants.

mod fake;
mod tls;

use std::io::Write as _;
use std::time::Duration;

use fake::{Fake, Reply};
use http::{Request, StatusCode};
use vmotel_http::{Auth, Body, Client, ClientConfig, ConfigError, Error, Phase, Verdict};

fn client(server: &Fake, config: ClientConfig) -> Client {
    Client::new(server.url().parse().expect("the address is valid"), config).expect("the settings are valid")
}

fn get(target: &str) -> Request<Body> {
    Request::get(target)
        .body(Body::empty())
        .expect("the target is valid")
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder
        .write_all(text)
        .and_then(|()| encoder.finish())
        .expect("writing to memory works")
}

fn gzip_reply(body: &[u8]) -> Reply {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Reply::Bytes([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn requests_carry_what_was_set_and_share_a_connection() {
    let server = Fake::start(|_| Reply::ok("fine"));
    let mut config = ClientConfig {
        auth: Auth::Basic {
            username: "Aladdin".to_owned(),
            password: "open sesame".into(),
        },
        gzip: true,
        ..ClientConfig::default()
    };
    config.headers.insert("x-scope", "one".parse().unwrap());
    let client = client(&server, config);
    for _ in 0..3 {
        assert_eq!(client.send(get("/a?b=c")).await.unwrap().body, "fine");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(
        requests[0].starts_with("GET /a?b=c HTTP/1.1\r\n"),
        "{}",
        requests[0]
    );
    let head = requests[0].to_lowercase();
    for line in [
        "authorization: basic qwxhzgrpbjpvcgvuihnlc2ftzq==\r\n",
        "x-scope: one\r\n",
        "accept-encoding: gzip\r\n",
        "user-agent: vmotel/",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn one_deadline_for_everything() {
    // Nothing comes; the head comes and no body; the body drips slower than the deadline allows.
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    let cases = [
        (Reply::Bytes(Vec::new()), Phase::Answer),
        (Reply::Bytes(head.to_vec()), Phase::Body),
        (Reply::Drip(head.to_vec(), Duration::from_millis(50)), Phase::Body),
    ];
    for (reply, expected) in cases {
        let server = Fake::start(move |_| reply.clone());
        let config = ClientConfig {
            timeout: Duration::from_millis(300),
            ..ClientConfig::default()
        };
        let client = client(&server, config);
        let sent = tokio::time::timeout(Duration::from_secs(3), client.send(get("/"))).await;
        let error = sent.expect("the client keeps its own deadline").unwrap_err();
        assert!(
            matches!(error, Error::Timeout { phase, .. } if phase == expected),
            "{error:?}"
        );
        assert_eq!(error.verdict(), Verdict::Retry);
    }
}

#[tokio::test]
async fn bodies_are_bounded() {
    let limit = 200_000;
    let config = || ClientConfig {
        max_response_bytes: limit,
        ..ClientConfig::default()
    };
    // 10 MB of zeros in less than the limit.
    let bomb = gzip(&vec![0; 10_000_000]);
    assert!(bomb.len() < limit as usize);
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let endless = Reply::Endless(
        chunked.to_vec(),
        format!("1000\r\n{}\r\n", "x".repeat(4096)).into_bytes(),
    );
    for reply in [
        gzip_reply(&bomb),
        endless,
        Reply::ok(&"x".repeat(limit as usize + 1)),
    ] {
        let server = Fake::start(move |_| reply.clone());
        let error = client(&server, config()).send(get("/")).await.unwrap_err();
        assert!(
            matches!(error, Error::TooLarge { limit: 200_000, .. }),
            "{error:?}"
        );
    }
    let exact = Reply::ok(&"x".repeat(limit as usize));
    let server = Fake::start(move |_| exact.clone());
    assert_eq!(
        client(&server, config()).send(get("/")).await.unwrap().body.len(),
        limit as usize
    );
}

#[tokio::test]
async fn gzip_is_decoded_and_checked() {
    let text: Vec<u8> = (0..100_000_u32)
        .flat_map(|i| i.to_string().into_bytes())
        .collect();
    let whole = gzip(&text);
    let reply = gzip_reply(&whole);
    let server = Fake::start(move |_| reply.clone());
    assert!(
        client(&server, ClientConfig::default())
            .send(get("/"))
            .await
            .unwrap()
            .body
            == text
    );
    let reply = gzip_reply(&whole[..whole.len() - 5]);
    let server = Fake::start(move |_| reply.clone());
    let error = client(&server, ClientConfig::default())
        .send(get("/"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Gzip { .. }), "{error:?}");
    let brotli = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx";
    let server = Fake::start(|_| Reply::Bytes(brotli.to_vec()));
    let error = client(&server, ClientConfig::default())
        .send(get("/"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Encoding { .. }), "{error:?}");
}

#[tokio::test]
async fn broken_answers() {
    for reply in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n",
        b"not http at all\r\n\r\n",
        b"",
    ] {
        let server = Fake::start(move |_| Reply::Close(reply.to_vec()));
        let error = client(&server, ClientConfig::default())
            .send(get("/"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Transport { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn error_answers_keep_their_text() {
    let busy = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nslow down";
    let server = Fake::start(|_| Reply::Bytes(busy.to_vec()));
    let error = client(&server, ClientConfig::default())
        .send(get("/x?authKey=s3cret"))
        .await
        .unwrap_err();
    let Error::Status {
        status,
        verdict,
        content_type,
        body,
        url,
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        (body.as_str(), content_type.as_str()),
        ("slow down", "text/plain")
    );
    assert_eq!(*verdict, Verdict::Throttle(Duration::from_secs(10)));
    assert_eq!(*url, format!("{}/x", server.url()));
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_token_file_is_read_again() {
    let server = Fake::start(|request| match request.contains("Bearer new") {
        true => Reply::ok("fine"),
        false => Reply::Bytes(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_vec()),
    });
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    let auth = Auth::BearerFile(path.clone());
    let client = client(
        &server,
        ClientConfig {
            auth,
            ..ClientConfig::default()
        },
    );
    assert!(matches!(
        client.send(get("/")).await.unwrap_err(),
        Error::TokenFile { .. }
    ));
    std::fs::write(&path, "old\n").unwrap();
    assert!(matches!(
        client.send(get("/")).await.unwrap_err(),
        Error::Status { .. }
    ));
    std::fs::write(&path, " new\n").unwrap();
    assert!(client.send(get("/")).await.is_ok());
}

#[test]
fn any_runtime_drives_it_and_may_end() {
    let server = Fake::start(|_| Reply::ok("fine"));
    let client = client(&server, ClientConfig::default());
    let current = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let multi = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    };
    for runtime in [current(), multi(), current()] {
        for _ in 0..2 {
            assert_eq!(runtime.block_on(client.send(get("/"))).unwrap().body, "fine");
        }
        drop(runtime);
    }
    let mut outside = std::pin::pin!(client.send(get("/")));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(result) = outside.as_mut().poll(&mut context) else {
        panic!("it waits")
    };
    assert!(matches!(result, Err(Error::NoRuntime)));
}

#[tokio::test]
async fn chunked_bodies_are_sent_whole() {
    let server = Fake::start(|_| Reply::ok("fine"));
    let chunks = ["one,", "", "two"].map(|text| Ok(text.into()));
    let request = Request::post("/").body(Body::chunks(chunks)).unwrap();
    client(&server, ClientConfig::default())
        .send(request)
        .await
        .unwrap();
    let sent = server.requests().concat();
    assert!(sent.ends_with("4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n"), "{sent}");
}

#[test]
fn settings_are_checked() {
    let base = || "http://localhost:1".parse().unwrap();
    let zero = ClientConfig {
        timeout: Duration::ZERO,
        ..ClientConfig::default()
    };
    assert!(matches!(
        Client::new(base(), zero),
        Err(ConfigError::Zero { name: "timeout" })
    ));
    let bad = ClientConfig {
        auth: Auth::Bearer("two\nlines".into()),
        ..ClientConfig::default()
    };
    assert!(matches!(Client::new(base(), bad), Err(ConfigError::Auth { .. })));
    let secure = Client::new("https://localhost".parse().unwrap(), ClientConfig::default());
    if cfg!(feature = "tls") {
        assert!(secure.is_ok(), "{secure:?}");
    } else {
        assert!(matches!(secure, Err(ConfigError::TlsDisabled { .. })));
    }
}
