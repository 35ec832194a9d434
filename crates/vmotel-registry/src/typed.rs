//! Labels as types: a series is found by an index, not by its texts.

mod budget;
mod family;
mod free;
mod instrument;
mod labels;
mod metric_family;
mod place;

#[cfg(feature = "derive")]
pub use self::budget::{assert_label_sets, assert_series};
pub use self::{
    family::Typed,
    instrument::Instrument,
    labels::{LabelSet, LabelValue},
    metric_family::{MetricFamily, MetricField},
    place::Place,
};
