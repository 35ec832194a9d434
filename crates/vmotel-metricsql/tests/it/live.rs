use std::time::SystemTime;

use vmotel_metricsql::{ParseConfig, Version, parse_with};
use vmotel_testkit::VictoriaMetrics;

use crate::corpus::queries;

/// Every query of the corpus gets the same verdict from the server, and what we print is accepted, too.
#[track_caller]
fn check(version: Version, server: vmotel_testkit::Version) {
    let server = VictoriaMetrics::start(server).expect("the server starts");
    let config = ParseConfig {
        version,
        ..Default::default()
    };
    let mut wrong = Vec::new();
    for (query, accepted) in queries(version) {
        let (answer, reason) = ask(&server, query);
        let ours = parse_with(query, &config);
        if answer != accepted || ours.is_ok() != accepted {
            wrong.push(format!(
                "{query}: expected {accepted}, the server says {answer} {reason}, we say {ours:?}"
            ));
        }
        if let Ok(expr) = ours {
            let printed = expr.to_string();
            let (answer, reason) = ask(&server, &printed);
            if !answer {
                wrong.push(format!("{query} is printed as {printed}: {reason}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of the verdicts differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn ask(server: &VictoriaMetrics, query: &str) -> (bool, String) {
    let now = vmotel_testkit::fresh_time()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("the clock is past 1970")
        .as_secs();
    let encoded: String = query.bytes().map(|b| format!("%{b:02X}")).collect();
    let body = format!("query={encoded}&start={}&end={now}&step=60&nocache=1", now - 600);
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = vmotel_testkit::request(
        server.address(),
        "POST",
        "/api/v1/query_range",
        &headers,
        body.as_bytes(),
    )
    .expect("the server answers");
    (answer.status == 200, answer.text())
}

#[test]
fn agrees_with_victoriametrics_1_112() {
    check(Version::V1_112, vmotel_testkit::Version::Stable);
}

#[test]
fn agrees_with_victoriametrics_1_145() {
    check(Version::V1_145, vmotel_testkit::Version::Newest);
}
