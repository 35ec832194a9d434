//! What is wrong with a metric.

use vmotel_model::{Kind, NameError};

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
    /// The metric has too many different sets of label names.
    #[error("the metric {name:?} has too many different sets of label names, expected at most 1024")]
    Schemas {
        /// The name of the metric.
        name: String,
    },
    /// The kind of a metric does not fit what is asked of it.
    #[error("the metric {name:?} is of the kind {kind:?}, which has no such values")]
    Kind {
        /// The name of the metric.
        name: String,
        /// Its kind.
        kind: Kind,
    },
}
