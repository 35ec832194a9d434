//! Servers that are killed under load, and processes that end while the server is away: what was collected is stored.

mod clock;

use std::{fs, path::Path, sync::Arc, thread, time::Duration};

use clock::Clock;
use vmotel_exporter::{Exporter, Push, PushStatus, Target};
use vmotel_testkit::{Fault, FaultProxy, ServerConfig, Version, VictoriaMetrics};

use super::{SECONDS, builder, quick};

/// How a server goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Kill,
    Term,
}

/// A load and an outage.
#[derive(Debug, Clone, Copy)]
struct Plan {
    series: usize,
    interval: Duration,
    before: Duration,
    away: Duration,
    after: Duration,
}

const SHORT: Plan = Plan {
    series: 1000,
    interval: Duration::from_millis(250),
    before: Duration::from_secs(4),
    away: Duration::from_secs(2),
    after: Duration::from_secs(2),
};

const FULL: Plan = Plan {
    series: 10_000,
    interval: Duration::from_secs(1),
    before: Duration::from_secs(30),
    away: Duration::from_secs(20),
    after: Duration::from_secs(10),
};

fn server(config: ServerConfig) -> VictoriaMetrics {
    let flags = vec!["-dedup.minScrapeInterval=1ms".to_owned()];
    VictoriaMetrics::start_with(ServerConfig { flags, ..config }).unwrap()
}

fn exporter(push: Push, clock: &Arc<Clock>) -> Exporter {
    let source = Arc::clone(clock);
    builder(push).with_source("clock", source).build().unwrap()
}

/// Runs a plan and checks that every sample is stored once, with its time.
fn outlive(signal: Signal, version: Version, plan: Plan) -> PushStatus {
    let first = server(ServerConfig {
        version,
        ..ServerConfig::default()
    });
    let listen = first.address().to_owned();
    let clock = Arc::new(Clock::new(plan.series));
    let push = Push {
        interval: plan.interval,
        ..quick(Target::victoria(first.url()))
    };
    let exporter = exporter(push, &clock);
    thread::sleep(plan.before);
    let dir = match signal {
        Signal::Kill => first.kill(),
        Signal::Term => first.stop(),
    };
    thread::sleep(plan.away);
    let second = server(ServerConfig {
        version,
        listen,
        dir: Some(dir.unwrap()),
        ..ServerConfig::default()
    });
    thread::sleep(plan.after);
    let report = exporter.shutdown_blocking(SECONDS).unwrap();
    let status = exporter.push_status().unwrap();
    assert_eq!(
        report.push.map(|push| (push.spooled, push.lost)),
        Some((0, 0)),
        "{status:?}"
    );
    assert_eq!((status.dropped_samples, status.refused_samples), (0, 0));
    assert!(status.resent_requests > 0, "{status:?}");
    let collected = clock.collected();
    let least = (plan.before + plan.away + plan.after).div_duration_f64(plan.interval) / 2.0;
    assert!(collected.len() as f64 > least, "{} collections", collected.len());
    clock.assert_stored(&second, &collected);
    status
}

#[test]
fn a_collection_under_way_at_the_shutdown_is_delivered_too() {
    let server = server(ServerConfig::default());
    let clock = Arc::new(Clock::slow(10, Duration::from_millis(400)));
    let push = Push {
        interval: Duration::from_millis(100),
        ..quick(Target::victoria(server.url()))
    };
    let exporter = exporter(push, &clock);
    while clock.collected().len() < 2 {
        thread::sleep(Duration::from_millis(5));
    }
    // The second one has just begun.
    exporter.shutdown_blocking(SECONDS).unwrap();
    let collected = clock.collected();
    assert!(collected.len() >= 3, "{collected:?}");
    clock.assert_stored(&server, &collected);
}

/// Runs a plan for all of these at once.
fn outlive_all<const N: usize>(plan: Plan, cases: [(Signal, Version); N]) -> [PushStatus; N] {
    thread::scope(|scope| {
        let runs = cases.map(|(signal, version)| scope.spawn(move || outlive(signal, version, plan)));
        runs.map(|run| run.join().unwrap())
    })
}

#[test]
fn a_server_that_goes_and_comes_back_has_every_sample_once() {
    outlive_all(
        SHORT,
        [(Signal::Kill, Version::Newest), (Signal::Term, Version::Stable)],
    );
}

#[test]
#[ignore = "a minute of load and the look at 2.4 million samples"]
fn a_server_that_is_away_for_long_has_every_sample_once() {
    let cases = [
        (Signal::Kill, Version::Newest),
        (Signal::Kill, Version::Stable),
        (Signal::Term, Version::Newest),
        (Signal::Term, Version::Stable),
    ];
    for (case, status) in cases.iter().zip(outlive_all(FULL, cases)) {
        println!("{case:?}: {status:?}");
    }
}

fn on_disk(target: Target, folder: &Path) -> Push {
    let mut push = quick(target);
    push.interval = Duration::from_millis(50);
    push.spool.directory = Some(folder.to_owned());
    push.spool.memory_bytes = 10_000;
    push.spool.disk_bytes = 60_000;
    push
}

/// Pushes what waits in a folder, and nothing of the clock.
fn deliver(server: &VictoriaMetrics, folder: &Path) {
    let mut push = on_disk(Target::victoria(server.url()), folder);
    push.interval = Duration::ZERO;
    let next = builder(push).build().unwrap();
    next.flush_blocking(SECONDS).unwrap();
    let status = next.push_status().unwrap();
    assert_eq!(
        (status.dropped_samples, status.refused_samples),
        (0, 0),
        "{status:?}"
    );
    next.shutdown_blocking(SECONDS).unwrap();
}

#[test]
fn a_process_that_ends_with_a_full_spool_leaves_it_to_the_next() {
    let server = server(ServerConfig::default());
    let away = FaultProxy::start(server.address()).unwrap();
    away.set(Fault::Dead);
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Clock::new(100));
    let first = exporter(on_disk(Target::victoria(away.url()), folder.path()), &clock);
    // More than there is room for.
    while first.push_status().unwrap().dropped_samples == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    let report = first.shutdown_blocking(SECONDS).unwrap().push.unwrap();
    let status = first.push_status().unwrap();
    assert_eq!((report.delivered, status.delivered_samples), (0, 0));
    assert_eq!(report.spooled, status.waiting_samples);
    drop(first);
    deliver(&server, folder.path());
    // The oldest are missing, and those alone.
    let collected = clock.collected();
    let stored = clock.stored(&server);
    let missing = collected.len() - stored.len();
    assert!(
        missing > 0 && stored.len() > 5,
        "{missing} of {}",
        collected.len()
    );
    clock.assert_stored(&server, &collected[missing..]);
}

#[test]
fn a_process_that_is_killed_leaves_what_was_on_disk() {
    let server = server(ServerConfig::default());
    let away = FaultProxy::start(server.address()).unwrap();
    away.set(Fault::status(503));
    let (folder, image) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = Arc::new(Clock::new(10));
    let first = exporter(on_disk(Target::victoria(away.url()), folder.path()), &clock);
    let mut counted = 0;
    while counted < 6 {
        thread::sleep(Duration::from_millis(10));
        counted = first.push_status().unwrap().collections as usize;
    }
    // What the disk holds at this moment is what a kill leaves.
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        // One that was renamed meanwhile is another name of the list, or came after this moment.
        let _ = fs::copy(entry.path(), image.path().join(entry.file_name()));
    }
    let collected = clock.collected();
    deliver(&server, image.path());
    // The last one that was counted may not have been written yet; one after it may have been.
    let stored = clock.stored(&server).len();
    assert!(stored >= counted - 1, "{stored} of {counted}");
    clock.assert_stored(&server, &collected[..stored]);
    drop(first);
}
