//! Cumulative values or deltas.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use vmotel_wire::Deltas;

/// What counters and histograms of a push tell. Gauges, up-down counters and summaries are the same in both.
///
/// # VictoriaMetrics and deltas
///
/// VictoriaMetrics drops deltas before 1.132, behind a success, and stores them as they are from then on: as samples that are not marked
/// in any way. `rate`, `increase`, `histogram_quantile(rate(...))` and all alerts and dashboards that are built on them give wrong
/// results. What was added is `sum_over_time(x[1h])`, its rate `rate_over_sum(x[1h])`. A deduplication interval above the
/// 1 ms that this exporter needs, and downsampling, throw deltas away. What is lost on the way is missing for good, where
/// cumulative values catch up with the next push. So they are only sent if someone insists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Temporality {
    /// The sum since the start: the default, and what VictoriaMetrics is made for.
    #[default]
    Cumulative,
    /// What was added since the push before (OTLP only), whatever the receiver makes of it. The counters of the
    /// exporter itself are deltas, too.
    ForcedDelta,
}

/// Lends the values of the push before to one collection at a time.
///
/// They are never made anew, as all counts would then be told twice; whoever borrows them gives them back, panicking or not.
#[derive(Debug)]
pub(super) struct Lender(Mutex<Option<Box<Deltas>>>);

impl Lender {
    pub(super) fn new(temporality: Temporality) -> Option<Self> {
        (temporality == Temporality::ForcedDelta).then(|| Self(Mutex::new(Some(Box::default()))))
    }

    /// Fails while another collection has them, which hangs.
    pub(super) fn borrow(&self) -> io::Result<Lent<'_>> {
        let deltas = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let deltas = deltas.ok_or_else(|| {
            io::Error::other("another collection holds the values of the push before, and has not returned")
        })?;
        Ok(Lent {
            lender: self,
            deltas: Some(deltas),
        })
    }
}

pub(super) struct Lent<'a> {
    lender: &'a Lender,
    /// Until it is given back.
    deltas: Option<Box<Deltas>>,
}

impl Lent<'_> {
    pub(super) fn get(&mut self) -> Option<&mut Deltas> {
        self.deltas.as_deref_mut()
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        *self.lender.0.lock().unwrap_or_else(PoisonError::into_inner) = self.deltas.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_back_after_a_panic() {
        assert!(Lender::new(Temporality::Cumulative).is_none());
        let lender = Lender::new(Temporality::ForcedDelta).unwrap();
        let mut lent = lender.borrow().unwrap();
        assert!(lent.get().is_some() && lender.borrow().is_err());
        drop(lent);
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _lent = lender.borrow().unwrap();
            panic!("an encoder");
        }));
        assert!(panic.is_err() && lender.borrow().is_ok());
    }
}
