use std::time::Duration;

use super::Config;

fn from(variables: &[(&str, &str)]) -> Result<Config, String> {
    Config::from_lookup(|name| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    })
    .map_err(|error| error.to_string())
}

#[test]
fn nothing_set_gives_the_defaults_of_the_specification() {
    let config = from(&[]).unwrap();
    assert_eq!(config, Config::default());
    assert!(
        config
            .service_name
            .starts_with("unknown_service:vmotel_exporter-")
    );
    assert_eq!(
        (config.host.as_str(), config.port, config.path.as_str()),
        ("localhost", 9464, "/metrics")
    );
    assert_eq!((config.environment, config.service_version), (None, None));
    assert!(config.enabled && config.pull && config.scope_labels && config.target_info);
    config_is_valid(&Config::default());
    config_is_valid(&Config::guide());
}

fn config_is_valid(config: &Config) {
    assert_eq!(config.validate(), Ok(()));
}

#[test]
fn variables_set_their_fields() {
    let config = from(&[
        ("OTEL_SERVICE_NAME", "shop"),
        ("OTEL_RESOURCE_ATTRIBUTES", " service.name=other, service.version=2 ,team=a%2Cb%3D%C3%A9,, deployment.environment.name=new,deployment.environment=old"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    ])
    .unwrap();
    assert_eq!(config.service_name, "shop");
    assert_eq!(config.service_version.as_deref(), Some("2"));
    assert_eq!(config.environment.as_deref(), Some("new"));
    assert_eq!(
        config.resource_attributes,
        [("team".to_owned(), "a,b=\u{e9}".to_owned())]
    );
    assert_eq!((config.host.as_str(), config.port), ("0.0.0.0", 0));

    let old_key = from(&[(
        "OTEL_RESOURCE_ATTRIBUTES",
        "deployment.environment=staging,service.name=s",
    )])
    .unwrap();
    assert_eq!(old_key.environment.as_deref(), Some("staging"));
    assert_eq!(old_key.service_name, "s");

    let mut guide = Config::guide();
    guide
        .overlay(|name| {
            (name == "OTEL_RESOURCE_ATTRIBUTES").then(|| "deployment.environment=staging".to_owned())
        })
        .unwrap();
    assert_eq!(guide.environment.as_deref(), Some("staging"));
}

#[test]
fn empty_values_count_as_unset() {
    let names = [
        "OTEL_SERVICE_NAME",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_EXPORTER_PROMETHEUS_HOST",
        "OTEL_EXPORTER_PROMETHEUS_PORT",
        "OTEL_METRICS_EXPORTER",
        "OTEL_SDK_DISABLED",
    ];
    for name in names {
        assert_eq!(from(&[(name, "")]), Ok(Config::default()), "{name}");
    }
}

#[test]
fn exporters_and_the_switch() {
    let check = |variable, value, enabled, pull| {
        let config = from(&[(variable, value)]).unwrap();
        assert_eq!(
            (config.enabled, config.pull),
            (enabled, pull),
            "{variable}={value}"
        );
    };
    check("OTEL_SDK_DISABLED", "true", false, true);
    check("OTEL_SDK_DISABLED", "TRUE", false, true);
    check("OTEL_SDK_DISABLED", "false", true, true);
    check("OTEL_METRICS_EXPORTER", "prometheus", true, true);
    check("OTEL_METRICS_EXPORTER", "none", true, false);
    check("OTEL_METRICS_EXPORTER", "Prometheus, none", true, true);
}

#[test]
fn bad_values_are_errors_that_name_what_is_allowed() {
    let check = |variable, value, message: &str| {
        assert_eq!(
            from(&[(variable, value)]),
            Err(message.to_owned()),
            "{variable}={value}"
        );
    };
    check(
        "OTEL_METRICS_EXPORTER",
        "graphite",
        r#"OTEL_METRICS_EXPORTER has the value "graphite", expected a list of otlp and prometheus, or none"#,
    );
    check(
        "OTEL_SDK_DISABLED",
        "yes",
        r#"OTEL_SDK_DISABLED has the value "yes", expected true or false"#,
    );
    let port = |value: &str| {
        format!(r#"OTEL_EXPORTER_PROMETHEUS_PORT has the value "{value}", expected a port from 0 to 65535"#)
    };
    for value in ["65536", "-1", "http", "9464/tcp"] {
        check("OTEL_EXPORTER_PROMETHEUS_PORT", value, &port(value));
    }
    let entry = |entry: &str, fault: &str| {
        format!(
            "OTEL_RESOURCE_ATTRIBUTES has the entry {entry:?} ({fault}), \
             expected key=value,key=value with %XX for reserved characters"
        )
    };
    for (value, at, fault) in [
        ("a=1,b", "b", "no equals sign"),
        ("=1", "=1", "an empty key"),
        ("a=1,%20 =2,=", "=", "an empty key"),
        ("a=%4", "a=%4", "a % without two hexadecimal digits"),
        ("a=%zz", "a=%zz", "a % without two hexadecimal digits"),
        ("a=%ff", "a=%ff", "no UTF-8 after decoding"),
    ] {
        check("OTEL_RESOURCE_ATTRIBUTES", value, &entry(at, fault));
    }
}

#[test]
fn fields_that_cannot_be_used_are_errors() {
    let check = |change: fn(&mut Config), message: &str| {
        let mut config = Config::default();
        change(&mut config);
        assert_eq!(config.validate().unwrap_err().to_string(), message);
    };
    let path = |value: &str| {
        format!(
            "path has the value {value:?}, expected a path that starts with / and has only A-Z a-z 0-9 / - . _ ~"
        )
    };
    check(|c| c.path = "metrics".into(), &path("metrics"));
    check(|c| c.path = "/{x}".into(), &path("/{x}"));
    check(|c| c.path = "/a b".into(), &path("/a b"));
    check(|c| c.path = String::new(), &path(""));
    check(
        |c| c.host = String::new(),
        r#"host has the value "", expected an address or a host name"#,
    );
    check(
        |c| c.max_connections = 0,
        r#"max_connections has the value "0", expected at least 1"#,
    );
    check(
        |c| c.write_timeout = Duration::ZERO,
        r#"write_timeout has the value "0ns", expected more than 0 and at most a year"#,
    );
}
