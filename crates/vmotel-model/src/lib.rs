#![doc = include_str!("../README.md")]

#[cfg(feature = "opentelemetry")]
mod attribute_value;
mod catalog;
mod clock;
mod error;
mod escape;
mod family;
mod label_plan;
mod label_set;
pub mod limits;
mod naming;
mod point;
mod resource;
mod series;
mod sink;
mod source;

#[cfg(feature = "opentelemetry")]
pub use attribute_value::{attribute_text, write_attribute_value};
pub use catalog::{LabelDef, MetricDef};
pub use clock::{Clock, Timestamp};
pub use error::{NameError, NameOf};
pub use escape::{escape_help, escape_help_openmetrics, escape_label_value};
pub use family::{Family, Kind};
pub use label_plan::{AttributeValues, LabelPlan, PlannedLabels, TextTemplate};
pub use label_set::{LabelSet, Pairs};
pub use naming::{
    NameNotice, Naming, escape_label_name, escape_metric_name, is_classic_label, is_classic_metric,
    is_reserved_metric, owned_labels, validate_label_name, validate_metric_name,
};
pub use point::{
    ExponentialBuckets, ExponentialPoint, HistogramPoint, Number, Point, Quantile, SummaryPoint,
    VmrangeBucket, VmrangePoint,
};
pub use resource::{scope_labels, target_info_labels};
pub use series::{LabelSize, Series, SeriesId, SeriesText};
pub use sink::MetricSink;
pub use source::{MetricSource, Snapshot, VisitConfig};
