#![doc = include_str!("../README.md")]

mod catalog;
mod clock;
mod family;
mod label_set;
pub mod limits;
mod naming;
mod point;
mod series;
mod sink;
mod source;

pub use catalog::{LabelDef, MetricDef};
pub use clock::{Clock, Timestamp};
pub use family::{Family, Kind};
pub use label_set::{LabelSet, Pairs};
pub use naming::Naming;
pub use point::{
    ExponentialBuckets, ExponentialPoint, HistogramPoint, Number, Point, Quantile, SummaryPoint,
    VmrangeBucket, VmrangePoint,
};
pub use series::{Series, SeriesText};
pub use sink::MetricSink;
pub use source::{MetricSource, Snapshot, VisitConfig};
