//! The catalog types.

use vmotel_model::{Kind, LabelDef, MetricDef, Naming};

const REQUESTS: MetricDef = MetricDef {
    name: "http.requests",
    kind: Kind::Counter,
    unit: "{request}",
    help: "Requests.",
    labels: &[LabelDef {
        name: "method",
        help: "Its method.",
        values: &["GET"],
    }],
    buckets: &[],
};

#[test]
fn exposed_name() {
    assert_eq!(
        REQUESTS.exposed_name(Naming::Parity).as_deref(),
        Ok("http_requests_total")
    );
    assert_eq!(
        REQUESTS.exposed_name(Naming::NoTranslation).as_deref(),
        Ok("http.requests")
    );
}

#[cfg(feature = "serde")]
#[test]
fn json() {
    let expected = serde_json::json!({
        "name": "http.requests", "kind": "counter", "unit": "{request}", "help": "Requests.",
        "labels": [{"name": "method", "help": "Its method.", "values": ["GET"]}], "buckets": [],
    });
    assert_eq!(serde_json::to_value(REQUESTS).unwrap(), expected);
}
