//! What a thread has found last, in front of the table.
//!
//! A place holds a key in plain bytes, so that a hit costs a comparison of the very text and no shared memory. It counts only while no
//! series of its family has been removed since. Exact: a hash alone never decides.

use std::cell::RefCell;

use super::key::{Key, Labels};

/// Places of a thread, for all families together: each key has one, and what was found last stays there.
const PLACES: usize = 256;

/// The longest key that is kept.
const BYTES: usize = 96;

/// So many keys that find another one in their place leave it there before one takes it: where there are far more keys than places,
/// writing them down would cost more than it saves.
const PATIENCE: u8 = 4;

#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    /// The number of the family; 0 is none.
    family: u64,
    epoch: u64,
    id: u32,
    passed: u8,
    bytes: [u8; BYTES],
}

const EMPTY: Place = Place {
    hash: 0,
    family: 0,
    epoch: 0,
    id: 0,
    passed: 0,
    bytes: [0; BYTES],
};

thread_local! {
    /// Allocated by the first entry.
    static OF_THREAD: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// A family at a moment: how many series it has removed so far.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) family: u64,
    pub(super) epoch: u64,
}

/// Returns the number of the series with these labels, if this thread has found it before at the same moment of the family.
#[inline(always)]
pub(super) fn find<'v>(moment: Moment, hash: u64, labels: &Labels<impl Fn(usize) -> &'v str>) -> Option<u32> {
    let found = OF_THREAD.try_with(|places| {
        let places = places.try_borrow().ok()?;
        let place = places.get(at(hash))?;
        let same = place.hash == hash && place.family == moment.family && place.epoch == moment.epoch;
        (same && labels.are_packed(&place.bytes)).then_some(place.id)
    });
    // No places any more: the thread is ending.
    found.ok().flatten()
}

/// Keeps the number of a series for this thread.
#[inline(never)]
pub(super) fn keep(moment: Moment, hash: u64, key: &Key, id: u32) {
    let bytes = key.bytes();
    if bytes.len() > BYTES {
        return;
    }
    let _ = OF_THREAD.try_with(|places| {
        let Ok(mut places) = places.try_borrow_mut() else {
            return;
        };
        if places.is_empty() {
            places.resize(PLACES, EMPTY);
        }
        let Some(place) = places.get_mut(at(hash)) else {
            return;
        };
        let is_in_use = place.family != 0 && (place.family != moment.family || place.epoch == moment.epoch);
        if is_in_use && place.passed < PATIENCE {
            place.passed += 1;
            return;
        }
        (place.hash, place.family, place.epoch) = (hash, moment.family, moment.epoch);
        (place.id, place.passed) = (id, 0);
        place.bytes[..bytes.len()].copy_from_slice(bytes);
        place.bytes[bytes.len()..].fill(0);
    });
}

/// The lowest bits: the table takes the highest.
#[inline(always)]
const fn at(hash: u64) -> usize {
    hash as usize % PLACES
}
