//! Versions of VictoriaMetrics.

use std::fmt;

/// A version of VictoriaMetrics that queries are checked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Version {
    /// VictoriaMetrics 1.112.
    V1_112,
    /// VictoriaMetrics 1.145, the default.
    #[default]
    V1_145,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Self; 2] = [Self::V1_112, Self::V1_145];

    /// Returns the newest version with a table here that is not newer than `major.minor`; the oldest for older ones.
    ///
    /// ```
    /// use vmotel_metricsql::Version;
    ///
    /// assert_eq!(Version::at_most(1, 130), Version::V1_112);
    /// assert_eq!(Version::at_most(2, 0), Version::V1_145);
    /// ```
    #[must_use]
    pub fn at_most(major: u32, minor: u32) -> Self {
        if (major, minor) >= (1, 145) {
            Self::V1_145
        } else {
            Self::V1_112
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_112 => "1.112",
            Self::V1_145 => "1.145",
        })
    }
}
