//! The configuration.

use std::time::Duration;

use crate::{Access, ExplorerError};

/// How an explorer samples, and who may look.
///
/// ```
/// use vmotel_explorer::{Access, ExplorerConfig};
///
/// let config = ExplorerConfig::default();
/// assert_eq!((config.path.as_str(), config.access), ("/debug/metrics", Access::Loopback));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplorerConfig {
    /// The path of the page; what it loads lies below. It starts with `/`, does not end with it, and has only `A-Z a-z 0-9 / - . _ ~`.
    /// Default: `/debug/metrics`.
    pub path: String,
    /// Who may look. Default: [`Access::Loopback`].
    pub access: Access,
    /// The time between two samples. Default: 5 s; from 100 ms to an hour. Each sample is one collection, as a scrape without the text.
    pub interval: Duration,
    /// The samples that are kept. Default: 60, with the default interval 5 minutes; from 2 to 3,600.
    pub history: usize,
    /// The families that are kept; further ones are counted. Default: 1,000; from 1 to 100,000. A family takes `24 * history` bytes and
    /// its texts.
    pub max_families: usize,
    /// The series that are known again, for the number of new ones; a family beyond it counts only by how it grows. Default: 100,000. A
    /// series takes 8 bytes.
    pub max_series: usize,
}

impl Default for ExplorerConfig {
    fn default() -> Self {
        Self {
            path: "/debug/metrics".to_owned(),
            access: Access::Loopback,
            interval: Duration::from_secs(5),
            history: 60,
            max_families: 1000,
            max_series: 100_000,
        }
    }
}

impl ExplorerConfig {
    pub(crate) fn validate(&self) -> Result<(), ExplorerError> {
        let path_char = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        let path = &self.path;
        let good_path = path.len() > 1
            && path.starts_with('/')
            && !path.ends_with('/')
            && !path.contains("//")
            && path.chars().all(path_char);
        let checks = [
            (
                "path",
                path.chars().take(200).collect(),
                "a path such as /debug/metrics, of A-Z a-z 0-9 / - . _ ~",
                good_path,
            ),
            (
                "interval",
                format!("{:?}", self.interval),
                "100 ms to an hour",
                (Duration::from_millis(100)..=Duration::from_secs(3600)).contains(&self.interval),
            ),
            (
                "history",
                self.history.to_string(),
                "2 to 3600 samples",
                (2..=3600).contains(&self.history),
            ),
            (
                "max_families",
                self.max_families.to_string(),
                "1 to 100000 families",
                (1..=100_000).contains(&self.max_families),
            ),
        ];
        for (field, value, expected, good) in checks {
            if !good {
                return Err(ExplorerError::Config {
                    field,
                    value,
                    expected,
                });
            }
        }
        self.access.validate()
    }
}
