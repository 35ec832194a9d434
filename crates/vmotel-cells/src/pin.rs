//! Pins: how a thread that looks something up keeps it from being recycled meanwhile, without a lock.
//!
//! A pin is two plain stores. Whoever recycles makes the thing unreachable first, then waits until every pin that was held at
//! that moment has gone: it makes all threads pass a barrier (`membarrier` on Linux), so that they need none of their own.

use std::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering, compiler_fence, fence},
};

use crate::{
    line::Line,
    slot::{self, SLOTS},
};

/// By slot.
static PINS: [Line; SLOTS] = [const { Line::new() }; SLOTS];

/// How many pins are held by threads without a slot, and inside of pins.
static OTHERS: AtomicUsize = AtomicUsize::new(0);

/// True once the system makes other threads pass a barrier on demand.
static ON_DEMAND: AtomicBool = AtomicBool::new(false);

/// Keeps what is reachable from being recycled while it lives; see [`pin`].
#[must_use]
pub struct Pin {
    /// [`SLOTS`] for one of the others.
    slot: usize,
    /// The slot belongs to the thread.
    not_send: PhantomData<*const ()>,
}

/// Pins the current thread.
///
/// What was reachable through a [`Guarded`](crate::Guarded) or counts on a [`Grace`] stays while the pin lives. Keep it short: nothing is
/// recycled meanwhile. Pins may nest.
#[inline]
pub fn pin() -> Pin {
    let slot = slot::current();
    if PINS.get(slot).is_some_and(Line::hold) {
        light_barrier();
        return Pin {
            slot,
            not_send: PhantomData,
        };
    }
    pin_slowly()
}

#[cold]
#[inline(never)]
fn pin_slowly() -> Pin {
    if slot::current() >= SLOTS && slot::enter() < SLOTS {
        return pin();
    }
    OTHERS.fetch_add(1, Ordering::Relaxed);
    // Orders the count before the loads under the pin, as `light_barrier` does.
    fence(Ordering::SeqCst);
    Pin {
        slot: SLOTS,
        not_send: PhantomData,
    }
}

impl Drop for Pin {
    #[inline]
    fn drop(&mut self) {
        match PINS.get(self.slot) {
            Some(line) => line.release(),
            // Release: what was done under the pin happens before whoever sees that it has gone.
            None => _ = OTHERS.fetch_sub(1, Ordering::Release),
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pin").finish_non_exhaustive()
    }
}

/// Orders the store of a pin before the loads under it, as seen by one who calls [`heavy_barrier`].
#[inline(always)]
fn light_barrier() {
    if ON_DEMAND.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// Makes every thread pass a barrier.
fn heavy_barrier() {
    // Another thread may register at the same moment, and pins rely on it from then on: so pass in any case.
    if ON_DEMAND.load(Ordering::Relaxed) || membarrier::register() {
        ON_DEMAND.store(true, Ordering::Relaxed);
        membarrier::pass();
    }
    fence(Ordering::SeqCst);
}

#[cfg(all(target_os = "linux", not(miri)))]
mod membarrier {
    const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
    const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

    fn call(command: libc::c_int) -> bool {
        // SAFETY: the call takes three integers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }

    /// Returns true if the system will do it.
    pub(super) fn register() -> bool {
        call(REGISTER_PRIVATE_EXPEDITED)
    }

    pub(super) fn pass() {
        // Once registered it does not fail; if it did, threads would have to be stopped in another way.
        assert!(call(PRIVATE_EXPEDITED), "membarrier works once registered");
    }
}

#[cfg(any(not(target_os = "linux"), miri))]
mod membarrier {
    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn pass() {}
}

/// Tells when all pins have gone that were held at a moment.
///
/// # Examples
/// ```
/// use vmotel_cells::{Grace, pin};
///
/// let held = pin();
/// let mut grace = Grace::begin();
/// assert!(!grace.is_over());
/// drop(held);
/// assert!(grace.is_over());
/// ```
#[derive(Debug)]
pub struct Grace {
    /// Slots whose pin was held, with its count.
    held: Vec<(usize, u64)>,
    others: bool,
}

impl Grace {
    /// Begins now. What is to be recycled was made unreachable before.
    #[must_use]
    pub fn begin() -> Self {
        heavy_barrier();
        let held = PINS
            .iter()
            .enumerate()
            .filter_map(|(slot, line)| Some((slot, line.held()?)));
        Self {
            held: held.collect(),
            others: true,
        }
    }

    /// Returns true once every pin that was held at the beginning has gone. Never waits.
    #[must_use]
    pub fn is_over(&mut self) -> bool {
        self.held.retain(|&(slot, count)| !PINS[slot].has_gone(count));
        // Once there was none at some moment, those of the beginning have gone.
        self.others = self.others && OTHERS.load(Ordering::Acquire) > 0;
        self.held.is_empty() && !self.others
    }
}
