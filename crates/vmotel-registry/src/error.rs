//! What is wrong with a metric.

use std::time::Duration;

use vmotel_cardinality::ControllerError;
use vmotel_model::NameError;

use crate::SeriesNameError;

/// A metric or series cannot be registered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The name of the series cannot be used.
    #[error(transparent)]
    Series(#[from] SeriesNameError),
    /// The name of the metric or of a label cannot be used.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The controller has no room for the metric.
    #[error(transparent)]
    Controller(#[from] ControllerError),
    /// The metric is there with another type of values.
    #[error("the metric {name:?} is a {known} here, expected the same and not a {given}")]
    OtherType {
        /// The name of the metric.
        name: String,
        /// What it is.
        known: &'static str,
        /// What was asked for.
        given: &'static str,
    },
    /// The metric is there with other bounds or quantiles.
    #[error("the metric {name:?} is here with {known}, expected the same and not {given}")]
    OtherShape {
        /// The name of the metric.
        name: String,
        /// What it has.
        known: String,
        /// What was asked for.
        given: String,
    },
    /// The series is there already.
    #[error("the series {name:?} is here already, expected a new one")]
    Taken {
        /// The name of the series.
        name: String,
    },
    /// Two labels have one name.
    #[error("the metric {name:?} has the label {label:?} twice, expected each label once")]
    Twice {
        /// The name of the metric.
        name: String,
        /// The name of the label.
        label: String,
    },
    /// The bounds of a histogram cannot be used.
    #[error("the metric {name:?} has the bound {bound}, expected finite bounds in ascending order")]
    Bounds {
        /// The name of the metric.
        name: String,
        /// The first bound that is wrong.
        bound: f64,
    },
    /// The resolution of an exponential histogram cannot be had.
    #[error(
        "the metric {name:?} has at most {max_size} buckets at scale {max_scale}, expected 2 to 4096 buckets at a scale from -10 to 20"
    )]
    Resolution {
        /// The name of the metric.
        name: String,
        /// The most buckets of each sign.
        max_size: u32,
        /// The highest scale.
        max_scale: i8,
    },
    /// The quantiles or the window of a summary cannot be used.
    #[error(
        "the metric {name:?} has the quantiles {quantiles:?} over {window:?}, expected ascending ones from 0 to 1 over more than nothing"
    )]
    Summary {
        /// The name of the metric.
        name: String,
        /// The quantiles.
        quantiles: Vec<f64>,
        /// The window.
        window: Duration,
    },
    /// Typed labels do not fit the metric.
    #[error("the metric has the labels {known:?}, expected those of the typed labels, {given:?}")]
    Labels {
        /// The labels of the metric.
        known: Vec<String>,
        /// Those of the type.
        given: Vec<String>,
    },
    /// Typed labels have no values, or too many.
    #[error("the labels {names:?} have {combinations} combinations, expected 1 to 65536")]
    Combinations {
        /// The names of the labels.
        names: Vec<String>,
        /// Combinations of values.
        combinations: usize,
    },
    /// The metric has too many different sets of label names.
    #[error("the metric {name:?} has too many different sets of label names, expected at most 1024")]
    Schemas {
        /// The name of the metric.
        name: String,
    },
}
