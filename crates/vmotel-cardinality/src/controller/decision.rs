//! What the controller answers.

/// Names a label set of a metric, as it is exported: the key of its cell.
///
/// It is a keyed 64-bit hash, so two sets share one with a chance of about pairs / 2^64; it holds for one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(u64);

impl SetId {
    /// The set whose labels are all folded.
    pub const OVERFLOW: Self = Self(u64::MAX);

    pub(crate) fn new(hash: u64) -> Self {
        Self(hash)
    }

    /// Returns the number behind the name.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// What becomes of one label set: it is exported as it is, or with some labels folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Decision {
    pub(crate) set: SetId,
    pub(crate) folded: u64,
    pub(crate) would_fold: u64,
}

impl Decision {
    pub(crate) fn admitted(hash: u64) -> Self {
        Self {
            set: SetId::new(hash),
            folded: 0,
            would_fold: 0,
        }
    }

    /// Returns the set under which the measurement is to be exported.
    #[must_use]
    pub fn set(&self) -> SetId {
        self.set
    }

    /// Tells whether the set is exported as it came in.
    #[must_use]
    pub fn is_admitted(&self) -> bool {
        self.folded == 0 && !self.is_overflow()
    }

    /// Tells whether the whole set is folded.
    #[must_use]
    pub fn is_overflow(&self) -> bool {
        self.set == SetId::OVERFLOW
    }

    /// Returns the folded labels: bit i is the label with index i.
    #[must_use]
    pub fn folded(&self) -> u64 {
        self.folded
    }

    /// Returns the labels that a controller without dry run would fold.
    #[must_use]
    pub fn would_fold(&self) -> u64 {
        self.would_fold
    }
}
