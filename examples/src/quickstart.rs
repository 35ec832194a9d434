//! A pull exporter in a few lines: records, serves `/metrics`, stops cleanly on Ctrl-C.
//!
//! Run: `cargo run -p vmotel-examples --example quickstart`, then `curl localhost:9464/metrics`.
//! `OTEL_SERVICE_NAME`, `OTEL_EXPORTER_PROMETHEUS_PORT` and the other variables of the specification apply.
#![expect(clippy::print_stdout, reason = "an example tells what to look at")]

use std::{thread, time::Duration};

use opentelemetry::KeyValue;
use vmotel_exporter::Exporter;

fn main() -> anyhow::Result<()> {
    // The set-up: no runtime is needed, the exporter has threads of its own.
    let exporter = Exporter::builder().with_service_name("quickstart").build()?;
    let listener = exporter.listen()?;
    let requests = exporter.meter("quickstart").u64_counter("requests").build();

    println!("look at {listener}, for example at requests_total; Ctrl-C ends");
    thread::spawn(move || {
        for status in [200, 200, 200, 404].into_iter().cycle() {
            requests.add(1, &[KeyValue::new("status", status)]);
            thread::sleep(Duration::from_millis(100));
        }
    });

    exporter.wait_for_signal();
    exporter.shutdown_blocking(Duration::from_secs(5))?;
    println!("stopped");
    Ok(())
}
