//! Applications to examine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use opentelemetry::KeyValue;
use vmotel_exporter::{Exporter, Listener};

/// An application with vmotel's exporter.
pub(super) struct App {
    pub(super) exporter: Exporter,
    listener: Listener,
}

impl App {
    /// Starts an application with a counter of orders.
    pub(super) fn start() -> Self {
        Self::start_with(|builder| builder)
    }

    pub(super) fn start_with(
        edit: impl FnOnce(vmotel_exporter::ExporterBuilder) -> vmotel_exporter::ExporterBuilder,
    ) -> Self {
        let builder = Exporter::builder()
            .with_lookup(|_| None)
            .with_service_name("shop")
            .with_global(false)
            .with_port(0);
        let exporter = edit(builder).build().expect("the settings are valid");
        let listener = exporter.listen().expect("a port is free");
        let orders = exporter.meter("shop").u64_counter("orders").build();
        orders.add(3, &[KeyValue::new("kind", "book")]);
        Self { exporter, listener }
    }

    /// Returns the address of the metrics.
    pub(super) fn url(&self) -> String {
        self.listener.url().expect("it listens over TCP")
    }

    /// Returns `host:port`.
    pub(super) fn address(&self) -> String {
        let url = self.url();
        url.trim_start_matches("http://")
            .trim_end_matches("/metrics")
            .to_owned()
    }
}

/// Serves one answer at every path, on a free port, for as long as the test runs; returns `host:port`.
pub(super) fn stub(status: &'static str, headers: &'static str, body: impl Into<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    let body = body.into();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 8192];
            let _ = stream.read(&mut request);
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

/// Returns a scrape configuration with one job.
pub(super) fn job(address: &str, rest: &str) -> String {
    format!(
        "scrape_configs:\n- job_name: app\n  scrape_interval: 200ms\n  static_configs:\n  - targets: [\"{address}\"]\n{rest}"
    )
}
