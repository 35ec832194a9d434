//! Pushes: what arrives at real servers, and what becomes of failures.

mod check;
mod deltas;
mod environment;
mod failures;
mod fake;
mod kill;
mod matrix;
mod process;
mod restart;
mod servers;
mod tls;

use std::time::Duration;

use vmotel_exporter::{Engine, Exporter, ExporterBuilder, Push, Retry, Target, TargetCheck};
use vmotel_testkit::VictoriaMetrics;

const SECONDS: Duration = Duration::from_secs(20);

/// Returns a push that never ticks by itself, tries again soon and sends nothing but what is collected.
fn quick(target: Target) -> Push {
    Push {
        interval: Duration::from_secs(3600),
        request_timeout: Duration::from_secs(5),
        retry: Retry {
            initial: Duration::from_millis(10),
            max: Duration::from_millis(50),
        },
        check: TargetCheck::Off,
        ..Push::to(target)
    }
}

fn builder(push: Push) -> ExporterBuilder {
    super::builder().with_push(push)
}

/// Returns an exporter with a counter `orders_total` of 3.
fn shop(push: Push) -> Exporter {
    shop_on(Engine::default(), push)
}

fn shop_on(engine: Engine, push: Push) -> Exporter {
    let exporter = builder(push).with_engine(engine).build().unwrap();
    exporter.meter("shop").u64_counter("orders").build().add(3, &[]);
    exporter
}

/// Returns the samples of the one series that a selector finds, by time; the server tells a series in pieces.
fn samples(server: &VictoriaMetrics, selector: &str) -> Vec<(i64, Option<f64>)> {
    let pieces = server.export(selector).unwrap();
    assert!(
        pieces.windows(2).all(|two| two[0].labels == two[1].labels),
        "{selector} is one series: {pieces:?}"
    );
    let mut samples: Vec<_> = pieces.into_iter().flat_map(|piece| piece.samples).collect();
    samples.sort_by_key(|(time, _)| *time);
    samples
}
