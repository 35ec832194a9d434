//! Scrapes: of ready text, where only the seams and the encoder count, and of the SDK, beside its other exporters.

mod ready;
mod registry;
mod sdk;

use criterion::{criterion_group, criterion_main};

criterion_group!(benches, ready::bench, registry::bench, sdk::bench);
criterion_main!(benches);
