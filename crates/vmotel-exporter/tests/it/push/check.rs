//! The target is tried before there is data.

use std::{thread, time::Duration};

use vmotel_exporter::{Auth, Compression, Exporter, Push, Target, TargetCheck};
use vmotel_testkit::{ServerConfig, Version, VictoriaMetrics};

use super::{
    SECONDS, builder,
    fake::{Fake, answer},
    quick, shop,
};

fn push(check: TargetCheck, target: Target) -> Push {
    Push {
        check,
        ..quick(target)
    }
}

/// Waits for the outcome of the check.
fn outcome(exporter: &Exporter) -> Result<(), String> {
    for _ in 0..400 {
        if let Some(outcome) = exporter.push_status().unwrap().target_check {
            return outcome;
        }
        thread::sleep(Duration::from_millis(25));
    }
    panic!("the target was not tried");
}

#[test]
fn every_server_takes_an_empty_request_of_every_kind() {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).unwrap();
        let single = || Target::victoria(server.url());
        for target in [
            single(),
            single().with_compression(Compression::None),
            single().with_compression(Compression::Zstd),
            single().remote_write(),
            single().remote_write().with_compression(Compression::Zstd),
        ] {
            let exporter = builder(push(TargetCheck::Require, target)).build().unwrap();
            let status = exporter.push_status().unwrap();
            assert_eq!(
                (status.target_check, status.collections, status.delivered_samples),
                (Some(Ok(())), 0, 0)
            );
            assert_eq!(status.last_error, None);
        }
        assert!(
            server.query("{__name__!=\"\"}").unwrap().is_empty(),
            "nothing is stored"
        );
    }
}

#[test]
fn what_is_wrong_is_told_at_the_start_and_no_error_unless_it_is_asked_for() {
    let config = ServerConfig {
        flags: vec!["-httpAuth.username=me".into(), "-httpAuth.password=s3cret".into()],
        ..ServerConfig::default()
    };
    let server = VictoriaMetrics::start_with(config).unwrap();
    // Nothing listens on port 1.
    let nowhere = Target::victoria("http://127.0.0.1:1");
    for (target, expected) in [
        (Target::victoria(server.url()), "401 Unauthorized"),
        (nowhere, "could not connect"),
    ] {
        let exporter = builder(push(TargetCheck::Report, target.clone()))
            .build()
            .unwrap();
        let error = outcome(&exporter).unwrap_err();
        assert!(error.contains(expected), "{error}");
        let status = exporter.push_status().unwrap();
        assert_eq!(
            (status.failing, status.retries),
            (0, 0),
            "nothing was pushed: {status:?}"
        );

        let error = builder(push(TargetCheck::Require, target))
            .build()
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("metrics cannot be pushed: ") && error.contains(expected),
            "{error}"
        );
    }
    let right = Push {
        auth: Auth::Basic {
            username: "me".into(),
            password: "s3cret".into(),
        },
        ..push(TargetCheck::Require, Target::victoria(server.url()))
    };
    builder(right).build().unwrap();
}

#[test]
fn a_success_later_corrects_it_and_a_push_at_once_tells_as_much() {
    let fake = Fake::start(|number, _| {
        if number == 0 {
            answer("503 Service Unavailable", "", "not yet")
        } else {
            answer("200 OK", "", "")
        }
    });
    let exporter = shop(push(TargetCheck::Report, Target::victoria(fake.url())));
    assert!(outcome(&exporter).unwrap_err().contains("not yet"));
    exporter.flush_blocking(SECONDS).unwrap();
    assert_eq!(outcome(&exporter), Ok(()));
    assert_eq!(fake.got().len(), 2);

    let exporter = shop(quick(Target::victoria(fake.url())));
    thread::sleep(Duration::from_millis(100));
    assert_eq!(
        exporter.push_status().unwrap().target_check,
        None,
        "nothing was sent"
    );
    exporter.flush_blocking(SECONDS).unwrap();
    assert_eq!(outcome(&exporter), Ok(()));
}
