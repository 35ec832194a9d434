use std::io::Read as _;

use vmotel_exporter::Exporter;
use vmotel_testkit::request;

use super::{builder, get, header, listen};

fn exporter() -> Exporter {
    let exporter = builder()
        .with_self_metrics(false)
        .with_target_info(false)
        .build()
        .unwrap();
    exporter.meter("shop").u64_counter("orders").build().add(3, &[]);
    exporter
}

const TEXT: &str = "# TYPE orders_total counter\norders_total{otel_scope_name=\"shop\"} 3\n";
const OPENMETRICS: &str = "# TYPE orders counter\norders_total{otel_scope_name=\"shop\"} 3\n# EOF\n";

#[test]
fn format_and_coding_are_as_asked_for() {
    let exporter = exporter();
    let address = listen(&exporter);

    let plain = get(&address, &[]);
    assert_eq!((plain.status, plain.text().as_str()), (200, TEXT));
    assert_eq!(
        header(&plain, "content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert_eq!(header(&plain, "content-length"), TEXT.len().to_string());
    assert_eq!(header(&plain, "vary"), "Accept, Accept-Encoding");
    assert_eq!(header(&plain, "content-encoding"), "");

    let open = get(
        &address,
        &[("Accept", "application/openmetrics-text; version=1.0.0")],
    );
    assert_eq!(open.text(), OPENMETRICS);
    assert_eq!(
        header(&open, "content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );

    let gzip = get(&address, &[("Accept-Encoding", "gzip")]);
    assert_eq!(header(&gzip, "content-encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*gzip.body)
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, TEXT);

    let zstd = get(&address, &[("Accept-Encoding", "gzip;q=0.5, zstd")]);
    assert_eq!(header(&zstd, "content-encoding"), "zstd");
    assert_eq!(zstd::decode_all(&*zstd.body).unwrap(), TEXT.as_bytes());
}

#[test]
fn other_methods_and_paths() {
    let exporter = exporter();
    let address = listen(&exporter);
    let head = request(&address, "HEAD", "/metrics", &[], b"").unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(header(&head, "content-length"), TEXT.len().to_string());

    let post = request(&address, "POST", "/metrics", &[], b"").unwrap();
    assert_eq!((post.status, header(&post, "allow").as_str()), (405, "GET, HEAD"));

    let other = request(&address, "GET", "/", &[], b"").unwrap();
    assert_eq!(
        (other.status, other.text().as_str()),
        (404, "not found, the metrics are at /metrics\n")
    );
    let query = request(&address, "GET", "/metrics?x=1", &[], b"").unwrap();
    assert_eq!(query.status, 200);
}

/// The routes answer on a runtime, whatever it is.
fn routes_answer(runtime: &tokio::runtime::Runtime) {
    let exporter = exporter();
    let answer = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let app: axum::Router = axum::Router::new().merge(exporter.routes());
        tokio::spawn(async move { axum::serve(listener, app).await });
        tokio::task::spawn_blocking(move || {
            let post = request(&address, "POST", "/metrics", &[], b"").unwrap();
            assert_eq!(post.status, 405);
            let head = request(&address, "HEAD", "/metrics", &[], b"").unwrap();
            assert_eq!(header(&head, "content-length"), TEXT.len().to_string());
            get(&address, &[])
        })
        .await
        .unwrap()
    });
    assert_eq!(answer.text(), TEXT);
}

#[test]
fn routes_on_any_runtime() {
    routes_answer(
        &tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap(),
    );
    routes_answer(
        &tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap(),
    );
}

#[tokio::test]
async fn serve_runs_on_the_callers_runtime_until_the_shutdown() {
    let exporter = exporter();
    let listener = exporter.bind().unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(exporter.serve(listener));
    let answer = tokio::task::spawn_blocking(move || get(&address, &[]))
        .await
        .unwrap();
    assert_eq!(answer.text(), TEXT);
    exporter
        .shutdown(std::time::Duration::from_secs(5))
        .await
        .unwrap();
    serving.await.unwrap().unwrap();
}

#[test]
fn labels_of_resource_and_scope_are_switches() {
    let exporter = builder()
        .with_self_metrics(false)
        .with_scope_labels(false)
        .with_deployment_environment("production")
        .with_resource_labels(["service.name", "not.there"])
        .build()
        .unwrap();
    exporter.meter("shop").u64_counter("orders").build().add(3, &[]);
    let text = exporter.scrape(vmotel_exporter::Format::Text).unwrap();
    assert!(text.contains("orders_total{service_name=\"test\"} 3\n"), "{text}");
    let version = env!("CARGO_PKG_VERSION");
    let info = format!(
        "target_info{{deployment_environment_name=\"production\",service_name=\"test\",telemetry_sdk_language=\"rust\",\
         telemetry_sdk_name=\"vmotel\",telemetry_sdk_version=\"{version}\"}} 1\n"
    );
    assert!(text.contains(&info), "{text}");
}

#[test]
fn the_old_key_of_the_environment_is_read() {
    let exporter = builder()
        .with_resource_attribute("deployment.environment", "staging")
        .build()
        .unwrap();
    let text = exporter.scrape(vmotel_exporter::Format::Text).unwrap();
    assert!(text.contains("deployment_environment_name=\"staging\""), "{text}");
    assert!(!text.contains("deployment_environment="), "{text}");
}

/// The sample of the crate's documentation is what a scrape gives.
#[test]
fn the_documented_sample_is_real() {
    let exporter = builder()
        .with_service_name("shop")
        .with_self_metrics(false)
        .build()
        .unwrap();
    let meter = exporter.meter("shop");
    let orders = meter
        .u64_counter("orders")
        .with_description("Orders placed")
        .build();
    orders.add(3, &[opentelemetry::KeyValue::new("http.route", "/orders/{id}")]);
    let time = meter
        .f64_histogram("order.duration")
        .with_unit("s")
        .with_boundaries(vec![0.5])
        .build();
    time.record(0.25, &[]);
    let text = exporter.scrape(vmotel_exporter::Format::Text).unwrap();
    let readme = include_str!("../../README.md");
    let sample = readme
        .split("```prometheus\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    assert_eq!(sample, Some(text.as_str()));
}
