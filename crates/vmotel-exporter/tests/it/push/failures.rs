#![expect(clippy::disallowed_methods, reason = "a test measures with the real clock")]

use std::{
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use vmotel_exporter::{
    Auth, Engine, Exporter, FlushError, Push, PushStatus, ShutdownError, ShutdownReport, Target,
};
use vmotel_testkit::{ServerConfig, Version, VictoriaMetrics};

use super::{
    SECONDS, builder,
    fake::{Fake, answer},
    quick, samples, shop, shop_on,
};

fn ok() -> String {
    answer("200 OK", "", "")
}

fn status(exporter: &Exporter) -> PushStatus {
    exporter.push_status().unwrap()
}

/// Pushes once to a receiver that answers so first and with a success then.
fn first(reply: &'static str, headers: &'static str, body: &'static str) -> (Fake, Exporter) {
    let fake = Fake::start(move |number, _| {
        if number == 0 {
            answer(reply, headers, body)
        } else {
            ok()
        }
    });
    let exporter = shop(quick(Target::victoria(fake.url())));
    (fake, exporter)
}

#[test]
fn what_may_succeed_later_is_tried_again() {
    for reply in [
        "408 Request Timeout",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "401 Unauthorized",
        "403 Forbidden",
    ] {
        let (fake, exporter) = first(reply, "", "");
        let flushed = exporter.flush_blocking(SECONDS).unwrap();
        assert!(flushed.delivered > 0 && flushed.lost == 0, "{reply}: {flushed:?}");
        let got = fake.got();
        assert_eq!(got.len(), 2, "{reply}");
        assert_eq!(got[0].body, got[1].body, "{reply}: the same request again");
        let status = status(&exporter);
        assert_eq!((status.retries, status.failing), (1, 0), "{reply}: {status:?}");
        let error = status.last_error.unwrap();
        assert!(error.contains(reply), "{reply}: {error}");
    }
}

#[test]
fn what_is_refused_for_good_is_counted_and_makes_room() {
    for reply in [
        "400 Bad Request",
        "413 Content Too Large",
        "415 Unsupported Media Type",
        "422 Unprocessable Content",
        "302 Found",
    ] {
        let (fake, exporter) = first(reply, "", "cannot parse it");
        let flushed = exporter.flush_blocking(SECONDS).unwrap();
        assert_eq!(flushed.delivered, 0, "{reply}");
        assert!(flushed.lost > 10, "{reply}: {flushed:?}");
        let status = status(&exporter);
        assert_eq!(
            (status.refused_samples, status.retries),
            (flushed.lost, 0),
            "{reply}"
        );
        assert!(status.last_error.unwrap().contains("cannot parse it"), "{reply}");
        assert!(exporter.flush_blocking(SECONDS).unwrap().delivered > 0);
        assert_eq!(fake.got().len(), 2);
    }
}

/// As a collector of OpenTelemetry may answer: `partial_success { rejected_data_points: 2 error_message: "too old" }`.
#[test]
fn what_a_receiver_leaves_out_is_counted() {
    let partial = "\x0a\x0b\x08\x02\x12\x07too old";
    let (_fake, exporter) = first("200 OK", "content-type: application/x-protobuf\r\n", partial);
    let first = exporter.flush_blocking(SECONDS).unwrap();
    assert_eq!(first.lost, 2);
    let status = status(&exporter);
    assert_eq!((status.refused_samples, status.retries), (2, 0));
    assert!(
        status
            .last_error
            .unwrap()
            .contains("without 2 points of it: too old")
    );
    assert_eq!(exporter.flush_blocking(SECONDS).unwrap().lost, 0);
}

#[test]
fn a_server_says_how_long_to_wait() {
    let (fake, exporter) = first("429 Too Many Requests", "retry-after: 1\r\n", "");
    let begin = Instant::now();
    exporter.flush_blocking(SECONDS).unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!(fake.got().len(), 2);
}

#[test]
fn a_wrong_path_is_explained_with_the_right_one() {
    let fake = Fake::start(|_, _| answer("404 Not Found", "", "no such page"));
    let exporter = shop(quick(Target::otlp(format!("{}/v1/metrics", fake.url()))));
    let error = exporter.flush_blocking(Duration::from_millis(500)).unwrap_err();
    let text = error.to_string();
    assert!(
        matches!(error, FlushError::Timeout { waiting, .. } if waiting > 10),
        "{text}"
    );
    assert!(text.contains("404 Not Found: no such page"), "{text}");
    assert!(
        text.contains("http://127.0.0.1:8428/opentelemetry/v1/metrics"),
        "{text}"
    );

    // A real server says it with 400.
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let exporter = shop(quick(Target::otlp(format!("{}/v1/metrics", server.url()))));
    let error = exporter
        .flush_blocking(Duration::from_millis(500))
        .unwrap_err()
        .to_string();
    assert!(error.contains("unsupported path requested"), "{error}");
    assert!(error.contains(":8428/opentelemetry/v1/metrics"), "{error}");
    let push = exporter
        .shutdown_blocking(Duration::from_secs(2))
        .unwrap()
        .push
        .unwrap();
    assert!(push.delivered == 0 && push.lost > 10, "{push:?}");
}

#[test]
fn requests_are_what_receivers_expect() {
    let fake = Fake::start(|_, _| ok());
    let mut push = quick(Target::victoria(format!("{}/prefix", fake.url())));
    push.auth = Auth::Bearer("s3cret".into());
    push.headers.insert("x-scope", "shop".parse().unwrap());
    let exporter = builder(push)
        .with_resource_attribute("service.instance.id", "one")
        .build()
        .unwrap();
    assert!(!format!("{exporter:?}").contains("s3cret"));
    exporter.flush_blocking(SECONDS).unwrap();
    let head = fake.got()[0].head.to_lowercase();
    assert!(
        head.starts_with(
            "post /prefix/opentelemetry/v1/metrics?extra_label=job%3dtest&extra_label=instance%3done http/1.1\r\n"
        ),
        "{head}"
    );
    for header in [
        "content-type: application/x-protobuf",
        "content-encoding: gzip",
        "authorization: bearer s3cret",
        "x-scope: shop",
    ] {
        assert!(head.lines().any(|line| line == header), "{header} in {head}");
    }
}

#[test]
fn values_of_the_time_without_a_server_arrive_with_their_times() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let push = Push {
        interval: Duration::from_millis(100),
        stale_markers: false,
        ..quick(Target::victoria(format!("http://127.0.0.1:{port}")))
    };
    let exporter = shop(push);
    let begin = Instant::now();
    while exporter.push_status().unwrap().collections < 5 && begin.elapsed() < SECONDS {
        thread::sleep(Duration::from_millis(20));
    }
    let status = status(&exporter);
    assert!(status.waiting_samples > 0 && status.failing > 0, "{status:?}");
    assert!(status.last_error.unwrap().contains("could not connect"));
    let server = VictoriaMetrics::start_with(ServerConfig {
        listen: format!("127.0.0.1:{port}"),
        ..ServerConfig::default()
    })
    .unwrap();
    let report = exporter.shutdown_blocking(SECONDS).unwrap().push.unwrap();
    assert_eq!((report.lost, report.spooled), (0, 0));
    let samples = samples(&server, "orders_total");
    let collections = exporter.push_status().unwrap().collections;
    assert_eq!(samples.len() as u64, collections);
    let spread = samples.last().unwrap().0 - samples[0].0;
    assert!(spread >= 400, "{samples:?}");
}

#[test]
fn a_dead_server_loses_and_tells_within_the_deadline() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let exporter = shop(quick(Target::victoria(format!("http://127.0.0.1:{port}"))));
    let begin = Instant::now();
    let push = exporter
        .shutdown_blocking(Duration::from_millis(500))
        .unwrap()
        .push
        .unwrap();
    assert!(
        begin.elapsed() < Duration::from_millis(1500),
        "{:?}",
        begin.elapsed()
    );
    assert!(
        push.delivered == 0 && push.spooled == 0 && push.lost > 10,
        "{push:?}"
    );
    assert_eq!(exporter.flush_blocking(SECONDS), Err(FlushError::ShutDown));
}

#[test]
fn a_server_that_comes_back_gets_again_what_it_may_have_lost() {
    let fake = Fake::start(|number, _| if number == 2 { String::new() } else { ok() });
    let exporter = shop(quick(Target::victoria(fake.url())));
    for _ in 0..3 {
        exporter.flush_blocking(SECONDS).unwrap();
    }
    let got = fake.got();
    // Two were acknowledged, the third broke off: the two again, in order, then the third.
    assert_eq!(got.len(), 6);
    for (again, before) in [(3, 0), (4, 1), (5, 2)] {
        assert_eq!(got[again].body, got[before].body, "{again}");
    }
    let status = status(&exporter);
    assert_eq!((status.resent_requests, status.retries), (2, 1));
}

#[test]
fn a_callback_that_panics_is_reported_and_the_rest_is_pushed() {
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let exporter = shop_on(Engine::Sdk, quick(Target::victoria(server.url())));
    exporter.flush_blocking(SECONDS).unwrap();
    // A scrape has collected more than the push when the pipeline is lost.
    exporter.meter("shop").u64_counter("orders").build().add(2, &[]);
    exporter.scrape(vmotel_exporter::Format::Text).unwrap();
    let _gauge = exporter
        .meter("m")
        .u64_observable_gauge("bad")
        .with_callback(|_| panic!("on purpose"))
        .build();
    exporter.scrape(vmotel_exporter::Format::Text).unwrap();
    exporter.flush_blocking(SECONDS).unwrap();
    exporter.flush_blocking(SECONDS).unwrap();
    let up = server.query("vmotel_exporter_source_up").unwrap();
    assert_eq!((up.len(), up[0].value), (1, 0.0));
    let sources = exporter.status();
    assert!(!sources[0].up && sources[0].last_fault.as_ref().unwrap().contains("on purpose"));
    // The last values are still pushed; as nobody knows more of the series, they are ended then, as after a scrape without them.
    let orders = samples(&server, "orders_total");
    let values: Vec<_> = orders.iter().map(|(_, value)| *value).collect();
    assert_eq!(values, [Some(3.0), Some(5.0), None]);
}

#[test]
fn a_callback_that_panics_ends_no_series_of_the_registry() {
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let exporter = shop_on(Engine::Native, quick(Target::victoria(server.url())));
    exporter.flush_blocking(SECONDS).unwrap();
    let _gauge = exporter
        .meter("m")
        .u64_observable_gauge("bad")
        .with_callback(|_| panic!("on purpose"))
        .build();
    exporter.meter("shop").u64_counter("orders").build().add(2, &[]);
    for _ in 0..2 {
        exporter.flush_blocking(SECONDS).unwrap();
    }
    let up = server.query("vmotel_exporter_source_up").unwrap();
    assert_eq!((up.len(), up[0].value), (1, 1.0));
    let panics = server.query("vmotel_exporter_callback_panics_total").unwrap();
    assert_eq!((panics.len(), panics[0].value), (1, 2.0));
    let values: Vec<_> = samples(&server, "orders_total")
        .iter()
        .map(|(_, value)| *value)
        .collect();
    assert_eq!(values, [Some(3.0), Some(5.0), Some(5.0)]);
}

#[test]
fn a_callback_of_the_sdk_that_hangs_is_reported_and_the_rest_is_pushed() {
    let error = pushed_beside_a_hang(Engine::Sdk).unwrap_err();
    let push = error.report().unwrap().push.unwrap();
    assert!(push.delivered > 10 && push.lost == 0, "{push:?}");
    let told = format!(
        "of the pushed samples {} were delivered, 0 spooled and 0 lost",
        push.delivered
    );
    assert!(error.to_string().ends_with(&told), "{error}");
}

#[test]
fn a_callback_of_the_registry_that_hangs_is_reported_and_the_rest_is_pushed() {
    let push = pushed_beside_a_hang(Engine::Native).unwrap().push.unwrap();
    assert!(push.delivered > 10 && push.lost == 0, "{push:?}");
}

/// Returns what the shutdown says.
fn pushed_beside_a_hang(engine: Engine) -> Result<ShutdownReport, ShutdownError> {
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let exporter = builder(quick(Target::victoria(server.url())))
        .with_engine(engine)
        .with(|config| config.collect_timeout = Duration::from_millis(200))
        .build()
        .unwrap();
    let _gauge = exporter
        .meter("m")
        .u64_observable_gauge("slow")
        .with_callback(|_| thread::sleep(Duration::from_secs(60)))
        .build();
    for _ in 0..2 {
        exporter.flush_blocking(SECONDS).unwrap();
    }
    let up = server.query("vmotel_exporter_source_up").unwrap();
    assert_eq!((up.len(), up[0].value), (1, 0.0));
    assert_eq!(server.query("target_info").unwrap().len(), 1);
    assert!(
        exporter.status()[0]
            .last_fault
            .as_ref()
            .unwrap()
            .contains("has not returned")
    );
    let begin = Instant::now();
    // The SDK's provider cannot shut down; the last push goes out all the same.
    let result = exporter.shutdown_blocking(Duration::from_secs(1));
    assert!(begin.elapsed() < Duration::from_secs(3));
    let info = samples(&server, "target_info");
    assert_eq!(info.last().unwrap().1, None, "the last push ended it: {info:?}");
    result
}

/// What a flush does not wait for is counted.
#[test]
fn a_collection_that_comes_too_late_for_its_flush_is_counted() {
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let exporter = shop(quick(Target::victoria(server.url())));
    let _gauge = exporter
        .meter("m")
        .u64_observable_gauge("slow")
        .with_callback(|observer| {
            thread::sleep(Duration::from_millis(700));
            observer.observe(1, &[]);
        })
        .build();
    // In the time of the flush, only the rest comes.
    exporter.flush_blocking(Duration::from_millis(200)).unwrap_err();
    for _ in 0..100 {
        if status(&exporter).discarded_samples > 0 {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let late = status(&exporter).discarded_samples;
    assert!(late > 10, "{:?}", status(&exporter));
    exporter.flush_blocking(SECONDS).unwrap();
    let told = server
        .query("vmotel_exporter_push_discarded_samples_total")
        .unwrap();
    assert_eq!(told[0].value, late as f64);
    assert_eq!(server.query("slow").unwrap().len(), 1);
}
