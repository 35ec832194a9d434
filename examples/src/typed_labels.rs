//! Labels and metrics as types: known values from the start, free ones bounded, and a catalog that comes from the same structs.
//!
//! Run: `cargo run -p vmotel-examples --example typed_labels`, then `curl localhost:9464/metrics`; with `-- catalog` it prints its
//! definitions, for `vmotel deploy render --catalog`, which makes a dashboard of them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example tells what to look at"
)]

use std::{env, thread, time::Duration};

use serde_json::json;
use vmotel_exporter::Exporter;
use vmotel_registry::{
    BucketHistogram, Counter, FloatCounter, Gauge, LabelSet as _, Labels, MetricFamily, Registry, Typed,
};

#[derive(Clone, Copy, Labels)]
enum Payment {
    Card,
    Invoice,
    /// A value of its own choice; the others are `card` and `invoice`.
    #[label(rename = "gift-card")]
    GiftCard,
}

#[derive(Clone, Copy, Labels)]
struct Order {
    /// How it was paid
    payment: Payment,
    /// Whether it was sent to another country
    abroad: bool,
}

#[derive(Labels)]
struct Visit<'a> {
    /// Where visitors came from: the first 20 hosts, then `other`
    #[label(max = 20)]
    referrer: &'a str,
}

#[derive(MetricFamily)]
#[metric(prefix = "shop_", budget = 50)]
struct ShopMetrics {
    /// Orders that came in
    orders: Typed<Counter, Order>,
    /// Money of all orders
    #[metric(unit = "{EUR}")]
    order_amount: Typed<FloatCounter, Order>,
    /// Visits of the shop
    visits: Typed<Counter, Visit<'static>>,
    /// Time to handle an order
    #[metric(unit = "s", buckets = [0.01, 0.05, 0.1, 0.5, 1.0])]
    order_duration: BucketHistogram,
    /// Carts that are not empty
    carts: Gauge,
}

fn main() -> anyhow::Result<()> {
    if env::args().nth(1).is_some_and(|argument| argument == "catalog") {
        let family = json!({ "name": "shop", "metrics": ShopMetrics::DEFS });
        println!("{:#}", json!({ "families": [family] }));
        eprintln!("orders have {} label sets", Order::COMBINATIONS);
        eprintln!("all metrics have at most {} series", ShopMetrics::SERIES);
        return Ok(());
    }

    let registry = Registry::new();
    let metrics = ShopMetrics::register(&registry)?;
    let exporter = Exporter::builder()
        .with_service_name("shop")
        .with_registry(&registry)
        .build()?;
    let listener = exporter.listen()?;

    println!("look at {listener}, for example at shop_orders_total; Ctrl-C ends");
    thread::spawn(move || {
        for n in (1_u32..).cycle() {
            let order = Order {
                payment: [Payment::Card, Payment::Invoice, Payment::GiftCard][n as usize % 3],
                abroad: n % 5 == 0,
            };
            metrics.orders.with(order).inc();
            metrics.order_amount.with(order).add(f64::from(n % 80));
            metrics.order_duration.record(f64::from(n % 70) / 1000.0);
            let referrer = format!("host-{}.example", n % 30);
            metrics.visits.with(Visit { referrer: &referrer }).inc();
            metrics.carts.set(f64::from(n % 40));
            thread::sleep(Duration::from_millis(50));
        }
    });

    exporter.wait_for_signal();
    exporter.shutdown_blocking(Duration::from_secs(5))?;
    println!("stopped");
    Ok(())
}
