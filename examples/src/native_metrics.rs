//! Native metrics in the manner of VictoriaMetrics/metrics for Go: handles made once, served with the metrics of the process.
//!
//! Run: `cargo run -p vmotel-examples --example native_metrics`, then `curl localhost:9464/metrics`.
#![expect(clippy::print_stdout, reason = "an example tells what to look at")]

use std::{thread, time::Duration};

use vmotel_exporter::Exporter;
use vmotel_registry::{
    Counter, CounterFamily, Gauge, Histogram, Registry, RegistryError, Summary, SummaryConfig,
};

/// The metrics of a service.
#[doc(alias = "VMNativeMetrics")]
struct NativeMetrics {
    requests: Counter,
    by_status: CounterFamily<2>,
    connections: Gauge,
    duration: Summary,
    size: Histogram,
}

impl NativeMetrics {
    fn new(registry: &Registry) -> Result<Self, RegistryError> {
        registry.describe("http_requests_total", "Requests answered");
        Ok(Self {
            requests: registry.counter("http_requests_total{service=\"api\"}")?,
            by_status: registry.counter_family("http_responses_total", ["service", "status_code"])?,
            connections: registry.gauge("http_active_connections{service=\"api\"}")?,
            duration: registry.summary(
                "http_request_duration_seconds{service=\"api\"}",
                &SummaryConfig::default(),
            )?,
            size: registry.histogram("http_request_size_bytes{service=\"api\"}")?,
        })
    }

    fn record_request(&self, status: u16, duration: Duration, size: f64) {
        self.requests.inc();
        self.by_status.add(["api", &status.to_string()], 1);
        self.duration.record(duration.as_secs_f64());
        self.size.record(size);
    }

    fn set_active_connections(&self, connections: u32) {
        self.connections.set(f64::from(connections));
    }
}

fn main() -> anyhow::Result<()> {
    let registry = Registry::new();
    let metrics = NativeMetrics::new(&registry)?;
    let _process = registry.process_metrics()?;

    // Scrapes, and pushes where they are configured, read the registry, into which instruments of OpenTelemetry record, too.
    let exporter = Exporter::builder()
        .with_service_name("native")
        .with_registry(&registry)
        .build()?;
    let listener = exporter.listen()?;

    println!("look at {listener}, for example at http_request_size_bytes_bucket; Ctrl-C ends");
    thread::spawn(move || {
        for n in (1_u32..).cycle() {
            let status = if n % 10 == 0 { 500 } else { 200 };
            metrics.record_request(
                status,
                Duration::from_millis(u64::from(n % 70)),
                f64::from(n % 9000),
            );
            metrics.set_active_connections(n % 30);
            thread::sleep(Duration::from_millis(50));
        }
    });

    exporter.wait_for_signal();
    exporter.shutdown_blocking(Duration::from_secs(5))?;
    println!("stopped");
    Ok(())
}
