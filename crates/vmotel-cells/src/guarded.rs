//! A value that is replaced while others read it.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicPtr, Ordering},
    },
};

use crate::{Grace, Pin};

/// A value that can be replaced while others, who hold a [`Pin`](crate::Pin), read it without a lock.
///
/// Former values are dropped at a later replacement, once nobody reads them any more.
///
/// # Examples
/// ```
/// use vmotel_cells::{Guarded, pin};
///
/// let names = Guarded::new(vec!["a"]);
/// let pin = pin();
/// let before = names.get(&pin);
/// names.replace(vec!["a", "b"]);
/// assert_eq!(before, &["a"]);
/// assert_eq!(names.get(&pin), &["a", "b"]);
/// ```
pub struct Guarded<T> {
    current: AtomicPtr<T>,
    former: Mutex<Vec<Former<T>>>,
}

struct Former<T> {
    grace: Grace,
    _value: Box<T>,
}

impl<T: Send + Sync> Guarded<T> {
    /// Creates one with its first value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self {
            current: AtomicPtr::new(Box::into_raw(Box::new(value))),
            former: Mutex::default(),
        }
    }

    /// Returns the value, which stays in place while the pin lives.
    #[inline(always)]
    pub fn get<'a>(&'a self, _pin: &'a Pin) -> &'a T {
        let current = self.current.load(Ordering::Acquire);
        // SAFETY: the pointer came from a box. A box that was replaced is dropped only when every pin that was held
        // at its replacement has gone, and a later pin does not see it; the last one is dropped with `self`.
        unsafe { &*current }
    }

    /// Replaces the value. Two calls at one time are in order, one after the other.
    pub fn replace(&self, value: T) {
        let mut former = self.former.lock().unwrap_or_else(PoisonError::into_inner);
        former.retain_mut(|former| !former.grace.is_over());
        let before = self
            .current
            .swap(Box::into_raw(Box::new(value)), Ordering::AcqRel);
        // SAFETY: the pointer came from a box, and nobody else takes it back: it has just been replaced.
        let value = unsafe { Box::from_raw(before) };
        former.push(Former {
            grace: Grace::begin(),
            _value: value,
        });
    }

    /// Drops former values that nobody reads any more.
    pub fn tidy(&self) {
        let mut former = self.former.lock().unwrap_or_else(PoisonError::into_inner);
        former.retain_mut(|former| !former.grace.is_over());
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box, and whoever drops `self` is the last one to use it.
        drop(unsafe { Box::from_raw(*self.current.get_mut()) });
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}
