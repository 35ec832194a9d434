//! What a thread has looked up last, in front of the shared caches.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use crate::AttributeSet;

/// Places of a thread, for all caches together: each key has one, and the newest key there stays.
const PLACES: usize = 128;

/// Hits after which the shared cache is told that a key is still wanted.
const TOUCH: u8 = 64;

thread_local! {
    /// Allocated by the first entry.
    static PLACES_OF_THREAD: RefCell<Vec<Option<Place>>> = const { RefCell::new(Vec::new()) };
}

struct Place {
    cache: u64,
    hash: u64,
    key: Box<str>,
    set: Arc<AttributeSet>,
    hits: Cell<u8>,
}

/// What a look at a thread's places gave.
pub(super) enum Found<R> {
    /// The result, and whether the shared cache should be told.
    Hit(R, bool),
    Miss,
}

/// Gives the set of a key to `look` if this thread has it.
#[inline]
pub(super) fn find<R>(
    cache: u64,
    hash: u64,
    key: &str,
    look: impl FnOnce(&Arc<AttributeSet>) -> R,
) -> Found<R> {
    let found = PLACES_OF_THREAD.try_with(|places| {
        let places = places.try_borrow().ok()?;
        let place = places.get(at(hash))?.as_ref()?;
        if place.hash != hash || place.cache != cache || *place.key != *key {
            return None;
        }
        let hits = place.hits.get().wrapping_add(1);
        place.hits.set(hits);
        Some(Found::Hit(look(&place.set), hits % TOUCH == 0))
    });
    // No places any more: the thread is ending.
    found.ok().flatten().unwrap_or(Found::Miss)
}

/// Keeps the set of a key for this thread, in place of what stands there.
#[cold]
pub(super) fn keep(cache: u64, hash: u64, key: &str, set: &Arc<AttributeSet>) {
    let place = Place {
        cache,
        hash,
        key: key.into(),
        set: Arc::clone(set),
        hits: Cell::new(0),
    };
    // Where the thread is ending, or is inside a look at one of its sets, the shared cache is enough.
    let _ = PLACES_OF_THREAD.try_with(|places| {
        if let Ok(mut places) = places.try_borrow_mut() {
            if places.is_empty() {
                places.resize_with(PLACES, || None);
            }
            places[at(hash)] = Some(place);
        }
    });
}

#[expect(clippy::cast_possible_truncation, reason = "only the lowest bits count")]
const fn at(hash: u64) -> usize {
    hash as usize % PLACES
}
