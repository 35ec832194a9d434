//! Handles of series.

mod bucket_histogram;
mod counter;
mod gauge;
mod histogram;
mod summary;

pub use self::{
    bucket_histogram::BucketHistogram,
    counter::{Counter, FloatCounter},
    gauge::Gauge,
    histogram::Histogram,
    summary::{Summary, SummaryConfig},
};
