#![doc = include_str!("../README.md")]

mod cells;
mod chunk;
mod handle;
mod histogram;
#[cfg(all(loom, test))]
mod model;
mod per_thread;
mod slot;
mod sync;

pub use cells::Cells;
pub use handle::{Counter, FloatCounter, Gauge, UpDownCounter};
pub use histogram::{BoundsError, Histogram, HistogramSnapshot};
pub use per_thread::PerThread;
