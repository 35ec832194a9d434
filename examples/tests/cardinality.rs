//! An attack on a service with the HTTP layer and a family, through `/metrics` into a real VictoriaMetrics.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Query, State},
    http::{Method, Request, StatusCode},
    routing::get,
};
use tower::ServiceExt;
use vmotel_exporter::{Exporter, Format};
use vmotel_instruments::{
    AppMetrics, BusinessMetrics,
    http::{HttpMetricsConfig, HttpMetricsLayer},
};
use vmotel_testkit::{Sample, Version, VictoriaMetrics, Vmagent};

/// The default limit and the set that is folded whole.
const MOST: usize = 2_000;
const WAIT: Duration = Duration::from_secs(30);

async fn order(
    State(business): State<BusinessMetrics>,
    Query(query): Query<BTreeMap<String, String>>,
) -> StatusCode {
    let product_type = query.get("type").cloned().unwrap_or_default();
    business.record_order(product_type, 2.0, Duration::ZERO);
    match query.get("fails").map(String::as_str) {
        Some("yes") => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    }
}

/// Returns the series of a family in a scrape.
fn series(scrape: &str, family: &str) -> usize {
    let head = format!("{family}{{");
    scrape.lines().filter(|line| line.starts_with(&head)).count()
}

async fn attack(requests: u64, normalize_unmatched: bool) {
    let exporter = Exporter::builder()
        .with_lookup(|_| None)
        .with_service_name("shop")
        .with_port(0)
        .build()
        .unwrap();
    let address = exporter.listen().unwrap().local_addr().unwrap();
    let meter = exporter.meter("shop");
    let config = HttpMetricsConfig {
        normalize_unmatched,
        ..HttpMetricsConfig::default()
    };
    let service: Router = Router::new()
        .route("/orders/{id}", get(order))
        .with_state(BusinessMetrics::new(&meter))
        .layer(HttpMetricsLayer::with_config(AppMetrics::new(&meter), config));

    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let scrape_config = format!(
        "global:\n  scrape_interval: 1s\nscrape_configs:\n- job_name: shop\n  static_configs:\n  - targets: ['{address}']\n"
    );
    let agent = Vmagent::start(Version::Stable, &scrape_config, &server.url(), &[]).unwrap();
    agent.wait_until_up("shop", WAIT).unwrap();

    let service = Arc::new(service);
    let mut truth = BTreeMap::<String, f64>::new();
    let mut orders = 0.0;
    for number in 0..requests {
        let word: String = format!("{number:08}")
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'k'))
            .collect();
        // A third knows a route and sends a type of its own; the others try paths and methods.
        let (method, uri, status) = match number % 3 {
            0 => (Method::GET, format!("/orders/{number}?type={word}"), "200"),
            1 => {
                let method = Method::from_bytes(format!("M{word}").as_bytes()).unwrap();
                (method, format!("/{word}/{word}?q={number}"), "404")
            }
            _ => (
                Method::GET,
                format!("/orders/{word}?type={word}&fails=yes"),
                "500",
            ),
        };
        orders += f64::from(u8::from(number % 3 != 1));
        *truth.entry(status.to_owned()).or_default() += 1.0;
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .body(Body::empty())
            .unwrap();
        let response = Router::clone(&service).oneshot(request).await.unwrap();
        assert_eq!(response.status().as_str(), status);
        drop(response);
        if number % (requests / 20) == 0 {
            let scrape = exporter.scrape(Format::Text).unwrap();
            for family in [
                "http_requests_total",
                "http_errors_total",
                "business_orders_total",
            ] {
                assert!(
                    series(&scrape, family) <= MOST,
                    "{family} after {number} requests"
                );
            }
        }
    }

    let sum = |samples: &[Sample]| samples.iter().map(|sample| sample.value).sum::<f64>();
    let total = requests as f64;
    let stored = server
        .wait_for("http_requests_total", WAIT, |samples| sum(samples) == total)
        .unwrap();
    assert!(stored.len() <= MOST, "{} series stored", stored.len());
    if normalize_unmatched {
        assert!(
            stored.len() > 100,
            "templates of an unrouted path are exposed: {}",
            stored.len()
        );
    } else {
        assert_eq!(stored.len(), 3, "{stored:?}");
    }
    let mut found = BTreeMap::<String, f64>::new();
    for sample in &stored {
        *found.entry(sample.label("status_code").to_owned()).or_default() += sample.value;
    }
    assert_eq!(found, truth, "the innocent label keeps its values");

    let stored = server
        .wait_for("business_orders_total", WAIT, |samples| sum(samples) == orders)
        .unwrap();
    assert!(
        (900..=MOST).contains(&stored.len()),
        "{} series stored",
        stored.len()
    );
    let amount = server
        .wait_for("business_order_amount_total", WAIT, |samples| {
            sum(samples) == 2.0 * orders
        })
        .unwrap();
    assert_eq!(amount.len(), stored.len());
    let guilty = server
        .query("topk(1, vmotel_exporter_label_values_folded_total{metric=\"business_orders_total\"})")
        .unwrap();
    assert_eq!(guilty[0].label("label"), "product_type");
    let every = server.query("count({job=\"shop\"})").unwrap();
    // Bounded whatever comes: three families with buckets, and the exporter's own.
    assert!(every[0].value < 100_000.0, "{every:?}");
    drop(agent);
    exporter.shutdown(Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn by_default_unique_paths_and_types_store_few_series_with_the_right_totals() {
    attack(20_000, false).await;
}

#[tokio::test]
async fn so_do_unique_paths_that_are_normalised() {
    attack(20_000, true).await;
}

#[tokio::test]
#[ignore = "deep run: 10^7 requests take some minutes"]
async fn ten_million_requests() {
    attack(10_000_000, true).await;
}
