//! Pull and push at once: the same series by scrape and by OTLP, and a last push when the process ends.
//!
//! Run VictoriaMetrics, then `cargo run -p vmotel-examples --example push`. The metrics are at
//! `http://localhost:8428/vmui/#/?g0.expr=rate(requests_total)`, and at `localhost:9464/metrics`.
//! Another server: `cargo run -p vmotel-examples --example push -- http://vm:8428`.
#![expect(clippy::print_stdout, reason = "an example tells what to look at")]

use std::{thread, time::Duration};

use opentelemetry::KeyValue;
use vmotel_exporter::{Exporter, Push, Target};

fn main() -> anyhow::Result<()> {
    let server = std::env::args().nth(1);
    let server = server.unwrap_or_else(|| "http://localhost:8428".to_owned());
    let exporter = Exporter::builder()
        .with_service_name("push-example")
        // The body tells whose it is, so that a scrape with `honor_labels: true` gives the very same series.
        .with_honor_labels(true)
        .with_push(Push {
            interval: Duration::from_secs(5),
            ..Push::to(Target::victoria(server))
        })
        .build()?;
    let listener = exporter.listen()?;
    let requests = exporter.meter("push-example").u64_counter("requests").build();

    println!("pushed every 5 s, served at {listener}; Ctrl-C ends");
    thread::spawn(move || {
        for status in [200, 200, 200, 404].into_iter().cycle() {
            requests.add(1, &[KeyValue::new("status", status)]);
            thread::sleep(Duration::from_millis(100));
        }
    });
    let watched = exporter.clone();
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_secs(5));
            let Some(status) = watched.push_status() else {
                return;
            };
            println!(
                "delivered {}, waiting {}",
                status.delivered_samples, status.waiting_samples
            );
            if status.failing > 0 {
                println!("{}", status.last_error.unwrap_or_default());
            }
        }
    });

    exporter.wait_for_signal();
    let report = exporter.shutdown_blocking(Duration::from_secs(5))?;
    if let Some(push) = report.push {
        println!("the last push: {} delivered, {} lost", push.delivered, push.lost);
    }
    Ok(())
}
