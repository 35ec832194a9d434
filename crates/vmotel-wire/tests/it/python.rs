//! The parsers of Python's `prometheus_client`, in an environment of their own under `target`.

use std::{
    collections::BTreeMap,
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// A line that was read.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    Text,
    OpenMetrics,
}

const SCRIPT: &str = r#"
import json, sys
if sys.argv[1] == "text":
    from prometheus_client.parser import text_string_to_metric_families as parse
else:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
body = sys.stdin.buffer.read().decode("utf-8")
for family in parse(body):
    for sample in family.samples:
        print(json.dumps([sample.name, sample.labels, repr(float(sample.value))]))
"#;

/// Parses a body; the parser's error is the test's.
pub(crate) fn parse(format: Format, body: &[u8]) -> Vec<Read> {
    let argument = match format {
        Format::Text => "text",
        Format::OpenMetrics => "openmetrics",
    };
    let mut child = Command::new(interpreter())
        .args(["-c", SCRIPT, argument])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let sent = body.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&sent));
    let output = child.wait_with_output().expect("python ends");
    let _ = writer.join();
    assert!(
        output.status.success(),
        "{format:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .expect("json is UTF-8")
        .lines()
        .map(|line| {
            let (name, labels, value): (String, BTreeMap<String, String>, String) =
                serde_json::from_str(line).expect("a line is json");
            Read {
                name,
                labels,
                value: value.parse().expect("a value is a number"),
            }
        })
        .collect()
}

/// Returns an interpreter that has `prometheus_client`; sets the environment up once.
fn interpreter() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), |dir| workspace.join(dir));
        let ready = target.join("tools/python-prometheus-client");
        if !has_client(&ready) {
            // Made beside and then moved, as several test processes may come here at once.
            let made = target.join(format!("tools/python-prometheus-client.{}", std::process::id()));
            fs::create_dir_all(&made).expect("the target folder can be written");
            let hint = "needed are python3 with the module venv (Debian: `apt-get install python3-venv`) and access to a package index for \
                        `pip install prometheus_client`";
            run(Command::new("python3").args(["-m", "venv"]).arg(&made), hint);
            run(Command::new(made.join("bin/python")).args(["-m", "pip", "install", "-q", "prometheus_client>=0.20"]), hint);
            if fs::rename(&made, &ready).is_err() {
                fs::remove_dir_all(&made).expect("the folder is ours");
            }
        }
        assert!(has_client(&ready), "{} has no prometheus_client", ready.display());
        ready.join("bin/python")
    })
}

fn has_client(environment: &Path) -> bool {
    Command::new(environment.join("bin/python"))
        .args(["-c", "import prometheus_client.openmetrics.parser"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn run(command: &mut Command, hint: &str) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{command:?}: {}; {hint}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{command:?}: {error}; {hint}"),
    }
}
