//! Recording: handles of all kinds, series found by labels, new series, beside every peer that is a crate.
//!
//! Three labels; 36 sets unless the case says otherwise. `cargo xtask bench record`

#[cfg(feature = "peers")]
#[path = "record/peers.rs"]
mod peers;
#[path = "record/registry.rs"]
mod registry;
#[path = "record/subject.rs"]
mod subject;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

fn record(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record");
    registry::bench(&mut group);
    #[cfg(feature = "peers")]
    peers::bench(&mut group);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = record
}
criterion_main!(benches);
