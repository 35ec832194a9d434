//! Who is let in, over real connections.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use axum::Router;
use vmotel_explorer::{Access, Explorer, ExplorerConfig};
use vmotel_exporter::Exporter;

/// Sends a request byte by byte as written, and returns the answer.
pub(super) fn ask(address: SocketAddr, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Serves an application on loopback for the rest of the test.
pub(super) async fn serve(app: Router, with_peer: bool) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        if with_peer {
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, app).await
        } else {
            axum::serve(listener, app).await
        }
    });
    address
}

fn explorer(access: Access) -> Explorer {
    let exporter = Exporter::builder().with_global(false).build().unwrap();
    let config = ExplorerConfig {
        access,
        ..ExplorerConfig::default()
    };
    Explorer::start(&exporter, config).unwrap()
}

fn status(answer: &str) -> &str {
    answer.lines().next().unwrap().split(' ').nth(1).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_by_default() {
    let explorer = explorer(Access::Loopback);
    let address = serve(explorer.routes(), true).await;
    let paths = [
        "/debug/metrics",
        "/debug/metrics/data.json",
        "/debug/metrics/family.json?name=target_info",
        "/debug/metrics/explorer.js",
        "/debug/metrics/explorer.css",
    ];
    for path in paths {
        let host = format!("host: {address}\r\n");
        assert_eq!(status(&ask(address, path, &host)), "200", "{path}");
        for bad in [
            "host: attacker.example\r\n".to_owned(),
            format!("{host}x-forwarded-for: 203.0.113.9\r\n"),
        ] {
            let answer = ask(address, path, &bad);
            assert_eq!(status(&answer), "403", "{path} {bad}");
            assert!(!answer.contains("target_info"), "{answer}");
        }
    }
    let unknown = ask(address, "/debug/metrics/other", &format!("host: {address}\r\n"));
    assert_eq!(status(&unknown), "404");
}

/// A service that does not tell who asks gives nothing away, and says what to do.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_client_is_refused() {
    let explorer = explorer(Access::Loopback);
    let address = serve(explorer.routes(), false).await;
    let answer = ask(
        address,
        "/debug/metrics/data.json",
        &format!("host: {address}\r\n"),
    );
    assert_eq!(status(&answer), "403");
    assert!(answer.contains("into_make_service_with_connect_info"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_instead_of_loopback() {
    let explorer = explorer(Access::Token("0123456789abcdef".into()));
    let address = serve(explorer.routes(), false).await;
    let with = |line: &str| ask(address, "/debug/metrics/data.json", &format!("host: x\r\n{line}"));
    assert_eq!(status(&with("authorization: Bearer 0123456789abcdef\r\n")), "200");
    for bad in ["", "authorization: Bearer 0123456789abcdeF\r\n"] {
        let answer = with(bad);
        assert_eq!(status(&answer), "401", "{bad}");
        assert!(
            answer.to_lowercase().contains("www-authenticate: basic"),
            "{answer}"
        );
    }
}

/// Nothing listens, samples or answers where no explorer was started, and the thread ends with it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn off_means_off() {
    fn threads() -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        tasks
            .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .filter(|name| name.trim_end() == "vmotel-explorer")
            .count()
    }
    let exporter = Exporter::builder().with_global(false).build().unwrap();
    let address = serve(exporter.routes(), true).await;
    let answer = ask(address, "/debug/metrics", &format!("host: {address}\r\n"));
    assert_eq!(status(&answer), "404");

    // Other tests of this process may have explorers of their own under `cargo test`.
    let explorer = Explorer::start(&exporter, ExplorerConfig::default()).unwrap();
    // A thread takes its name once it runs, and stays in the list for a moment after its end.
    until(|| threads() >= 1).await;
    assert!(explorer.shutdown(Duration::from_secs(10)));
    if std::env::var_os("NEXTEST").is_some() {
        until(|| threads() == 0).await;
    }
}

/// Waits until something is so.
#[cfg(target_os = "linux")]
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 10 s");
}
