//! What the page and its data show.

use std::{sync::Arc, time::Duration};

use opentelemetry::KeyValue;
use serde_json::Value;
use vmotel_cardinality::{ControllerConfig, LimitsConfig};
use vmotel_explorer::{Access, Exemplars, Explorer, ExplorerConfig, Watched};
use vmotel_exporter::{Engine, Exporter};
use vmotel_model::{
    Family, Kind, MetricSink, MetricSource, Number, Pairs, Point, Series, Snapshot, VisitConfig,
};
use vmotel_registry::Registry;

use super::access::{ask, serve};

const HOSTILE: &str = "</script><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>";

fn quick() -> ExplorerConfig {
    ExplorerConfig {
        interval: Duration::from_millis(100),
        ..ExplorerConfig::default()
    }
}

async fn get(explorer: &Explorer, path: &str) -> http::Response<bytes::Bytes> {
    let request = http::Request::get(path)
        .header("host", "localhost")
        .body(())
        .unwrap();
    explorer.respond(Some([127, 0, 0, 1].into()), &request).await
}

async fn json(explorer: &Explorer, path: &str) -> Value {
    let answer = get(explorer, path).await;
    assert_eq!(answer.status(), 200, "{path}: {:?}", answer.body());
    assert_eq!(answer.headers()["content-type"], "application/json");
    serde_json::from_slice(answer.body()).unwrap()
}

/// Waits until the data fits.
async fn data(explorer: &Explorer, fits: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..300 {
        let data = json(explorer, "/debug/metrics/data.json").await;
        if fits(&data) {
            return data;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{}", json(explorer, "/debug/metrics/data.json").await);
}

fn family<'a>(data: &'a Value, name: &str) -> &'a Value {
    let families = data["families"].as_array().unwrap();
    let found = families.iter().find(|family| family["name"] == name);
    found.unwrap_or(&Value::Null)
}

#[tokio::test]
async fn families_of_an_exporter_on_the_sdk() {
    families_of_an_exporter(Engine::Sdk, "opentelemetry_sdk").await;
}

#[tokio::test]
async fn families_of_an_exporter_on_the_registry() {
    families_of_an_exporter(Engine::Native, "vmotel_registry").await;
}

async fn families_of_an_exporter(engine: Engine, source: &str) {
    let exporter = Exporter::builder()
        .with_engine(engine)
        .with_service_name("shop")
        .with_global(false)
        .build()
        .unwrap();
    let explorer = Explorer::start(&exporter, quick()).unwrap();
    data(&explorer, |data| data["samples"].as_u64() >= Some(1)).await;
    let meter = exporter.meter("shop");
    let orders = meter
        .u64_counter("orders")
        .with_description("Orders placed")
        .build();
    let latency = meter
        .f64_histogram("latency")
        .with_unit("s")
        .with_boundaries(vec![0.1, 1.0])
        .build();
    for product in ["lamp", "book", "book"] {
        orders.add(1, &[KeyValue::new("product", product)]);
        latency.record(0.5, &[]);
    }
    let data = data(&explorer, |data| family(data, "orders_total")["series"] == 2).await;
    assert_eq!(data["title"], "shop");
    let orders = family(&data, "orders_total");
    assert_eq!(
        (&orders["type"], &orders["help"]),
        (&"counter".into(), &"Orders placed".into())
    );
    assert_eq!(orders["new"], 2);
    let latency = family(&data, "latency_seconds");
    assert_eq!(
        (&latency["unit"], &latency["type"]),
        (&"seconds".into(), &"histogram".into())
    );
    assert_eq!(family(&data, "target_info")["series"], 1);
    let parts = data["status"]["parts"].as_array().unwrap();
    let names: Vec<&str> = parts.iter().filter_map(|part| part["name"].as_str()).collect();
    assert_eq!(names, ["pull".to_owned(), format!("source {source}")]);
    assert!(parts.iter().all(|part| part["health"] == "good"), "{parts:?}");

    let detail = json(&explorer, "/debug/metrics/family.json?name=orders_total").await;
    assert_eq!(detail["top"][0]["value"], 2.0);
    let product = detail["labels"]
        .as_array()
        .unwrap()
        .iter()
        .find(|label| label["name"] == "product")
        .unwrap();
    assert_eq!(product["values"], 2);
    let detail = json(&explorer, "/debug/metrics/family.json?name=latency_seconds").await;
    let counts: Vec<u64> = detail["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [0, 3, 0]);
    let unknown = get(&explorer, "/debug/metrics/family.json?name=nothing").await;
    assert_eq!(unknown.status(), 404);
}

/// A rate is what the counter grew by, over the time between two samples.
#[tokio::test]
async fn rates_add_up_to_the_counter() {
    let registry = Registry::default();
    let ticks = registry.counter("ticks_total").unwrap();
    let config = ExplorerConfig {
        history: 3600,
        ..quick()
    };
    let explorer = Explorer::start(Watched::new("x", Arc::new(registry)), config).unwrap();
    data(&explorer, |data| family(data, "ticks_total")["series"] == 1).await;
    for _ in 0..50 {
        ticks.add(7);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let count = |data: &Value| data["samples"].as_u64().unwrap();
    let now = count(&json(&explorer, "/debug/metrics/data.json").await);
    let data = data(&explorer, |data| count(data) > now + 1).await;
    let ages: Vec<f64> = data["ages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|age| age.as_f64().unwrap())
        .collect();
    let points = family(&data, "ticks_total")["points"].as_array().unwrap();
    let grown: f64 = (1..points.len())
        .map(|at| points[at].as_f64().unwrap() * (ages[at - 1] - ages[at]))
        .sum();
    // Points are rounded to four digits.
    assert!((grown - 350.0).abs() < 3.0, "{grown}");
}

#[tokio::test]
async fn folded_values_are_named() {
    let labels = ControllerConfig {
        per_label: 5,
        ..ControllerConfig::default()
    };
    let limits = LimitsConfig {
        labels,
        ..LimitsConfig::default()
    };
    let exporter = Exporter::builder()
        .with_global(false)
        .with(move |config| config.limits = limits)
        .build()
        .unwrap();
    let explorer = Explorer::start(&exporter, quick()).unwrap();
    let metric = exporter
        .limits()
        .controller()
        .metric("http_requests_total", &["method", "user"])
        .unwrap();
    for user in 0..100 {
        let _ = metric.check(&["GET", &format!("user-{user}")]);
    }
    let data = data(&explorer, |data| data["limits"][0]["folded_values"] == 95).await;
    let label = &data["limits"][0]["metrics"][0]["labels"][0];
    assert_eq!(
        (&label["name"], &label["admitted"], &label["folded"]),
        (&"user".into(), &5.into(), &95.into())
    );
    let folded = label["folded_values"][0].as_str().unwrap();
    assert!(folded.starts_with("user-"), "{folded}");
}

/// Beside the exporter's own limits, those of the registry behind its instruments.
#[tokio::test]
async fn the_registrys_limits_are_shown() {
    let config = ControllerConfig {
        per_label: 2,
        ..ControllerConfig::default()
    };
    let controller = vmotel_cardinality::Controller::new(config).unwrap();
    let registry = Registry::with_controller(vmotel_registry::RegistryConfig::default(), controller);
    let users = registry.counter_family("logins_total", ["user"]).unwrap();
    for user in 0..10 {
        users.add([user.to_string().as_str()], 1);
    }
    let exporter = Exporter::builder()
        .with_global(false)
        .with_registry(&registry)
        .build()
        .unwrap();
    let explorer = Explorer::start(&exporter, quick()).unwrap();
    let data = data(&explorer, |data| data["limits"][1]["name"] == "registry").await;
    let label = &data["limits"][1]["metrics"][0]["labels"][0];
    assert_eq!((&label["name"], &label["folded"]), (&"user".into(), &8.into()));
}

/// A source whose every text is hostile.
#[derive(Debug)]
struct Hostile;

impl MetricSource for Hostile {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        Box::new(Self)
    }
}

impl Snapshot for Hostile {
    fn len(&self) -> usize {
        1
    }
    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: HOSTILE,
            kind: Kind::Gauge,
            unit: HOSTILE,
            help: HOSTILE,
        }
    }
    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        sink.series(&Series {
            labels: &Pairs(&[(HOSTILE, HOSTILE)]),
            text: None,
            point: Point::Number(Number::F64(f64::NAN)),
            start: None,
        });
    }
}

/// Texts of metrics are in no file that a browser takes for markup or script, and JSON gives them back as they were.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_stay_texts() {
    let explorer = Explorer::start(Watched::new(HOSTILE, Arc::new(Hostile)), quick()).unwrap();
    let data = data(&explorer, |data| data["samples"].as_u64() >= Some(1)).await;
    assert_eq!(data["title"], HOSTILE);
    let family = family(&data, HOSTILE);
    assert_eq!(
        (&family["help"], &family["unit"]),
        (&HOSTILE.into(), &HOSTILE.into())
    );
    assert_eq!(family["latest"], Value::Null, "NaN");

    let name: String = form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let detail = json(&explorer, &format!("/debug/metrics/family.json?name={name}")).await;
    assert_eq!(
        detail["top"][0]["labels"][0],
        serde_json::json!([HOSTILE, HOSTILE])
    );

    let address = serve(explorer.routes(), true).await;
    for path in [
        "",
        "/explorer.js",
        "/explorer.css",
        "/data.json",
        "/nothing",
        "/family.json?name=%3Cscript%3E",
    ] {
        let answer = ask(
            address,
            &format!("/debug/metrics{path}"),
            &format!("host: {address}\r\n"),
        );
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_lowercase();
        assert!(
            head.contains("content-security-policy: default-src 'none'; script-src 'self';"),
            "{head}"
        );
        assert!(!head.contains("unsafe-inline"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        if path != "/data.json" {
            assert!(!body.contains("alert(1)"), "{path}: {body}");
        } else {
            assert!(head.contains("content-type: application/json"), "{head}");
        }
    }
}

/// The page loads nothing but its own files.
#[tokio::test]
async fn no_other_host_is_named() {
    let explorer = Explorer::start(Watched::new("x", Arc::new(Registry::default())), quick()).unwrap();
    for file in ["", "/explorer.js", "/explorer.css"] {
        let answer = get(&explorer, &format!("/debug/metrics{file}")).await;
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        let text = text.replace("http://www.w3.org/2000/svg", "");
        for word in [
            "http:",
            "https:",
            "//cdn",
            "@import",
            "url(",
            " style=",
            " onclick=",
            "innerHTML",
            "eval(",
        ] {
            assert!(!text.contains(word), "{file} has {word}");
        }
    }
}

#[tokio::test]
async fn exemplars_stand_beside_their_buckets() {
    let registry = Registry::default();
    let latency = registry.histogram("latency_seconds").unwrap();
    latency.record(0.25);
    let exemplars = Exemplars::default();
    exemplars
        .family("latency_seconds", &[0.1, 1.0])
        .offer(0.25, 0x4bf92f3577b34da6a3ce929d0e0e4736, 7);
    let watched = Watched::new("x", Arc::new(registry)).with_exemplars(exemplars);
    let explorer = Explorer::start(watched, quick()).unwrap();
    let detail = json(&explorer, "/debug/metrics/family.json?name=latency_seconds").await;
    let bucket = &detail["buckets"][0];
    assert_eq!(bucket["count"], 1);
    assert_eq!(bucket["exemplar"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
}

/// A source that panics.
#[derive(Debug)]
struct Broken;

impl MetricSource for Broken {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        panic!("no such thing")
    }
}

#[tokio::test]
async fn a_source_that_panics_is_told_and_the_page_lives() {
    let explorer = Explorer::start(Watched::new("x", Arc::new(Broken)), quick()).unwrap();
    let data = data(&explorer, |data| data["failure"].is_string()).await;
    assert_eq!(data["failure"], "a source panicked: no such thing");
    assert_eq!(
        get(&explorer, "/debug/metrics/family.json?name=x").await.status(),
        404
    );
    assert_eq!(get(&explorer, "/debug/metrics").await.status(), 200);
}

#[tokio::test]
async fn after_the_shutdown_the_last_state_is_shown() {
    let registry = Registry::default();
    registry.counter("ticks_total").unwrap().add(1);
    let explorer = Explorer::start(Watched::new("x", Arc::new(registry)), quick()).unwrap();
    data(&explorer, |data| family(data, "ticks_total")["series"] == 1).await;
    assert!(explorer.shutdown(Duration::from_secs(10)));
    let state = json(&explorer, "/debug/metrics/data.json").await;
    assert_eq!(family(&state, "ticks_total")["series"], 1);
    assert_eq!(
        get(&explorer, "/debug/metrics/family.json?name=ticks_total")
            .await
            .status(),
        503
    );
}

#[test]
fn settings_that_cannot_be_used() {
    let start = |config| Explorer::start(Watched::new("x", Arc::new(Registry::default())), config);
    for path in [
        "",
        "/",
        "debug",
        "/debug/",
        "/a//b",
        "/a b",
        "/<script>",
        "/{file}",
    ] {
        let config = ExplorerConfig {
            path: path.to_owned(),
            ..ExplorerConfig::default()
        };
        assert!(start(config).is_err(), "{path}");
    }
    let config = ExplorerConfig {
        access: Access::Token("short".into()),
        ..ExplorerConfig::default()
    };
    let error = start(config).unwrap_err().to_string();
    assert!(error.contains("12") && !error.contains("short"), "{error}");
}
