//! Where cells come from, and where they go back to.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    BoundsError, Counter, FloatCounter, Gauge, Histogram, PerThread, UpDownCounter, chunk::Chunk,
    histogram::SUMS,
};

/// The first chunk is small, so that a lone counter costs little; each next one doubles up to the largest.
const FIRST_CHUNK: usize = 16;
const LARGEST_CHUNK: usize = 512;

/// Writes of a thread into a chunk before it gets private cells there.
const PATIENCE: u16 = 1024;

/// A pool of cells; clones share it.
///
/// Creating a cell takes a short lock. Adding to a cell and reading it take none. Cells go back when the last clone of
/// their handle is dropped, and are used again, at zero, for new handles; the pool's memory follows the peak of live cells.
///
/// # Examples
/// ```
/// use vmotel_cells::Cells;
///
/// let cells = Cells::new();
/// let hits = cells.counter();
/// hits.add(2);
/// hits.clone().add(1);
/// assert_eq!(hits.get(), 3);
/// ```
#[derive(Clone)]
pub struct Cells {
    pool: Arc<Mutex<Pool>>,
}

#[derive(Default)]
struct Pool {
    /// Writes of a thread into a chunk that go to the base before it gets private cells.
    patience: u16,
    newest: Option<Arc<Chunk>>,
    /// Cells of `newest` that are given out or were skipped.
    used: usize,
    /// Runs that came back, by their length.
    free: HashMap<usize, Vec<(Arc<Chunk>, usize)>>,
    chunks: usize,
    live: usize,
}

impl Cells {
    /// Returns an empty pool. A thread gets private cells after 1024 writes into one chunk.
    #[must_use]
    pub fn new() -> Self {
        Self::with_patience(PATIENCE)
    }

    /// Returns an empty pool in which a thread gets private cells at its first write into a chunk.
    ///
    /// For state: [`PerThread`] values begin anew when a thread gets private cells.
    #[must_use]
    pub fn eager() -> Self {
        Self::with_patience(0)
    }

    fn with_patience(patience: u16) -> Self {
        Self {
            pool: Arc::new(Mutex::new(Pool {
                patience,
                ..Pool::default()
            })),
        }
    }

    /// Creates a counter of `u64` at zero.
    #[must_use]
    pub fn counter(&self) -> Counter {
        Counter::new(self.run(1))
    }

    /// Creates an up-down counter of `i64` at zero.
    #[must_use]
    pub fn up_down_counter(&self) -> UpDownCounter {
        UpDownCounter::new(self.run(1))
    }

    /// Creates a counter of `f64` at zero.
    #[must_use]
    pub fn float_counter(&self) -> FloatCounter {
        FloatCounter::new(self.run(1))
    }

    /// Creates a gauge of `f64` at zero.
    #[must_use]
    pub fn gauge(&self) -> Gauge {
        Gauge::new(self.run(1))
    }

    /// Creates a state that each thread keeps for itself, at zero.
    #[must_use]
    pub fn per_thread(&self) -> PerThread {
        PerThread::new(self.run(1))
    }

    /// Creates a histogram with the given upper bounds; a last bucket, up to +Inf, is added.
    ///
    /// # Errors
    /// Returns an error if the bounds are not finite or not strictly ascending.
    pub fn histogram(&self, bounds: impl Into<Arc<[f64]>>) -> Result<Histogram, BoundsError> {
        let bounds = bounds.into();
        BoundsError::check(&bounds)?;
        // One cell per bucket, the last one included, and the partial sums.
        let run = self.run(bounds.len() + 1 + SUMS);
        Ok(Histogram::new(run, bounds))
    }

    fn run(&self, len: usize) -> Arc<Run> {
        let (chunk, offset) = self.pool.lock().unwrap_or_else(PoisonError::into_inner).take(len);
        Arc::new(Run {
            chunk,
            offset,
            len,
            pool: Arc::clone(&self.pool),
        })
    }
}

impl Pool {
    fn take(&mut self, len: usize) -> (Arc<Chunk>, usize) {
        self.live += len;
        if let Some(run) = self.free.get_mut(&len).and_then(Vec::pop) {
            return run;
        }
        match &self.newest {
            Some(chunk) if chunk.len() - self.used >= len => {
                let run = (Arc::clone(chunk), self.used);
                self.used += len;
                run
            }
            newest => {
                let double = newest.as_ref().map_or(FIRST_CHUNK, |chunk| chunk.len() * 2);
                let chunk = Arc::new(Chunk::new(double.min(LARGEST_CHUNK).max(len), self.patience));
                self.chunks += 1;
                self.used = len;
                self.newest = Some(Arc::clone(&chunk));
                (chunk, 0)
            }
        }
    }
}

impl Default for Cells {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Cells")
            .field("live", &pool.live)
            .field("chunks", &pool.chunks)
            .finish()
    }
}

/// Adjacent cells of one chunk that belong to the clones of one handle.
pub(crate) struct Run {
    pub(crate) chunk: Arc<Chunk>,
    pub(crate) offset: usize,
    pub(crate) len: usize,
    pool: Arc<Mutex<Pool>>,
}

impl Drop for Run {
    fn drop(&mut self) {
        // The last handle is gone, so no thread writes here any more, and all writes happened before this drop.
        for offset in self.offset..self.offset + self.len {
            self.chunk.clear(offset);
        }
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.live -= self.len;
        pool.free
            .entry(self.len)
            .or_default()
            .push((Arc::clone(&self.chunk), self.offset));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Cells;

    #[test]
    fn a_dropped_cell_is_used_again_at_zero() {
        let cells = Cells::new();
        let first = cells.counter();
        (0..5000).for_each(|_| first.add(3));
        let other = cells.counter();
        drop(first);
        assert_eq!(cells.counter().get(), 0);
        assert_eq!(other.get(), 0);
        assert_eq!(format!("{cells:?}"), "Cells { live: 1, chunks: 1 }");
    }

    #[test]
    fn chunks_grow_and_long_runs_fit() {
        let cells = Cells::new();
        let counters: Vec<_> = (0..2000).map(|_| cells.counter()).collect();
        let bounds: Vec<f64> = (0..1000).map(f64::from).collect();
        let histogram = cells.histogram(bounds).unwrap();
        histogram.record(999.5);
        counters.iter().enumerate().for_each(|(i, c)| c.add(i as u64));
        assert!(counters.iter().enumerate().all(|(i, c)| c.get() == i as u64));
        assert_eq!(histogram.snapshot().count(), 1);
    }
}
