//! The exporter from outside: HTTP, bad input, the end, and real servers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod engines;
mod http;
mod limits;
mod load;
mod push;
mod shutdown;
mod sources;
mod testing;
mod victoriametrics;

use vmotel_exporter::{Engine, Exporter, ExporterBuilder};
use vmotel_testkit::{Answer, request};

/// Returns a builder that reads no environment, sets nothing global and binds a free port.
fn builder() -> ExporterBuilder {
    Exporter::builder()
        .with_lookup(|_| None)
        .with_service_name("test")
        .with_global(false)
        .with_port(0)
}

/// Both engines, with their names among the sources.
const ENGINES: [(Engine, &str); 2] = [
    (Engine::Native, "vmotel_registry"),
    (Engine::Sdk, "opentelemetry_sdk"),
];

/// Starts a listener and returns its address.
fn listen(exporter: &Exporter) -> String {
    let listener = exporter.listen().expect("a free port");
    listener.local_addr().expect("it is switched on").to_string()
}

fn get(address: &str, headers: &[(&str, &str)]) -> Answer {
    request(address, "GET", "/metrics", headers, b"").expect("an answer")
}

/// Returns a header's value, or nothing.
fn header(answer: &Answer, name: &str) -> String {
    let found = answer.head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

/// Returns the value of the one series whose line starts with `series` and a blank.
fn value(text: &str, series: &str) -> Option<f64> {
    let rest = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    rest.parse().ok()
}
