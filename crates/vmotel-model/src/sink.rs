//! The seam of everything that consumes a visit.

use crate::{Family, Series};

/// Consumes a visit: each encoder is one.
///
/// A visit is a sequence of families, each followed by its series. Families come at most once per exposed name,
/// sorted by it; series of one family have distinct labels. (The merge of `vmotel-wire` sees to both.)
/// A sink never fails in the middle of a visit: what it cannot take, it counts.
pub trait MetricSink {
    /// Begins a family.
    fn family(&mut self, family: &Family<'_>);

    /// Takes one series of the family begun last.
    fn series(&mut self, series: &Series<'_>);
}
