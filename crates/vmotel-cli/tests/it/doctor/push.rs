use std::thread;
use std::time::Duration;

use vmotel_exporter::{Push, Retry, Target};
use vmotel_testkit::Version;

use super::app::App;
use super::report::{examine, examine_growth};
use super::{nowhere, server};

/// An app that pushes ten times a second, into a queue of so many bytes.
fn pushing(target: &str, memory_bytes: u64) -> App {
    let mut push = Push {
        interval: Duration::from_millis(100),
        retry: Retry {
            initial: Duration::from_millis(50),
            max: Duration::from_millis(100),
        },
        ..Push::to(Target::victoria(target))
    };
    push.spool.memory_bytes = memory_bytes;
    App::start_with(|builder| builder.with_push(push))
}

#[test]
fn an_app_whose_pushes_arrive() {
    let server = server(Version::Stable, &[]);
    let app = pushing(&server.url(), 1 << 20);
    app.exporter
        .flush_blocking(Duration::from_secs(20))
        .expect("the server takes it");
    examine_growth(&["--app", &app.url()]).finds(&[]).exits(0);
}

#[test]
fn an_app_whose_pushes_go_nowhere() {
    let app = pushing(&nowhere(), 32 << 10);
    let status = || app.exporter.push_status().expect("it pushes");
    for _ in 0..400 {
        if status().dropped_samples > 0 {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert!(status().dropped_samples > 0, "{:?}", status());
    examine(&["--app", &app.url()])
        .finds(&["push_delivery", "push_queue", "push_losses"])
        .exits(4)
        .with(
            "push_delivery",
            "critical",
            "no push of the app has ever succeeded",
            "failed (connect)",
            "nothing takes connections at the target",
        )
        .with(
            "push_queue",
            "warning",
            "% full",
            "of 32768 bytes (memory)",
            "a directory",
        )
        .with(
            "push_losses",
            "critical",
            "its queue of pushes was full",
            "samples lost (dropped)",
            "more memory_bytes",
        );
}

#[test]
fn an_app_whose_server_went_away() {
    let server = server(Version::Stable, &[]);
    let app = pushing(&server.url(), 1 << 20);
    app.exporter
        .flush_blocking(Duration::from_secs(20))
        .expect("the server takes it");
    server.kill().expect("it runs");
    thread::sleep(Duration::from_millis(500));
    examine_growth(&["--app", &app.url()])
        .finds(&["push_delivery"])
        .exits(4)
        .with(
            "push_delivery",
            "critical",
            "the app's pushes fail, and none succeeds",
            "failed (connect)",
            "start the server",
        );
}
