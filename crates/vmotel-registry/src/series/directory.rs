//! From the number of a series to its chunk.

use std::sync::{Arc, OnceLock};

/// Series in the first chunk; the first ones double up to the largest.
const FIRST: usize = 16;

/// Series in a chunk of full size.
pub(crate) const LARGEST: usize = 512;

/// Chunks smaller than the largest.
const SMALL: usize = 6;

const PAGE: usize = 256;

/// Pages of the directory: room for 2^24 series.
const PAGES: usize = 128;

/// The most series, living and removed but not yet recycled.
pub(crate) const CAPACITY: u32 = (PAGES * PAGE * LARGEST) as u32;

type Page<T> = Box<[OnceLock<Arc<T>>]>;

/// Chunks that stay in place, by the numbers of their series.
pub(crate) struct Directory<T> {
    small: [OnceLock<Arc<T>>; SMALL],
    pages: Box<[OnceLock<Page<T>>]>,
}

impl<T> Directory<T> {
    pub(crate) fn new() -> Self {
        Self {
            small: Default::default(),
            pages: (0..PAGES).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Returns the chunk of a series and the place in it.
    #[inline(always)]
    pub(crate) fn get(&self, id: u32) -> Option<(&Arc<T>, usize)> {
        let (chunk, at) = locate(id);
        Some((self.chunk(chunk)?, at))
    }

    /// Returns a chunk by its number.
    #[inline(always)]
    pub(crate) fn chunk(&self, chunk: usize) -> Option<&Arc<T>> {
        if chunk < SMALL {
            self.small[chunk].get()
        } else {
            let chunk = chunk - SMALL;
            self.pages.get(chunk / PAGE)?.get()?[chunk % PAGE].get()
        }
    }

    /// Returns the chunk of a series and the place in it; makes the chunk with its number of series if it is not there.
    pub(crate) fn get_or_make(&self, id: u32, make: impl FnOnce(usize) -> T) -> Option<(&Arc<T>, usize)> {
        let (chunk, at) = locate(id);
        let slot = if chunk < SMALL {
            &self.small[chunk]
        } else {
            let chunk = chunk - SMALL;
            let page = self
                .pages
                .get(chunk / PAGE)?
                .get_or_init(|| (0..PAGE).map(|_| OnceLock::new()).collect());
            &page[chunk % PAGE]
        };
        Some((slot.get_or_init(|| Arc::new(make(size(chunk)))), at))
    }
}

/// Returns how many series a chunk holds.
pub(crate) const fn size(chunk: usize) -> usize {
    match chunk {
        0 => FIRST,
        small if small < SMALL => FIRST << (small - 1),
        _ => LARGEST,
    }
}

/// Returns the number of the first series of a chunk.
pub(crate) const fn first(chunk: usize) -> u32 {
    match chunk {
        0 => 0,
        small if small < SMALL => (FIRST << (small - 1)) as u32,
        _ => ((chunk - SMALL + 1) * LARGEST) as u32,
    }
}

#[inline(always)]
pub(super) const fn locate(id: u32) -> (usize, usize) {
    let id = id as usize;
    if id >= LARGEST {
        (SMALL - 1 + id / LARGEST, id % LARGEST)
    } else if id >= FIRST {
        let chunk = (id / FIRST).ilog2() as usize + 1;
        (chunk, id - (FIRST << (chunk - 1)))
    } else {
        (0, id)
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, first, locate, size};

    #[test]
    fn every_number_has_one_place() {
        let (mut chunk, mut at) = (0, 0);
        for id in 0..5000 {
            if at == size(chunk) {
                (chunk, at) = (chunk + 1, 0);
            }
            assert_eq!(locate(id), (chunk, at), "{id}");
            assert_eq!(first(chunk) as usize + at, id as usize);
            at += 1;
        }
        let (last, at) = locate(CAPACITY - 1);
        assert!(at < size(last));
    }
}
