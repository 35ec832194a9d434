//! Two processes and one spool: its lock, and what a process that is killed leaves behind. The other process is this test again.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use vmotel_exporter::{BuildError, Exporter, Push, SpoolError, Target};
use vmotel_testkit::{Fault, FaultProxy, Version, VictoriaMetrics};

use super::{SECONDS, builder, quick, samples};

/// Tells the other process its part: the target of its pushes, and the folder of its spool.
const TARGET: &str = "VMOTEL_TEST_TARGET";
const FOLDER: &str = "VMOTEL_TEST_FOLDER";

/// The part of a test that the other process plays.
fn part() -> Option<(String, String)> {
    Some((env::var(TARGET).ok()?, env::var(FOLDER).ok()?))
}

fn exporter(target: &str, folder: &Path, instance: &str) -> Result<Exporter, BuildError> {
    let mut push = Push {
        stale_markers: false,
        ..quick(Target::victoria(target))
    };
    push.spool.directory = Some(folder.to_owned());
    builder(push)
        .with_resource_attribute("service.instance.id", instance)
        .build()
}

/// Counts and pushes to a server that is away, and says how far it is, until it is killed; never for longer than a minute.
fn count_until_killed(target: &str, folder: &Path) {
    let exporter = exporter(target, folder, "killed").unwrap();
    let orders = exporter.meter("shop").u64_counter("orders").build();
    for count in 1..200 {
        orders.add(1, &[]);
        // Time enough for the collection, also where the machine has little.
        exporter.flush_blocking(Duration::from_millis(300)).unwrap_err();
        // Past the capture of the test's output.
        io::stdout()
            .write_all(format!("counted {count}\n").as_bytes())
            .unwrap();
    }
}

/// This test in a process of its own; killed when it is dropped.
struct Other {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Other {
    fn start(test: &str, target: &str, folder: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(TARGET, target)
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// Returns the next count that it tells; none at its end.
    fn count(&mut self) -> Option<u64> {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if let Some(count) = line.trim().strip_prefix("counted ") {
                return Some(count.parse().unwrap());
            }
            line.clear();
        }
        None
    }

    /// Kills it with SIGKILL; returns the last count that it told.
    fn kill(mut self, told: u64) -> u64 {
        self.child.kill().unwrap();
        let mut last = told;
        while let Some(count) = self.count() {
            last = count;
        }
        last
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns what stands before a server and says that it is away.
fn away(server: &VictoriaMetrics) -> FaultProxy {
    let proxy = FaultProxy::start(server.address()).unwrap();
    proxy.set(Fault::status(503));
    proxy
}

#[test]
fn what_a_killed_process_had_spooled_is_delivered_by_the_next_one() {
    if let Some((target, folder)) = part() {
        return count_until_killed(&target, folder.as_ref());
    }
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).unwrap();
        let (folder, proxy) = (tempfile::tempdir().unwrap(), away(&server));
        let target = proxy.url();
        let name = "push::process::what_a_killed_process_had_spooled_is_delivered_by_the_next_one";
        let mut other = Other::start(name, &target, folder.path());
        let mut told = 0;
        while told < 12 {
            told = other.count().expect("it counts on");
        }
        let told = other.kill(told);
        proxy.set(Fault::None);
        let next = exporter(&target, folder.path(), "next").unwrap();
        let flushed = next.flush_blocking(SECONDS).unwrap();
        assert!(flushed.delivered > 12 && flushed.lost == 0, "{flushed:?}");
        let stored = samples(&server, "orders_total{instance=\"killed\"}");
        let values: Vec<u64> = stored.iter().map(|(_, value)| value.unwrap() as u64).collect();
        // One more may have been spooled and not told.
        let most = told + u64::from(values.len() as u64 > told);
        assert_eq!(values, (1..=most).collect::<Vec<_>>(), "{told} were told");
        assert!(
            stored.windows(2).all(|two| two[0].0 < two[1].0),
            "with the times of their collections"
        );
        let status = next.push_status().unwrap();
        assert_eq!((status.waiting_samples, status.dropped_samples), (0, 0));
    }
}

#[test]
fn a_folder_is_for_one_process_at_a_time() {
    if let Some((target, folder)) = part() {
        return count_until_killed(&target, folder.as_ref());
    }
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let (folder, proxy) = (tempfile::tempdir().unwrap(), away(&server));
    let target = proxy.url();
    let name = "push::process::a_folder_is_for_one_process_at_a_time";
    let mut other = Other::start(name, &target, folder.path());
    let told = other.count().expect("it has the folder");
    let refused = exporter(&target, folder.path(), "second").unwrap_err();
    assert!(
        matches!(&refused, BuildError::Spool(SpoolError::InUse { path }) if path == folder.path()),
        "{refused}"
    );
    assert!(
        other.count().expect("it goes on") > told,
        "the first one is not disturbed"
    );
    other.kill(told);
    // The system frees the lock of a process that is killed.
    let second = exporter(&target, folder.path(), "second").unwrap();
    assert!(
        second.push_status().unwrap().waiting_samples > 0,
        "it takes up what was left"
    );

    // And the other way round: a process that comes second cannot even begin.
    let mut late = Other::start(name, &target, folder.path());
    assert_eq!(late.count(), None);
    assert!(!late.child.wait().unwrap().success());
}
