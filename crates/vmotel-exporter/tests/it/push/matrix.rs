//! Every way to shut down, before every kind of server.

use std::{
    collections::BTreeMap,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use opentelemetry::KeyValue;
use vmotel_exporter::{BuildError, Exporter, Push, PushOutcome, SpoolError, Target};
use vmotel_testkit::{Fault, FaultProxy, ServerConfig, Version, VictoriaMetrics};

use super::{SECONDS, builder, quick};

const DEADLINE: Duration = Duration::from_millis(1500);
/// Over the deadline at most, on a machine that has time.
const GRACE: Duration = Duration::from_millis(100);

/// What one collection makes: three series and `target_info`.
const SAMPLES: u64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    NoRuntime,
    CurrentThread,
    Multi(usize),
}

impl Caller {
    const ALL: [Self; 4] = [
        Self::NoRuntime,
        Self::CurrentThread,
        Self::Multi(1),
        Self::Multi(4),
    ];

    /// Shuts down; returns what came of it and the time that it took.
    #[expect(clippy::disallowed_methods, reason = "the test measures")]
    fn shut_down(self, exporter: &Exporter) -> (PushOutcome, Duration) {
        let exporter = exporter.clone();
        let runtime = match self {
            Self::NoRuntime => {
                let begin = Instant::now();
                let report = exporter.shutdown_blocking(DEADLINE);
                return (report.unwrap().push.unwrap(), begin.elapsed());
            }
            Self::CurrentThread => tokio::runtime::Builder::new_current_thread(),
            Self::Multi(workers) => {
                let mut builder = tokio::runtime::Builder::new_multi_thread();
                builder.worker_threads(workers);
                builder
            }
        }
        .enable_all()
        .build()
        .unwrap();
        let ended = async move {
            let begin = Instant::now();
            let report = exporter.shutdown(DEADLINE).await;
            (report.unwrap().push.unwrap(), begin.elapsed())
        };
        match self {
            Self::CurrentThread => runtime.block_on(ended),
            _ => runtime.block_on(async { tokio::spawn(ended).await }).unwrap(),
        }
    }
}

fn faults() -> Vec<(&'static str, Fault)> {
    vec![
        ("live", Fault::None),
        ("dead", Fault::Dead),
        ("black hole", Fault::BlackHole),
        ("slow", Fault::Slow(Duration::from_secs(1))),
        (
            "429",
            Fault::Status {
                status: 429,
                retry_after: Some("30".to_owned()),
            },
        ),
        ("503", Fault::status(503)),
        ("reset", Fault::Reset { after: 10 }),
    ]
}

/// Returns an exporter of three series under an instance of its own.
fn exporter(proxy: &FaultProxy, instance: &str, folder: Option<&Path>) -> Exporter {
    let mut push = Push {
        request_timeout: Duration::from_secs(30),
        ..quick(Target::victoria(proxy.url()))
    };
    push.spool.directory = folder.map(Path::to_owned);
    let build = || {
        builder(push.clone())
            .with_self_metrics(false)
            .with_resource_attribute("service.instance.id", instance)
            .build()
    };
    // A worker that was late at its shutdown still has the folder for a moment.
    let mut built = build();
    for _ in 0..100 {
        if !matches!(built, Err(BuildError::Spool(SpoolError::InUse { .. }))) {
            break;
        }
        thread::sleep(Duration::from_millis(50));
        built = build();
    }
    let exporter = built.unwrap();
    let counter = exporter.meter("shop").u64_counter("orders").build();
    for shop in ["a", "b", "c"] {
        counter.add(7, &[KeyValue::new("shop", shop)]);
    }
    exporter
}

/// Checks how many samples and staleness markers of an instance the server tells, each once.
fn assert_stored(server: &VictoriaMetrics, instance: &str, expected: (u64, u64)) {
    let selector = format!("{{instance={instance:?}}}");
    let look = || {
        let mut samples = BTreeMap::new();
        for series in server.export(&selector).unwrap() {
            for (time, value) in series.samples {
                samples.insert((series.labels.clone(), time), value.is_some());
            }
        }
        let values = samples.values().filter(|is_value| **is_value).count() as u64;
        (values, samples.len() as u64 - values)
    };
    // Beside another flush, one may come back before its rows can be seen.
    let mut seen = look();
    for _ in 0..100 {
        if seen == expected {
            return;
        }
        thread::sleep(Duration::from_millis(100));
        seen = look();
    }
    assert_eq!(seen, expected, "{instance}: samples, markers");
}

/// Checks the counts of one case; returns the time of its shutdown.
fn check(
    server: &VictoriaMetrics,
    caller: Caller,
    name: &str,
    fault: &Fault,
    on_disk: bool,
    turn: u32,
) -> Duration {
    let instance = format!("{caller:?} {name} {on_disk} {turn}");
    let proxy = FaultProxy::start(server.address()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let exporter = exporter(&proxy, &instance, on_disk.then_some(folder.path()));
    proxy.set(fault.clone());
    let is_live = *fault == Fault::None;
    let patience = if is_live {
        SECONDS
    } else {
        Duration::from_millis(300)
    };
    assert_eq!(exporter.flush_blocking(patience).is_ok(), is_live, "{instance}");
    // On a machine without time the flush may have ended before its collection.
    let collections = exporter.push_status().unwrap().collections;
    let (outcome, took) = caller.shut_down(&exporter);
    let all = (collections + 1) * SAMPLES;
    let expected = match (is_live, on_disk) {
        (true, _) => (SAMPLES, 0, 0),
        (false, true) => (0, all, 0),
        (false, false) => (0, 0, all),
    };
    let counts = (outcome.delivered, outcome.spooled, outcome.lost);
    assert_eq!(counts, expected, "{instance}: delivered, spooled, lost");
    assert_eq!(proxy.seen().acknowledged > 0, is_live, "{instance}");
    let status = exporter.push_status().unwrap();
    assert_eq!(
        status.delivered_samples,
        if is_live { all } else { 0 },
        "{instance}"
    );
    drop(exporter);
    if is_live {
        assert_stored(server, &instance, (all, SAMPLES));
    } else if on_disk {
        // The next process finds them, and a server that lives.
        proxy.set(Fault::None);
        let next = self::exporter(&proxy, "next", Some(folder.path()));
        let flushed = next.flush_blocking(SECONDS).unwrap();
        let status = next.push_status().unwrap();
        assert_eq!(
            (status.delivered_samples, status.refused_samples),
            (all + SAMPLES, 0),
            "{instance}: {flushed:?} {status:?} {:?}",
            proxy.seen()
        );
        next.shutdown_blocking(SECONDS).unwrap();
        assert_stored(server, &instance, (all, SAMPLES));
    }
    took
}

#[test]
fn each_returns_in_time_with_true_counts() {
    let flags = vec!["-dedup.minScrapeInterval=1ms".to_owned()];
    let server = VictoriaMetrics::start_with(ServerConfig {
        version: Version::Newest,
        flags,
        ..ServerConfig::default()
    })
    .unwrap();
    let faults = faults();
    thread::scope(|scope| {
        for caller in Caller::ALL {
            for (name, fault) in &faults {
                for on_disk in [false, true] {
                    let server = &server;
                    scope.spawn(move || {
                        // The counts are right each time; the time is the machine's too, which others load.
                        let times: Vec<Duration> = (0..3)
                            .map(|turn| check(server, caller, name, fault, on_disk, turn))
                            .scan(false, |done, took| {
                                let goes_on = !*done;
                                *done |= took <= DEADLINE + GRACE;
                                goes_on.then_some(took)
                            })
                            .collect();
                        let best = times.iter().min();
                        assert!(
                            best.is_some_and(|best| *best <= DEADLINE + GRACE),
                            "{caller:?}, {name}, on disk: {on_disk}: {times:?}"
                        );
                    });
                }
            }
        }
    });
}
