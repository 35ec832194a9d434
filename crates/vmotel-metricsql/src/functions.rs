//! The function table.

mod signature;
mod suggest;
mod table;

pub use signature::{ParamType, Signature};
pub(crate) use suggest::suggest;
pub use table::FUNCTIONS;

use crate::version::Version;

/// The three classes of MetricsQL functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// Combines series into groups: `sum`, `topk`.
    Aggregate,
    /// Reads the raw samples of a window: `rate`, `max_over_time`.
    Rollup,
    /// Works on the results of other expressions: `abs`, `label_set`.
    Transform,
}

/// A function of MetricsQL.
#[derive(Debug)]
pub struct Function {
    /// The name in lower case.
    pub name: &'static str,
    /// The class.
    pub kind: FunctionKind,
    /// The parameters.
    pub signature: Signature,
    /// The release that introduced it, `None` for those of 1.112 and before.
    pub since: Option<&'static str>,
}

impl Function {
    /// Returns whether the function exists in `version`.
    #[must_use]
    pub fn is_in(&self, version: Version) -> bool {
        self.since.is_none() || version >= Version::V1_145
    }
}

/// The size of the hash index, a power of two well above the number of functions.
const INDEX_SIZE: usize = 1024;
/// Open addressing by [`hash`]; 0 is free, `n` is entry `n - 1`.
static INDEX: [u16; INDEX_SIZE] = build_index();

const fn hash(name: &[u8]) -> usize {
    let mut h: u32 = 0x811c_9dc5;
    let mut i = 0;
    while i < name.len() {
        h = (h ^ name[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    (h ^ (h >> 15)) as usize & (INDEX_SIZE - 1)
}

const fn build_index() -> [u16; INDEX_SIZE] {
    let mut index = [0; INDEX_SIZE];
    let mut n = 0;
    while n < FUNCTIONS.len() {
        let mut slot = hash(FUNCTIONS[n].name.as_bytes());
        while index[slot] != 0 {
            slot = (slot + 1) & (INDEX_SIZE - 1);
        }
        n += 1;
        index[slot] = n as u16;
    }
    index
}

/// Returns the function with the given name in any case.
///
/// ```
/// use vmotel_metricsql::{FunctionKind, function};
///
/// assert_eq!(function("Rate").unwrap().kind, FunctionKind::Rollup);
/// assert_eq!(function("topk").unwrap().signature.to_string(), "(number, vector)");
/// ```
#[must_use]
pub fn function(name: &str) -> Option<&'static Function> {
    const LONGEST: usize = 26;
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let mut slot = hash(lower);
    loop {
        let entry = &FUNCTIONS[(INDEX[slot] as usize).checked_sub(1)?];
        if entry.name.as_bytes() == lower {
            return Some(entry);
        }
        slot = (slot + 1) & (INDEX_SIZE - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_once_in_any_case() {
        let mut names: Vec<_> = FUNCTIONS.iter().map(|f| f.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FUNCTIONS.len());
        for f in &FUNCTIONS {
            assert!(std::ptr::eq(function(&f.name.to_uppercase()).unwrap(), f));
        }
        assert!(function("").is_none() && function(&"x".repeat(100)).is_none());
    }
}
