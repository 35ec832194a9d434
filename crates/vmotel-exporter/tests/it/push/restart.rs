#![expect(clippy::disallowed_methods, reason = "a test measures with the real clock")]

use std::{
    thread,
    time::{Duration, Instant},
};

use vmotel_exporter::{Exporter, Push, Target};
use vmotel_testkit::{FaultProxy, ServerConfig, Version, VictoriaMetrics};

use super::{SECONDS, quick, samples, shop};

/// Kills a server, so that what it has only in memory is lost, and starts it again at the same address.
fn kill_and_start(server: VictoriaMetrics, version: Version) -> VictoriaMetrics {
    let listen = server.address().to_owned();
    let dir = server.kill().unwrap();
    VictoriaMetrics::start_with(ServerConfig {
        version,
        listen,
        dir: Some(dir),
        ..ServerConfig::default()
    })
    .unwrap()
}

fn pushed(server: &VictoriaMetrics) -> Exporter {
    let exporter = shop(Push {
        stale_markers: false,
        ..quick(Target::victoria(server.url()))
    });
    exporter.flush_blocking(SECONDS).unwrap();
    exporter
}

/// Returns the times of the one series, each once: what was sent again may be there twice.
fn times(server: &VictoriaMetrics) -> Vec<i64> {
    let mut times: Vec<_> = samples(server, "orders_total")
        .iter()
        .map(|(time, _)| *time)
        .collect();
    times.dedup();
    times
}

/// None of the requests fails here: only the connection tells.
#[test]
fn a_restart_between_two_pushes_is_noticed() {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).unwrap();
        let exporter = pushed(&server);
        let server = kill_and_start(server, version);
        exporter.flush_blocking(SECONDS).unwrap();
        let status = exporter.push_status().unwrap();
        assert_eq!((status.retries, status.resent_requests), (0, 1), "{status:?}");
        assert_eq!(times(&server).len(), 2, "{version:?}");
    }
}

/// The next push is an hour away: the worker looks by itself.
#[test]
fn a_restart_after_the_last_push_is_noticed() {
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let exporter = pushed(&server);
    let server = kill_and_start(server, Version::Stable);
    let begin = Instant::now();
    while exporter.push_status().unwrap().resent_requests == 0 {
        assert!(begin.elapsed() < SECONDS, "{:?}", exporter.push_status());
        thread::sleep(Duration::from_millis(50));
    }
    exporter.flush_blocking(SECONDS).unwrap();
    assert_eq!(times(&server).len(), 2);
}

#[test]
fn a_server_that_lives_on_gets_nothing_twice() {
    let server = VictoriaMetrics::start(Version::Newest).unwrap();
    let proxy = FaultProxy::start(server.address()).unwrap();
    let exporter = shop(Push {
        interval: Duration::from_millis(100),
        ..quick(Target::victoria(proxy.url()))
    });
    thread::sleep(Duration::from_secs(2));
    // The connection alone goes, as where a proxy is restarted: that cannot be told apart.
    proxy.close_connections();
    thread::sleep(Duration::from_millis(500));
    exporter.flush_blocking(SECONDS).unwrap();
    let resent = exporter.push_status().unwrap().resent_requests;
    assert!((1..=30).contains(&resent), "once, what the window held: {resent}");
    thread::sleep(Duration::from_secs(1));
    exporter.shutdown_blocking(SECONDS).unwrap();
    let status = exporter.push_status().unwrap();
    assert_eq!(status.resent_requests, resent);
    // Every collection is there, and the marker of the end.
    assert_eq!(times(&server).len() as u64, status.collections + 1, "{status:?}");
}
