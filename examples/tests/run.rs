//! Examples that end by themselves, run as a reader would, against what each of them says that it shows.

use std::process::Command;

/// Runs an example and returns what it prints.
fn run(example: &str) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "run",
            "--quiet",
            "--package",
            "vmotel-examples",
            "--example",
            example,
        ])
        .output()
        .expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {error}");
    String::from_utf8(output.stdout).expect("examples print text")
}

#[track_caller]
fn value(text: &str, series: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {text}"))
        .parse()
        .expect("a number")
}

#[test]
fn tokio_metrics() {
    let text = run("tokio_metrics");
    assert_eq!(value(&text, "tokio_runtime_workers"), 2.0);
    // The five that never end; main is no task.
    assert_eq!(value(&text, "tokio_runtime_alive_tasks"), 5.0);
    assert_eq!(value(&text, "tokio_runtime_global_queue_depth"), 0.0);
    assert!(value(&text, "tokio_runtime_busy_time_seconds_total") > 0.0);
    assert!(
        text.contains("a number that only grows is a leak of tasks"),
        "{text}"
    );
}

#[test]
fn process_metrics() {
    let text = run("process_metrics");
    if cfg!(target_os = "linux") {
        assert!(value(&text, "process_cpu_seconds_total") > 0.0);
        assert!(value(&text, "process_num_threads") >= 1.0);
        assert!(value(&text, "process_resident_memory_bytes") > 1e6);
    }
}
