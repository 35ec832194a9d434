//! The cache family around a cache of this program: hits, misses, evictions, and how long each operation takes.
//!
//! ```text
//! cargo run -p vmotel-examples --example cache_metrics
//! curl -s http://localhost:9464/metrics | grep ^cache_
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use rand::RngExt;
use vmotel_exporter::Exporter;
use vmotel_instruments::CacheMetrics;

/// A cache that forgets the oldest entry when it is full, and records what it does.
struct Cache {
    name: &'static str,
    room: usize,
    entries: HashMap<u32, String>,
    order: VecDeque<u32>,
    metrics: CacheMetrics,
}

impl Cache {
    fn new(name: &'static str, room: usize, metrics: CacheMetrics) -> Self {
        Self {
            name,
            room,
            entries: HashMap::new(),
            order: VecDeque::new(),
            metrics,
        }
    }

    fn get(&self, key: u32) -> Option<&String> {
        let begin = now();
        let entry = self.entries.get(&key);
        self.metrics.record_latency(self.name, "get", begin.elapsed());
        match entry {
            Some(_) => self.metrics.record_hit(self.name),
            None => self.metrics.record_miss(self.name),
        }
        entry
    }

    fn set(&mut self, key: u32, value: String) {
        let begin = now();
        if self.entries.insert(key, value).is_none() {
            self.order.push_back(key);
        }
        while self.entries.len() > self.room {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.entries.remove(&oldest);
            self.metrics.record_eviction(self.name);
        }
        self.metrics.record_latency(self.name, "set", begin.elapsed());
    }
}

#[expect(clippy::disallowed_methods, reason = "the time of an operation is real time")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder().with_service_name("cache-metrics").build()?;
    let metrics = CacheMetrics::new(&exporter.meter("cache_metrics"));
    let listener = exporter.listen()?;
    println!("metrics: {listener}, until Ctrl-C");
    println!(
        "look at: cache_hits_total against cache_misses_total, cache_operation_duration_seconds by operation"
    );

    tokio::select! {
        () = use_caches(&metrics) => {}
        () = exporter.shutdown_signal() => {}
    }
    exporter.shutdown(Duration::from_secs(5)).await?;
    println!("stopped");
    Ok(())
}

async fn use_caches(metrics: &CacheMetrics) {
    // One is large enough for its 200 keys, the other is not.
    let mut caches = [
        Cache::new("sessions", 200, metrics.clone()),
        Cache::new("pages", 50, metrics.clone()),
    ];
    loop {
        for cache in &mut caches {
            let key = rand::rng().random_range(0..200);
            if cache.get(key).is_none() {
                cache.set(key, format!("value of {key}"));
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
