//! What a user should be told of a name.

use std::fmt;

use super::Naming;
use crate::{Kind, NameError};

/// Something about the name of a metric that a user should be told once.
///
/// ```
/// use vmotel_model::{Kind, Naming};
///
/// let refused = Naming::Parity.notice("up", "", Kind::Gauge).map(|notice| notice.to_string());
/// assert!(refused.is_some_and(|text| text.starts_with("a metric is not exposed: ")));
/// assert_eq!(Naming::Parity.notice("orders", "", Kind::Counter), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameNotice {
    /// A metric is not exposed, as its name cannot be.
    Refused(NameError),
    /// A metric is exposed under another name than the specification's default strategy gives it.
    Renamed {
        /// The instrument's name.
        name: String,
        /// The exposed name.
        exposed: String,
        /// The specification's name.
        specified: String,
    },
}

impl fmt::Display for NameNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "a metric is not exposed: {error}"),
            Self::Renamed {
                name,
                exposed,
                specified,
            } => write!(
                f,
                "the metric {name:?} is exposed as {exposed:?}, which every path to VictoriaMetrics keeps, and not as \
                 the specification's {specified:?}"
            ),
        }
    }
}

impl Naming {
    /// Returns what a user should be told of the exposed name of a metric, if there is something.
    #[must_use]
    pub fn notice(self, name: &str, unit: &str, kind: Kind) -> Option<NameNotice> {
        match self.metric_name(name, unit, kind) {
            Ok(exposed) => Some(NameNotice::Renamed {
                specified: self.specified_name(name, unit, kind)?,
                name: name.to_owned(),
                exposed,
            }),
            Err(error) => Some(NameNotice::Refused(error)),
        }
    }
}
