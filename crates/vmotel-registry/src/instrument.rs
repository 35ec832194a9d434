//! Handles of series.

mod counter;
mod gauge;
mod histogram;

pub use self::{
    counter::{Counter, FloatCounter},
    gauge::Gauge,
    histogram::Histogram,
};
