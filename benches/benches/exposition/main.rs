//! Scrapes: of ready text, where only the seams and the encoder count; of a registry, beside those of the peers; and of the SDK, beside
//! its other exporters.

mod beside;
#[cfg(feature = "peers")]
mod peers;
mod ready;
mod registry;
mod sdk;

use criterion::{criterion_group, criterion_main};

#[cfg(not(feature = "peers"))]
criterion_group!(benches, ready::bench, registry::bench, beside::bench, sdk::bench);
#[cfg(feature = "peers")]
criterion_group!(
    benches,
    ready::bench,
    registry::bench,
    beside::bench,
    peers::bench,
    sdk::bench
);
criterion_main!(benches);
