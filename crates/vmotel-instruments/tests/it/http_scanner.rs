//! A scanner of weaknesses: whatever it sends as path, method, host, scheme or header, it makes no series of its own.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, Version, header},
    routing::{get, post},
};
use http_body_util::BodyExt;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use tower::ServiceExt as _;
use vmotel_instruments::{
    AppMetrics, Limits,
    http::{HttpMetricsConfig, HttpMetricsLayer, HttpServerConfig, HttpServerMetrics},
};

use crate::harness::Harness;

const REQUESTS: u64 = 100_000;

/// Text that is in everything a client chooses, so that a leak shows.
const MARK: &str = "zq";

fn word(random: &mut SmallRng) -> String {
    let length = random.random_range(1..12);
    let rest = (0..length).map(|_| char::from(random.random_range(b'a'..=b'z')));
    MARK.chars().chain(rest).collect()
}

fn path(random: &mut SmallRng) -> String {
    let segment = |random: &mut SmallRng| match random.random_range(0..5) {
        0 => random.random::<u32>().to_string(),
        1 => format!("{}.php", word(random)),
        2 => format!("%2e%2e{}", word(random)),
        3 => format!("{{{}}}", word(random)),
        _ => word(random),
    };
    match random.random_range(0..4) {
        0 => format!("/users/{}", segment(random)),
        1 => format!("/orders/{}/items/{}", segment(random), segment(random)),
        _ => {
            let depth = random.random_range(1..6);
            (0..depth).map(|_| format!("/{}", segment(random))).collect()
        }
    }
}

fn request(random: &mut SmallRng) -> Request<Body> {
    let method = match random.random_range(0..3) {
        0 => word(random).to_uppercase(),
        1 => "POST".to_owned(),
        _ => "GET".to_owned(),
    };
    let path = path(random).replace(['{', '}'], "");
    let uri = match random.random_range(0..3) {
        0 => format!(
            "{}://{}.example{path}?{}=1",
            word(random),
            word(random),
            word(random)
        ),
        _ => format!("{path}?{}=1", word(random)),
    };
    let version = [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2][random.random_range(0..3)];
    Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(uri)
        .version(version)
        .header(
            header::HOST,
            format!("{}.example:{}", word(random), random.random::<u16>()),
        )
        .header("x-forwarded-proto", word(random))
        .header("x-forwarded-host", word(random))
        .body(Body::empty())
        .unwrap()
}

/// The values of each label of all families, and the number of series of the largest.
fn values(harness: &Harness) -> (BTreeMap<String, BTreeSet<String>>, usize) {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut sets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in harness.series(|name| name.starts_with("http_")) {
        let Some((name, rest)) = line.split_once('{') else {
            continue;
        };
        let (labels, _) = rest.rsplit_once('}').unwrap();
        let mut set = String::new();
        for pair in labels.split("\",") {
            let (key, value) = pair.split_once("=\"").unwrap();
            if key != "le" {
                set += pair;
                values
                    .entry(key.to_owned())
                    .or_default()
                    .insert(value.trim_end_matches('"').to_owned());
            }
        }
        sets.entry(name.to_owned()).or_default().insert(set);
    }
    (values, sets.values().map(BTreeSet::len).max().unwrap())
}

async fn scan(config: HttpMetricsConfig) -> Harness {
    let harness = Harness::new();
    let server = HttpServerConfig {
        limits: Some(Limits::default()),
        ..HttpServerConfig::default()
    };
    let families = (
        AppMetrics::with_limits(&harness.meter(), &Limits::default()),
        HttpServerMetrics::with_config(&harness.meter(), &server).unwrap(),
    );
    let service = Router::new()
        .route("/users/{id}", get(|| async { "a user" }))
        .route("/orders/{order}/items/{item}", post(|| async {}))
        .layer(HttpMetricsLayer::with_config(families, config).for_axum());
    let mut random = SmallRng::seed_from_u64(7);
    for _ in 0..REQUESTS {
        let response = service.clone().oneshot(request(&mut random)).await.unwrap();
        response.into_body().collect().await.unwrap();
    }
    let count = |lines: Vec<String>| -> f64 {
        lines
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    };
    let total = count(harness.series(|name| name == "http_requests_total"));
    assert_eq!(total, REQUESTS as f64, "no request is lost, whatever is folded");
    assert_eq!(
        harness.histogram("http_server_request_duration_seconds").1,
        REQUESTS
    );
    assert_eq!(
        count(harness.series(|name| name == "http_server_active_requests")),
        0.0
    );
    harness
}

#[tokio::test]
async fn nothing_a_client_chooses_is_a_label() {
    let (values, largest) = values(&scan(HttpMetricsConfig::default()).await);
    let set = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect::<BTreeSet<_>>();
    let methods = set(&["GET", "POST", "_OTHER"]);
    let routes = ["/users/{id}", "/orders/{order}/items/{item}"];
    let statuses = set(&["200", "404", "405"]);
    let expected = BTreeMap::from([
        ("method".to_owned(), methods.clone()),
        ("http.request.method".to_owned(), methods),
        ("path".to_owned(), set(&[routes[0], routes[1], "_unmatched"])),
        ("http.route".to_owned(), set(&routes)),
        ("status_code".to_owned(), statuses.clone()),
        ("http.response.status_code".to_owned(), statuses),
        ("network.protocol.version".to_owned(), set(&["1.0", "1.1", "2"])),
        ("url.scheme".to_owned(), set(&["http"])),
    ]);
    assert_eq!(values, expected);
    assert!(largest <= 3 * 3 * 3 * 3, "{largest} series");
}

#[tokio::test]
async fn normalised_paths_stay_within_their_limits() {
    let config = HttpMetricsConfig {
        normalize_unmatched: true,
        ..HttpMetricsConfig::default()
    };
    let (values, largest) = values(&scan(config).await);
    for label in ["path", "http.route"] {
        let count = values[label].len();
        // 1,000 values, `other`, and those that only stand in sets.
        assert!((3..=1_002).contains(&count), "{label}: {count} values");
    }
    for (label, values) in values
        .iter()
        .filter(|(label, _)| !["path", "http.route"].contains(&label.as_str()))
    {
        assert!(values.len() <= 4, "{label}: {values:?}");
        assert!(
            values.iter().all(|value| !value.to_lowercase().contains(MARK)),
            "{label}: {values:?}"
        );
    }
    assert!(largest <= 2_000, "{largest} series");
}
