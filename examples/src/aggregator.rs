//! Counts beside the engine: an aggregator as a source of the exporter, with handles, lookups and a limit.
//!
//! Run: `cargo run -p vmotel-examples --example aggregator`, then `curl localhost:9464/metrics | grep -v ^#`.
//! The measurements never pass a meter; a scrape reads the totals.
#![expect(clippy::print_stdout, reason = "an example tells what to look at")]

use std::{sync::Arc, thread, time::Duration};

use opentelemetry::KeyValue;
use vmotel_aggregate::{Aggregator, AggregatorConfig, Definition};
use vmotel_exporter::{Exporter, SystemClock};

fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder().with_service_name("aggregator").build()?;
    // At most 100 sets per metric; what comes beyond adds up under `otel_metric_overflow="true"`.
    let config = AggregatorConfig {
        limit: 100,
        ..AggregatorConfig::default()
    };
    let aggregator = Aggregator::new(config, Arc::new(SystemClock::new()));
    exporter.add_source("aggregator", Arc::new(aggregator.clone()))?;
    let listener = exporter.listen()?;

    let events = aggregator.counter(Definition::new("events").with_help("Events by topic and shard"))?;
    let wait = aggregator.histogram(Definition::new("wait").with_unit("s"), [0.001, 0.01, 0.1, 1.0])?;

    // A handle: about a nanosecond per add, from as many threads as there are.
    for topic in ["mail", "chat"] {
        let handle = events.with(&[KeyValue::new("topic", topic)]);
        thread::spawn(move || {
            loop {
                (0..1000).for_each(|_| handle.add(1));
                thread::sleep(Duration::from_millis(10));
            }
        });
    }
    // By attributes, in any order; more shards than the limit allows.
    thread::spawn(move || {
        for shard in (0..200_u8).cycle() {
            events.add(
                1,
                &[
                    KeyValue::new("shard", i64::from(shard)),
                    KeyValue::new("topic", "log"),
                ],
            );
            wait.record(f64::from(shard) / 1000.0, &[]);
            thread::sleep(Duration::from_millis(1));
        }
    });

    println!("look at {listener}, for example at events_total; Ctrl-C ends");
    exporter.wait_for_signal();
    aggregator.close();
    exporter.shutdown_blocking(Duration::from_secs(5))?;
    println!("stopped: {:?}", aggregator.stats());
    Ok(())
}
