use opentelemetry::KeyValue;
use vmotel_exporter::Engine;

use super::app::{App, stub};
use super::report::examine;
use super::{nowhere, on_both, server};

#[test]
fn an_app_that_does_not_listen() {
    examine(&["--app", &nowhere()])
        .finds(&["app_reachable"])
        .exits(4)
        .with(
            "app_reachable",
            "critical",
            "nothing of the app listens",
            "Connection refused",
            "OTEL_EXPORTER_PROMETHEUS_PORT",
        );
}

#[test]
fn a_wrong_path_is_found_out() {
    let app = App::start();
    let wrong = format!("http://{}/prometheus", app.address());
    let right = format!("use --app http://{}/metrics", app.address());
    examine(&["--app", &wrong]).finds(&["app_reachable"]).with(
        "app_reachable",
        "critical",
        "wrong path",
        "answers with the metrics of an application",
        &right,
    );
}

#[test]
fn a_page_of_html_is_not_metrics() {
    let page = stub(
        "200 OK",
        "Content-Type: text/html\r\n",
        "<html><body>hello</body></html>\n",
    );
    examine(&["--app", &format!("http://{page}")])
        .finds(&["app_reachable"])
        .with(
            "app_reachable",
            "critical",
            "is not the app",
            "text/html",
            "correct the port or path of --app",
        );
}

#[test]
fn what_the_format_does_not_allow() {
    let text = "a_total{x=\"1\"} 1\na_total{x=\"1\"} 2\nbad line here\nb{x=unquoted} 1\nc 1 1700000000000\n";
    let app = stub("200 OK", "", text);
    examine(&["--app", &format!("http://{app}")])
        .finds(&["app_format"])
        .exits(3)
        .with(
            "app_format",
            "warning",
            "2 lines are not of the text format",
            "bad line here",
            "escape",
        )
        .with(
            "app_format",
            "warning",
            "1 samples repeat",
            "a_total{x",
            "register each metric once",
        )
        .with(
            "app_format",
            "note",
            "1 samples carry timestamps",
            "",
            "honor_timestamps",
        );
}

#[test]
fn labels_that_the_server_refuses() {
    on_both(|version| {
        let (app, server) = (App::start(), server(version, &["-maxLabelsPerTimeseries=12"]));
        let labels: Vec<KeyValue> = (0..12).map(|i| KeyValue::new(format!("l{i}"), "v")).collect();
        app.exporter
            .meter("m")
            .u64_counter("wide")
            .build()
            .add(1, &labels);
        examine(&["--app", &app.url(), "--vm", &server.url()])
            .finds(&["app_format", "app_stored"])
            .with(
                "app_format",
                "critical",
                "1 series of the app exceed",
                "wide_total has 16 labels",
                "-maxLabelsPerTimeseries",
            )
            .with(
                "app_stored",
                "critical",
                "no metric of the app is in the server",
                "names are not in",
                "a scrape interval",
            );
    });
}

#[test]
fn a_callback_that_panics_costs_the_sdk_all() {
    let app = App::start_with(|builder| builder.with_engine(Engine::Sdk));
    let meter = app.exporter.meter("m");
    let _gauge = meter
        .u64_observable_gauge("g")
        .with_callback(|_| panic!("on purpose"))
        .build();
    // The SDK was its only source.
    examine(&["--app", &app.url()])
        .finds(&["app_reachable"])
        .exits(4)
        .with(
            "app_reachable",
            "critical",
            "answers 500",
            "the callback of an observable instrument panicked",
            "the first line of the answer names the source",
        );
}

#[test]
fn a_callback_that_panics() {
    let app = App::start();
    let _gauge = app
        .exporter
        .meter("m")
        .u64_observable_gauge("g")
        .with_callback(|_| panic!("on purpose"))
        .build();
    examine(&["--app", &app.url()])
        .finds(&["app_sources"])
        .exits(3)
        .with(
            "app_sources",
            "warning",
            "callbacks of observable instruments panic",
            "calls that panicked",
            "mend its callback",
        );
}

#[test]
fn two_types_of_one_name() {
    let app = App::start();
    app.exporter.meter("a").u64_counter("twice").build().add(1, &[]);
    app.exporter
        .meter("b")
        .f64_gauge("twice_total")
        .build()
        .record(1.0, &[]);
    examine(&["--app", &app.url()])
        .finds(&["app_dropped"])
        .exits(3)
        .with(
            "app_dropped",
            "warning",
            "leaves series out (reason type)",
            "since the start",
            "rename one",
        );
}
