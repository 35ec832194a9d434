#![doc = include_str!("../README.md")]

mod address;
mod block;
mod cells;
mod chunk;
#[cfg(not(loom))]
mod exponential;
#[cfg(not(loom))]
mod guarded;
mod handle;
mod histogram;
mod line;
mod memory;
#[cfg(all(loom, test))]
mod model;
#[cfg(not(loom))]
mod parts;
mod per_thread;
#[cfg(not(loom))]
mod pin;
mod slot;
mod sync;
mod window;
#[cfg(not(loom))]
mod windows;
#[cfg(not(loom))]
mod words;

pub use block::{Block, Part};
pub use cells::Cells;
#[cfg(not(loom))]
pub use exponential::{ExponentialCounts, ExponentialRun, Exponentials};
#[cfg(not(loom))]
pub use guarded::Guarded;
pub use handle::{Counter, FloatCounter, Gauge, UpDownCounter};
pub use histogram::{BoundsError, Histogram, HistogramSnapshot};
pub use per_thread::PerThread;
#[cfg(not(loom))]
pub use pin::{Grace, Pin, pin};
#[cfg(not(loom))]
pub use windows::Windows;
#[cfg(not(loom))]
pub use words::Words;
