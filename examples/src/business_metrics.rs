//! The business family: orders, carts and the inventory of a small shop.
//!
//! ```text
//! cargo run -p vmotel-examples --example business_metrics
//! curl -s http://localhost:9464/metrics | grep ^business_
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use rand::{RngExt, seq::IndexedRandom};
use vmotel_exporter::Exporter;
use vmotel_instruments::BusinessMetrics;

/// Type, product, price in US dollars.
const PRODUCTS: [(&str, &str, f64); 4] = [
    ("books", "atlas", 42.50),
    ("books", "novel", 12.0),
    ("games", "chess", 29.99),
    ("electronics", "radio", 119.0),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder()
        .with_service_name("business-metrics")
        .build()?;
    let business = BusinessMetrics::new(&exporter.meter("business_metrics"));
    let listener = exporter.listen()?;
    println!("metrics: {listener}, until Ctrl-C");
    println!("look at: business_orders_total by product_type, business_inventory_level by product");

    tokio::select! {
        () = trade(&business) => {}
        () = exporter.shutdown_signal() => {}
    }
    exporter.shutdown(Duration::from_secs(5)).await?;
    println!("stopped");
    Ok(())
}

async fn trade(business: &BusinessMetrics) {
    let mut stock = PRODUCTS.map(|(_, product, _)| (product, 100_i64));
    for (product, level) in stock {
        business.update_inventory(product, level);
    }
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let items = rand::rng().random_range(0..8_u64);
        business.record_cart_size(items);
        if items == 0 {
            continue; // Only looking.
        }
        let Some(&(product_type, product, price)) = PRODUCTS.choose(&mut rand::rng()) else {
            return;
        };
        let Some((_, level)) = stock.iter_mut().find(|(name, _)| *name == product) else {
            return;
        };
        // An order takes a tenth of a second to two seconds; here only its time is recorded.
        let duration = Duration::from_millis(rand::rng().random_range(100..2000));
        business.record_order(product_type, price, duration);
        *level -= 1;
        if *level < 10 {
            *level = 100;
            println!("{product} is filled up again");
        }
        business.update_inventory(product, *level);
    }
}
