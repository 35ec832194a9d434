//! A reading that the callbacks of one collection share.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a reading serves: the callbacks of one collection run within it.
const FRESH: Duration = Duration::from_millis(100);

/// What can be read, with its last reading.
pub(crate) struct SharedReading<T> {
    read: Box<dyn Fn() -> T + Send + Sync>,
    last: Mutex<Option<(Instant, T)>>,
}

impl<T: Copy> SharedReading<T> {
    pub(crate) fn new(read: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            read: Box::new(read),
            last: Mutex::new(None),
        }
    }

    pub(crate) fn get(&self) -> T {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        #[expect(clippy::disallowed_methods, reason = "the age of a reading is real time")]
        let now = Instant::now();
        match *last {
            Some((then, reading)) if now.saturating_duration_since(then) < FRESH => reading,
            _ => last.insert((now, (self.read)())).1,
        }
    }
}

impl<T> fmt::Debug for SharedReading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedReading").finish_non_exhaustive()
    }
}
