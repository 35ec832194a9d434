//! Tests of metrics: a meter of a test's own, and assertions on what a scrape shows.
//!
//! Each [`TestMeter`] has a provider of its own, reads no environment and sets nothing globally, so that tests can run side by side.
//! [`assert_metric!`](crate::assert_metric) asks for one series; its failure shows the nearest ones. [`assert_golden!`](crate::assert_golden)
//! compares all of the text with a file.
//!
//! ```
//! use opentelemetry::{KeyValue, metrics::Meter};
//! use vmotel_exporter::{Engine, assert_metric, testing::TestMeter};
//!
//! fn checkout(meter: &Meter) {
//!     meter.u64_counter("orders").build().add(2, &[KeyValue::new("way", "card")]);
//!     meter.f64_histogram("checkout").with_unit("s").with_boundaries(vec![0.5, 1.0]).build().record(0.7, &[]);
//! }
//!
//! // The same on either engine; `TestMeter::new()` has the default one.
//! for engine in [Engine::Sdk, Engine::Native] {
//!     let test = TestMeter::with_engine(engine);
//!     checkout(test.meter());
//!     assert_metric!(test, "orders_total", [("way", "card")], 2);
//!     assert_metric!(test, "checkout_seconds_bucket", [("le", "1")], 1);
//!     assert_metric!(test, "checkout_seconds_sum", 0.7);
//!     assert_eq!(test.value("orders_total", &[("way", "cash")]), None);
//! }
//! ```

mod assert;
mod golden;
mod meter;
mod samples;

pub use self::{
    assert::{Expected, check},
    golden::check_golden,
    meter::TestMeter,
    samples::{Expose, Sample, Samples},
};
