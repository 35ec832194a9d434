//! The cases made by hand: what paths are known to treat differently, and what looks as if they could.

mod collisions;
mod exponential;
mod histograms;
mod labels;
mod names;
mod numbers;
mod summaries;

use super::case::Case;

/// Returns all of them; the names within differ, except where that they do not is the case.
pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    names::add(&mut all);
    labels::add(&mut all);
    numbers::add(&mut all);
    histograms::add(&mut all);
    exponential::add(&mut all);
    summaries::add(&mut all);
    collisions::add(&mut all);
    all
}
