use std::net::TcpListener;

use vmotel_exporter::{Exporter, ExporterBuilder, InitError};
use vmotel_testkit::{Version, VictoriaMetrics};

use super::SECONDS;

fn from(variables: Vec<(&'static str, String)>) -> ExporterBuilder {
    Exporter::builder().with_global(false).with_lookup(move |name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    })
}

/// Nothing but variables, as an operator sets them.
#[test]
fn the_environment_alone_pushes_to_a_real_server() {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).unwrap();
        let exporter = from(vec![
            ("OTEL_SERVICE_NAME", "shop".to_owned()),
            ("POD_NAME", "shop-0".to_owned()),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.instance.id=one,team=a".to_owned(),
            ),
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                format!("{}/opentelemetry", server.url()),
            ),
            (
                "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
                "base2_exponential_bucket_histogram".to_owned(),
            ),
        ])
        .init()
        .unwrap();
        exporter
            .meter("shop")
            .f64_histogram("size")
            .build()
            .record(1.5, &[]);
        exporter.flush_blocking(SECONDS).unwrap();
        let buckets = server.query("size_bucket").unwrap();
        assert_eq!(buckets.len(), 1, "{buckets:?}");
        assert_eq!(
            (
                buckets[0].label("job"),
                buckets[0].label("instance"),
                buckets[0].value
            ),
            ("shop", "one", 1.0)
        );
        // Scale 5: the bucket of 1.5 is from 2^(18/32) to 2^(19/32).
        assert_eq!(buckets[0].label("vmrange"), "1.477e+00...1.509e+00");
        assert_eq!(server.query("target_info").unwrap()[0].label("team"), "a");
    }
}

#[test]
fn init_serves_only_if_that_is_asked_for() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let init = |exporters: Option<&str>, endpoint: Option<&str>| {
        let mut variables = vec![
            ("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1".to_owned()),
            ("OTEL_EXPORTER_PROMETHEUS_PORT", port.clone()),
        ];
        variables.extend(exporters.map(|list| ("OTEL_METRICS_EXPORTER", list.to_owned())));
        variables.extend(endpoint.map(|url| ("OTEL_EXPORTER_OTLP_ENDPOINT", url.to_owned())));
        from(variables).init()
    };
    let nowhere = Some("http://127.0.0.1:1");
    assert!(matches!(init(None, None), Err(InitError::Listen(_))));
    assert!(matches!(
        init(Some("prometheus"), nowhere),
        Err(InitError::Listen(_))
    ));
    assert!(matches!(
        init(Some("otlp,prometheus"), nowhere),
        Err(InitError::Listen(_))
    ));
    assert!(init(None, nowhere).is_ok());
    assert!(init(Some("otlp"), nowhere).is_ok());
    assert!(init(Some("none"), None).is_ok());
}
