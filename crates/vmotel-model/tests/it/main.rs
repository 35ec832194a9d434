//! Black-box tests of the model.

mod catalog;
mod labels;
mod metric_names;
mod peer;
mod properties;
mod text_exporter;
mod units;
