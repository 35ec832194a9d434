//! State that each thread keeps for itself.

use std::{fmt, sync::Arc};

use crate::{cells::Run, handle::Handle};

/// 64 bits of state per thread, at zero in the beginning: a countdown, a position, a seed.
///
/// Threads without private cells share one value; changes to it are atomic. When a thread gets private cells (see
/// [`Cells::eager`](crate::Cells::eager)) it begins at zero. When it ends, the next one that takes its slot goes on with its state.
///
/// # Examples
/// ```
/// use vmotel_cells::Cells;
///
/// let every_third = Cells::eager().per_thread();
/// let hits = (0..9).filter(|_| every_third.update(|n| ((n + 1) % 3, n == 0))).count();
/// assert_eq!(hits, 3);
/// ```
#[derive(Clone)]
pub struct PerThread(Handle);

impl PerThread {
    pub(crate) fn new(run: Arc<Run>) -> Self {
        Self(Handle::new(run))
    }

    /// Replaces the state by the first value that `change` returns, and returns the second one.
    ///
    /// `change` may be called several times when threads share the state; only its last call counts.
    #[inline]
    pub fn update<R>(&self, change: impl Fn(u64) -> (u64, R)) -> R {
        self.0.update_with(0, change)
    }
}

impl fmt::Debug for PerThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerThread").finish_non_exhaustive()
    }
}
