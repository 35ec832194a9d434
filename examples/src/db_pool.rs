//! A pool of database connections that is too small: who waits, for how long, and who gets no connection in time.
//!
//! ```text
//! cargo run -p vmotel-examples --example db_pool
//! curl -s http://localhost:9464/metrics | grep ^db_client_connection_
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use deadpool::{
    Runtime,
    managed::{Manager, Metrics, Pool, RecycleResult},
};
use opentelemetry::metrics::Meter;
use vmotel_exporter::Exporter;
use vmotel_instruments::{DbPoolMetrics, MeteredManager, MeteredPool};

const POOL: &str = "orders";

/// Makes connections to a database that is not there.
#[derive(Debug)]
struct Connections;

impl Manager for Connections {
    type Type = ();
    type Error = std::convert::Infallible;

    async fn create(&self) -> Result<(), Self::Error> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(())
    }

    async fn recycle(&self, (): &mut (), _: &Metrics) -> RecycleResult<Self::Error> {
        Ok(())
    }
}

type Orders = MeteredPool<Pool<MeteredManager<Connections>>>;

/// A pool of two connections, for which nobody waits longer than 50 ms.
fn orders(meter: &Meter) -> anyhow::Result<Orders> {
    let metrics = DbPoolMetrics::new(meter);
    let pool = Pool::builder(MeteredManager::new(POOL, Connections, &metrics))
        .max_size(2)
        .wait_timeout(Some(Duration::from_millis(50)))
        .runtime(Runtime::Tokio1)
        .build()?;
    Ok(MeteredPool::new(POOL, pool, &metrics))
}

/// So many orders at once, each with a query of 20 ms; returns how many got a connection.
async fn rush(pool: &Orders, count: usize) -> usize {
    let mut orders = tokio::task::JoinSet::new();
    for _ in 0..count {
        let pool = pool.clone();
        orders.spawn(async move {
            let connection = pool.get().await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(connection);
            anyhow::Ok(())
        });
    }
    let results = orders.join_all().await;
    results.iter().filter(|result| result.is_ok()).count()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder().with_service_name("db-pool").build()?;
    let pool = orders(&exporter.meter("db_pool"))?;
    let listener = exporter.listen()?;
    println!("metrics: {listener}, until Ctrl-C");
    println!("look at: db_client_connection_wait_time_seconds, db_client_connection_timeouts_total");

    let rushes = async {
        for count in (1..=10).cycle() {
            let served = rush(&pool, count).await;
            println!("{served} of {count} orders at once had a connection");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = rushes => {}
        () = exporter.shutdown_signal() => {}
    }
    exporter.shutdown(Duration::from_secs(5)).await?;
    println!("stopped");
    Ok(())
}

#[cfg(test)]
mod tests {
    use vmotel_exporter::Format;

    use super::*;

    #[tokio::test]
    async fn every_order_waits_or_is_turned_away() {
        let exporter = Exporter::builder()
            .with_lookup(|_| None)
            .with_global(false)
            .build()
            .unwrap();
        let pool = orders(&exporter.meter("db_pool")).unwrap();
        let served = rush(&pool, 20).await;
        let scrape = exporter.scrape(Format::Text).unwrap();
        let value = |name: &str| -> f64 {
            let begin = format!("db_client_connection_{name}{{db_client_connection_pool_name=\"orders\"");
            let line = scrape.lines().find(|line| line.starts_with(&begin));
            line.unwrap_or_else(|| panic!("no {name} in {scrape}"))
                .rsplit(' ')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        };
        // The last ones would have to wait for nine times 20 ms.
        assert!((2..20).contains(&served), "{served} were served");
        assert_eq!(value("wait_time_seconds_count"), served as f64);
        assert_eq!(value("use_time_seconds_count"), served as f64);
        assert_eq!(value("timeouts_total"), 20.0 - served as f64);
        assert_eq!(value("create_time_seconds_count"), 2.0);
        assert!(value("use_time_seconds_sum") >= 0.02 * served as f64);
        assert_eq!(value("pending_requests"), 0.0);
        assert_eq!(value("max"), 2.0);
    }
}
