//! What an encoding did, and what it could not take.

use std::fmt;

use crate::Rejected;

/// Tells what an encoding did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct EncodeReport {
    /// What the merge of the sources did.
    pub merge: MergeReport,
    /// Series written.
    pub series: u64,
    /// Lines with a value written: several for a histogram or summary.
    pub samples: u64,
    /// What was left out.
    pub skipped: Skipped,
    /// Series that the server would have dropped without an error.
    pub rejected: Rejected,
}

/// Counts what an encoder left out, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skipped {
    /// Values that are NaN: the server drops them, and of a histogram's sum they make an unreadable one.
    pub nan: u64,
    /// Series whose value is not of their family's type.
    pub mismatched: u64,
    /// Series that the format forbids: in OpenMetrics a negative counter, or a family whose name another one claims.
    pub invalid: u64,
}

impl Skipped {
    /// Returns the sum of all reasons.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.nan + self.mismatched + self.invalid
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.nan += other.nan;
        self.mismatched += other.mismatched;
        self.invalid += other.invalid;
    }
}

/// Tells what the merge of several sources did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct MergeReport {
    /// Families handed on, each name once.
    pub families: u64,
    /// Series that were added to an equal one, or replaced it.
    pub merged: u64,
    /// Series dropped, as another family of the same name has another type.
    pub dropped_type: u64,
    /// Series dropped, as a histogram or summary exposes series of the same name (`x` and a gauge `x_count`).
    pub dropped_clash: u64,
    /// Series dropped, as an equal one is a histogram of another form (explicit bounds and exponential).
    pub dropped_form: u64,
    /// The names concerned, sorted, for one warning each.
    pub conflicts: Vec<Conflict>,
}

impl MergeReport {
    /// Returns the number of series dropped.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped_type + self.dropped_clash + self.dropped_form
    }
}

/// A name on which sources do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conflict {
    /// The exposed name.
    pub name: String,
    /// On what they do not agree.
    pub kind: ConflictKind,
}

/// On what sources do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConflictKind {
    /// The type; the families of the other type were dropped.
    Type,
    /// The description; none is written.
    Help,
    /// The unit; none is written.
    Unit,
    /// The name is that of another family's series; the family was dropped.
    Clash,
    /// Equal series came from several sources and were merged.
    EqualSeries,
    /// Equal series are histograms of different forms; the first stayed.
    Form,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.kind {
            ConflictKind::Type => write!(
                f,
                "{name:?} has several types, only the families of one type are exposed"
            ),
            ConflictKind::Help => write!(f, "{name:?} has several descriptions, none is exposed"),
            ConflictKind::Unit => write!(f, "{name:?} has several units, none is exposed"),
            ConflictKind::Clash => write!(
                f,
                "{name:?} is also a series of another histogram or summary, the family is not exposed"
            ),
            ConflictKind::EqualSeries => {
                write!(
                    f,
                    "{name:?} has equal series from several sources, they are exposed as one"
                )
            }
            ConflictKind::Form => write!(
                f,
                "{name:?} has equal series as histograms of several forms, only the first is exposed"
            ),
        }
    }
}
