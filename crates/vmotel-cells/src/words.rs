//! Words that grow without moving.

use std::{fmt, sync::OnceLock};

use crate::{memory::zeroed, sync::AtomicU64};

/// Words of the first segment; each next one has twice as many.
const FIRST: usize = 512;

/// With this many segments, 2^32 words.
const SEGMENTS: usize = 23;

/// Up to 2^32 words of shared memory, at zero in the beginning, that grow without moving.
///
/// Memory is taken when a word is first reached by [`Words::range`], in segments that double; the system gives their pages as
/// they are touched.
///
/// # Examples
/// ```
/// use std::sync::atomic::Ordering;
/// use vmotel_cells::Words;
///
/// let words = Words::new();
/// words.range(510, 2).unwrap()[1].store(7, Ordering::Relaxed);
/// assert_eq!(words.get(510, 2).unwrap()[1].load(Ordering::Relaxed), 7);
/// assert!(words.range(511, 2).is_none(), "no range lies in two segments");
/// ```
#[derive(Default)]
pub struct Words {
    segments: [OnceLock<Box<[AtomicU64]>>; SEGMENTS],
}

impl Words {
    /// Creates words without memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns `len` words from `start` on; none if they do not lie in one segment, or were never reached by [`Words::range`].
    #[inline]
    #[must_use]
    pub fn get(&self, start: u32, len: usize) -> Option<&[AtomicU64]> {
        let (segment, at) = locate(start);
        self.segments.get(segment)?.get()?.get(at..at + len)
    }

    /// As [`Words::get`], and takes the memory of the segment.
    pub fn range(&self, start: u32, len: usize) -> Option<&[AtomicU64]> {
        let (segment, at) = locate(start);
        self.segments
            .get(segment)?
            .get_or_init(|| zeroed(FIRST << segment))
            .get(at..at + len)
    }

    /// Returns where a range of `len` words can start that lies in one segment, at `start` or behind it.
    #[must_use]
    pub fn fit(start: u32, len: usize) -> Option<u32> {
        let mut start = start;
        loop {
            let (segment, at) = locate(start);
            if segment >= SEGMENTS {
                return None;
            }
            let room = (FIRST << segment) - at;
            if len <= room {
                return Some(start);
            }
            start = start.checked_add(u32::try_from(room).ok()?)?;
        }
    }
}

#[inline(always)]
const fn locate(at: u32) -> (usize, usize) {
    let at = at as usize + FIRST;
    let segment = (at / FIRST).ilog2();
    (segment as usize, at - (FIRST << segment))
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segments = self.segments.iter().filter(|segment| segment.get().is_some());
        f.debug_struct("Words")
            .field("segments", &segments.count())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST, Words};

    #[test]
    fn ranges_lie_in_one_segment_and_do_not_overlap() {
        let words = Words::new();
        let mut start = 0;
        let mut last = None;
        for len in (1..60).cycle().take(2000) {
            start = Words::fit(start, len).unwrap();
            let range = words.range(start, len).unwrap();
            assert_eq!(range.len(), len);
            if let Some(last) = last {
                assert!(start >= last);
            }
            range.iter().for_each(|word| {
                assert_eq!(
                    word.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
                    0,
                    "a word of its own"
                );
            });
            start += len as u32;
            last = Some(start);
        }
        assert!(words.get(start + 100_000_000, 1).is_none());
        assert!(Words::fit(u32::MAX, FIRST << 23).is_none());
    }
}
