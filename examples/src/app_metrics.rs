//! The application family, fed by a simulated service: 1,000 requests 100 ms apart, users who come and go.
//!
//! ```text
//! cargo run -p vmotel-examples --example app_metrics             # 100 seconds
//! cargo run -p vmotel-examples --example app_metrics -- --fast   # 1 second
//! curl http://localhost:9464/metrics
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use rand::{Rng, RngExt, seq::IndexedRandom};
use vmotel_exporter::Exporter;
use vmotel_instruments::{AppMetrics, ProcessMetrics};

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
const PATHS: [&str; 3] = ["/api/users", "/api/orders", "/api/products"];
// Three in five requests succeed; a client's error (4xx) and a server's (5xx) are told apart by their status.
const STATUSES: [u16; 5] = [200, 200, 200, 400, 500];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let fast = std::env::args().any(|argument| argument == "--fast");
    let pause = Duration::from_millis(if fast { 1 } else { 100 });

    let exporter = Exporter::builder().with_service_name("app-metrics").build()?;
    let meter = exporter.meter("app_metrics");
    let app = AppMetrics::new(&meter);
    ProcessMetrics::register(&meter);
    let listener = exporter.listen()?;
    println!("metrics: {listener}");
    println!("look at: http_requests_total, http_request_duration_seconds, active_users, process_cpu_usage");

    tokio::select! {
        () = simulate(&app, pause) => {
            println!("all requests are made; the metrics stay until Ctrl-C");
            exporter.shutdown_signal().await;
        }
        () = exporter.shutdown_signal() => {}
    }
    exporter.shutdown(Duration::from_secs(5)).await?;
    println!("stopped");
    Ok(())
}

async fn simulate(app: &AppMetrics, pause: Duration) {
    for number in 0..1000 {
        record(app, &mut rand::rng());
        if number % 10 == 0 {
            app.record_user_login();
        }
        if number % 20 == 0 {
            app.record_user_logout();
        }
        if number % 100 == 99 {
            println!("{} requests", number + 1);
        }
        tokio::time::sleep(pause).await;
    }
}

/// Records one request, as a handler would once its response is sent.
fn record(app: &AppMetrics, random: &mut impl Rng) {
    let pick = "the list is not empty";
    let method = *METHODS.choose(random).expect(pick);
    let path = *PATHS.choose(random).expect(pick);
    let status_code = *STATUSES.choose(random).expect(pick);
    let duration = Duration::from_millis(random.random_range(0..1000));
    let size = random.random_range(100..10_100);
    app.record_request(method, path, status_code, duration, size);
}
