//! Export and import: round trips, interruptions, damage.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use vmotel_testkit::{Fault, FaultProxy, Version, VictoriaMetrics};

use crate::{on_both, run, stderr, stdout, vmotel};

const T0: i64 = 1_700_000_000_000;
const STEP: i64 = 10_000;

type Stored = BTreeMap<BTreeMap<String, String>, Vec<(i64, Option<f64>)>>;

/// Stores `series` times `samples` values of many kinds.
fn fill(server: &VictoriaMetrics, series: i64, samples: i64, odd: bool) {
    let times: Vec<String> = (0..samples).map(|k| (T0 + k * STEP).to_string()).collect();
    let times = times.join(",");
    let mut lines = String::new();
    for i in 0..series {
        let values: Vec<String> = (0..samples).map(|k| value(i, k)).collect();
        let values = values.join(",");
        let odd = if odd && i == 0 {
            ",\"odd\":\"quote \\\" backslash \\\\ tab \\t ä\""
        } else {
            ""
        };
        let labels = format!("{{\"__name__\":\"m\",\"i\":\"{i}\"{odd}}}");
        lines += &format!("{{\"metric\":{labels},\"values\":[{values}],\"timestamps\":[{times}]}}\n");
    }
    server.import_json(&lines).unwrap();
}

fn value(i: i64, k: i64) -> String {
    match i % 4 {
        0 => (k * i).to_string(),
        1 => format!("{}.{}", k, k % 10),
        2 => (((k * 7919) % 1000) as f64 / 7.0).to_string(),
        _ => (-(k as f64) * 1e9).to_string(),
    }
}

fn stored(server: &VictoriaMetrics) -> Stored {
    let mut all = Stored::new();
    for series in server.export("m").unwrap() {
        all.entry(series.labels).or_default().extend(series.samples);
    }
    for samples in all.values_mut() {
        samples.sort_by_key(|sample| sample.0);
    }
    all
}

/// Asserts equality, of values to 1e-12 of the largest: the server stores blocks with one exponent.
fn assert_same(source: &Stored, target: &Stored) {
    assert_eq!(
        source.keys().collect::<Vec<_>>(),
        target.keys().collect::<Vec<_>>()
    );
    for (labels, samples) in source {
        let others = &target[labels];
        assert_eq!(samples.len(), others.len(), "{labels:?}");
        let most = samples
            .iter()
            .filter_map(|sample| sample.1)
            .fold(0.0, |a: f64, b| a.max(b.abs()));
        for (a, b) in samples.iter().zip(others) {
            assert_eq!(a.0, b.0);
            let difference = a.1.unwrap() - b.1.unwrap();
            assert!(difference.abs() <= 1e-12 * most, "{labels:?}: {a:?} {b:?}");
        }
    }
}

fn export(url: &str, folder: &Path, range: i64, rest: &[&str]) -> Output {
    command(url, folder, range, rest).output().unwrap()
}

fn command(url: &str, folder: &Path, range: i64, rest: &[&str]) -> std::process::Command {
    let mut command = vmotel();
    command
        .args(["export", "m", "--url", url, "--start", "1700000000", "--quiet"])
        .args(["--end", &(T0 / 1000 + range / 1000).to_string()])
        .arg("--output")
        .arg(folder)
        .args(rest);
    command
}

fn import(server: &VictoriaMetrics, source: &Path, rest: &[&str]) -> Output {
    let source = source.to_str().unwrap();
    run(&[&["import", source, "--url", &server.url(), "--quiet"][..], rest].concat())
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}{}", stdout(output), stderr(output));
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// Exports, is killed in the middle, goes on, and is imported into another server.
fn round_trip(version: Version, series: i64, samples: i64, format: &[&str], import_args: &[&str]) {
    let (source, target) = (
        VictoriaMetrics::start(version).unwrap(),
        VictoriaMetrics::start(version).unwrap(),
    );
    // The server writes quotes into CSV in a way that it does not read.
    fill(&source, series, samples, !format.contains(&"csv"));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("export");
    let (range, part) = (samples * STEP, format!("{}ms", samples * STEP / 8));
    let args = [format, &["--part", &part]].concat();

    let proxy = FaultProxy::start(source.address()).unwrap();
    let slow = Fault::Slow(Duration::from_millis(20));
    proxy.next([Fault::None, Fault::None, Fault::None, slow]);
    let mut child = command(&proxy.url(), &folder, range, &args).spawn().unwrap();
    for _ in 0..3000 {
        if proxy.seen().requests == 4 {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(200));
    assert!(
        child.try_wait().unwrap().is_none(),
        "it ended before it could be killed"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let done = manifest(&folder)["parts"].as_array().unwrap().clone();
    assert_eq!(done.len(), 3);

    let refused = import(&target, &folder, import_args);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("of 9 parts"), "{}", stderr(&refused));

    let before = proxy.seen().requests;
    succeeded(&export(&proxy.url(), &folder, range, &args));
    assert_eq!(
        proxy.seen().requests - before,
        6,
        "three parts were there already"
    );
    let parts = manifest(&folder)["parts"].as_array().unwrap().clone();
    assert_eq!((parts.len(), &parts[..3]), (9, &done[..]));
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        10,
        "nine parts, one manifest"
    );

    succeeded(&import(&target, &folder, import_args));
    let (source, target) = (stored(&source), stored(&target));
    assert_eq!(
        source.values().map(Vec::len).sum::<usize>(),
        usize::try_from(series * samples).unwrap()
    );
    assert_same(&source, &target);
}

#[test]
fn an_export_that_is_killed_goes_on_and_is_imported_identically() {
    on_both(|version| round_trip(version, 8, 500, &[], &[]));
}

#[test]
fn so_it_is_in_the_other_forms() {
    on_both(|version| {
        round_trip(version, 8, 200, &["--format", "native"], &[]);
        round_trip(version, 8, 200, &["--format", "text"], &[]);
        round_trip(
            version,
            8,
            200,
            &["--format", "csv", "--labels", "__name__,i"],
            &["--metric", "m"],
        );
    });
}

#[test]
#[ignore = "a million samples in each form take a minute or more"]
fn a_million_samples_in_each_form() {
    let version = Version::Newest;
    round_trip(version, 200, 5_000, &[], &[]);
    round_trip(version, 200, 5_000, &["--format", "native"], &[]);
    round_trip(version, 200, 5_000, &["--format", "text"], &[]);
    round_trip(
        version,
        200,
        5_000,
        &["--format", "csv", "--labels", "__name__,i"],
        &["--metric", "m"],
    );
}

#[test]
fn an_export_that_breaks_off_is_told_and_goes_on() {
    let source = VictoriaMetrics::start(Version::Newest).unwrap();
    fill(&source, 4, 400, true);
    let folder = tempfile::tempdir().unwrap();
    let proxy = FaultProxy::start(source.address()).unwrap();
    proxy.next([Fault::None, Fault::Truncate { after: 2_000 }]);
    let args = ["--part", "1000s"];
    let output = export(&proxy.url(), folder.path(), 4_000_000, &args);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("part-000002.jsonl is not complete; run the same command again"),
        "{said}"
    );
    assert_eq!(manifest(folder.path())["parts"].as_array().unwrap().len(), 1);
    succeeded(&export(&proxy.url(), folder.path(), 4_000_000, &args));
    let target = VictoriaMetrics::start(Version::Newest).unwrap();
    succeeded(&import(&target, folder.path(), &[]));
    assert_same(&stored(&source), &stored(&target));
}

#[test]
fn another_export_is_not_mixed_in() {
    let source = VictoriaMetrics::start(Version::Stable).unwrap();
    fill(&source, 1, 10, true);
    let folder = tempfile::tempdir().unwrap();
    succeeded(&export(&source.url(), folder.path(), 100_000, &[]));
    for (rest, said) in [
        (&["--format", "native"][..], "--format is native"),
        (&["--part", "7s"], "--part is 7000 ms"),
    ] {
        let output = export(&source.url(), folder.path(), 100_000, rest);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let output = export(&source.url(), folder.path(), 200_000, &[]);
    assert!(stderr(&output).contains("--end is"), "{}", stderr(&output));
}

#[test]
fn an_import_goes_on_and_refuses_what_was_changed() {
    let (source, target) = (
        VictoriaMetrics::start(Version::Newest).unwrap(),
        VictoriaMetrics::start(Version::Newest).unwrap(),
    );
    fill(&source, 2, 40, true);
    let folder = tempfile::tempdir().unwrap();
    succeeded(&export(
        &source.url(),
        folder.path(),
        400_000,
        &["--part", "100s"],
    ));

    let proxy = FaultProxy::start(target.address()).unwrap();
    let through = |proxy: &FaultProxy| {
        let source = folder.path().to_str().unwrap();
        run(&[
            "import",
            source,
            "--url",
            &proxy.url(),
            "--quiet",
            "--extra-label",
            "restored=yes",
        ])
    };
    // The server's own metrics come first.
    proxy.next([Fault::None, Fault::None, Fault::status(503)]);
    let output = through(&proxy);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("part-000002.jsonl is not imported; run the same command again"),
        "{}",
        stderr(&output)
    );
    let before = proxy.seen().requests;
    succeeded(&through(&proxy));
    assert_eq!(
        proxy.seen().requests - before,
        4 + 2,
        "one part was there already"
    );
    let all = stored(&target);
    assert!(all.keys().all(|labels| labels["restored"] == "yes"), "{all:?}");
    assert_eq!(all.values().map(Vec::len).collect::<Vec<_>>(), [40, 40]);

    std::fs::write(folder.path().join("imported.json"), "{}").unwrap();
    let part = folder.path().join("part-000003.jsonl");
    let text = std::fs::read_to_string(&part)
        .unwrap()
        .replacen("\"i\":\"1\"", "\"i\":\"9\"", 1);
    std::fs::write(&part, text).unwrap();
    let output = import(&target, folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("part-000003.jsonl"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_the_server_cannot_parse_is_told() {
    for version in Version::BOTH {
        let target = VictoriaMetrics::start(version).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bad.prom");
        std::fs::write(&file, "good 1\nthis is { not\n").unwrap();
        let output = import(&target, &file, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stderr(&output).contains("could not parse 1 rows"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn an_export_to_a_pipe_is_imported_from_one() {
    let (source, target) = (
        VictoriaMetrics::start(Version::Stable).unwrap(),
        VictoriaMetrics::start(Version::Stable).unwrap(),
    );
    fill(&source, 3, 50, true);
    let script = format!(
        "set -o pipefail; '{0}' export m --url {1} --start 1700000000 --end 1700000500 -o - | '{0}' import - --format jsonl --url {2}",
        env!("CARGO_BIN_EXE_vmotel"),
        source.url(),
        target.url()
    );
    succeeded(
        &std::process::Command::new("bash")
            .args(["-c", &script])
            .output()
            .unwrap(),
    );
    assert_same(&stored(&source), &stored(&target));
}
