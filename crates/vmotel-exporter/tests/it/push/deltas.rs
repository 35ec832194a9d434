//! Deltas, which are only sent if someone insists.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry::{KeyValue, metrics::MeterProvider as _};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::{
        PeriodicReader, SdkMeterProvider, Temporality as Theirs,
        data::{AggregatedMetrics, MetricData, ResourceMetrics},
        exporter::PushMetricExporter,
    },
};
use vmotel_exporter::{Push, Target, Temporality};
use vmotel_testkit::{Version, VictoriaMetrics};

use super::{SECONDS, builder, quick, samples};

fn delta(server: &VictoriaMetrics) -> Push {
    Push {
        temporality: Temporality::ForcedDelta,
        ..quick(Target::victoria(server.url()))
    }
}

/// The sum of all samples of a series is what was recorded, as `sum_over_time` has it; the up-down counter stays as it is.
#[test]
fn what_was_added_is_stored_as_it_is_by_the_newest_server() {
    let server = VictoriaMetrics::start(Version::Newest).unwrap();
    let exporter = builder(delta(&server)).build().unwrap();
    let meter = exporter.meter("shop");
    let orders = meter.u64_counter("orders").build();
    let size = meter
        .f64_histogram("size")
        .with_boundaries(vec![1.0, 10.0])
        .build();
    let users = meter.i64_up_down_counter("users").build();
    for (n, value) in [(3, 0.5), (0, 5.0), (4, 50.0)] {
        orders.add(n, &[KeyValue::new("shop", "Bern")]);
        size.record(value, &[]);
        users.add(2, &[]);
        exporter.flush_blocking(SECONDS).unwrap();
    }
    let values = |selector: &str| -> Vec<f64> {
        let samples = samples(&server, selector);
        samples.into_iter().filter_map(|(_, value)| value).collect()
    };
    assert_eq!(values("orders_total"), [3.0, 0.0, 4.0]);
    assert_eq!(values("size_bucket{le=\"1\"}"), [1.0, 0.0, 0.0]);
    assert_eq!(values("size_bucket{le=\"10\"}"), [1.0, 1.0, 0.0]);
    assert_eq!(values("size_bucket{le=\"+Inf\"}"), [1.0, 1.0, 1.0]);
    assert_eq!(values("size_sum"), [0.5, 5.0, 50.0]);
    assert_eq!(values("users"), [2.0, 4.0, 6.0]);
    let told = server.query("sum_over_time(orders_total[1h])").unwrap();
    assert_eq!((told.len(), told[0].value), (1, 7.0));

    orders.add(5, &[KeyValue::new("shop", "Bern")]);
    exporter.shutdown_blocking(SECONDS).unwrap();
    let all = samples(&server, "orders_total");
    assert_eq!(all.iter().filter_map(|(_, value)| *value).sum::<f64>(), 12.0);
    assert_eq!(all.last().map(|(_, value)| *value), Some(None), "ended");
}

/// Why they are refused by default: an older server answers with a success and stores none of it.
#[test]
fn the_stable_server_drops_them_behind_a_success() {
    let server = VictoriaMetrics::start(Version::Stable).unwrap();
    let exporter = builder(delta(&server)).build().unwrap();
    let meter = exporter.meter("shop");
    meter.u64_counter("orders").build().add(3, &[]);
    meter.u64_gauge("users").build().record(5, &[]);
    let flushed = exporter.flush_blocking(SECONDS).unwrap();
    assert!(flushed.delivered > 0, "{flushed:?}");
    assert_eq!(server.query("users").unwrap().len(), 1);
    assert!(server.query("orders_total").unwrap().is_empty());
}

/// Keeps the sums that the SDK exports as deltas.
#[derive(Debug, Clone, Default)]
struct Keeper(Arc<Mutex<Vec<f64>>>);

impl PushMetricExporter for Keeper {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            if let AggregatedMetrics::U64(MetricData::Sum(sum)) = metric.data() {
                let mut kept = self.0.lock().unwrap();
                kept.extend(sum.data_points().map(|point| point.value() as f64));
            }
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Theirs {
        Theirs::Delta
    }
}

/// The SDK makes deltas of its own; ours are the same, one by one.
#[test]
fn equal_to_the_deltas_of_the_sdk() {
    let server = VictoriaMetrics::start(Version::Newest).unwrap();
    let exporter = builder(delta(&server)).build().unwrap();
    let keeper = Keeper::default();
    let reader = PeriodicReader::builder(keeper.clone())
        .with_interval(Duration::from_secs(3600))
        .build();
    let sdk = SdkMeterProvider::builder().with_reader(reader).build();
    let counters =
        [exporter.meter("shop"), sdk.meter("shop")].map(|meter| meter.u64_counter("orders").build());
    for round in 1..6u64 {
        for counter in &counters {
            counter.add(round * round, &[]);
        }
        exporter.flush_blocking(SECONDS).unwrap();
        sdk.force_flush().unwrap();
    }
    let got: Vec<f64> = samples(&server, "orders_total")
        .into_iter()
        .filter_map(|(_, value)| value)
        .collect();
    assert_eq!(got.len(), 5);
    assert_eq!(got, *keeper.0.lock().unwrap());
}
