//! Bytes that are made out of those before them.

/// How many bytes at both ends are those of the bytes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shared {
    start: u32,
    end: u32,
}

impl Shared {
    /// Compares; the two ends never overlap, in neither of both.
    pub(super) fn of(before: &[u8], bytes: &[u8]) -> Self {
        let count = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
        let start = count(&mut before.iter().zip(bytes));
        let end = count(&mut before[start..].iter().rev().zip(bytes[start..].iter().rev()));
        // More than 4 GiB of labels do not occur; then less is shared.
        let fit = |count: usize| u32::try_from(count).unwrap_or(0);
        Self {
            start: fit(start),
            end: fit(end),
        }
    }

    /// Returns what is not shared.
    pub(super) fn rest(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..bytes.len() - self.end as usize]
    }
}

/// Bytes that change into the next ones.
#[derive(Debug, Default)]
pub(super) struct Line(Vec<u8>);

impl Line {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Puts `rest` between the ends that stay.
    #[inline]
    pub(super) fn turn(&mut self, shared: Shared, rest: &[u8]) {
        let (start, tail) = (shared.start as usize, self.0.len() - shared.end as usize);
        let end = start + rest.len();
        if end != tail {
            let old = self.0.len();
            let new = end + shared.end as usize;
            if new > old {
                self.0.resize(new, 0);
            }
            self.0.copy_within(tail..old, end);
            self.0.truncate(new);
        }
        self.0[start..end].copy_from_slice(rest);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_is_made_of_the_one_before(all in prop::collection::vec("[ab]{0,6}", 1..40)) {
            let mut line = Line::default();
            let mut before = "";
            for text in &all {
                let shared = Shared::of(before.as_bytes(), text.as_bytes());
                let rest = shared.rest(text.as_bytes());
                line.turn(shared, rest);
                prop_assert_eq!(line.bytes(), text.as_bytes());
                before = text;
            }
        }
    }

    #[test]
    fn only_the_middle_is_kept() {
        let shared = Shared::of(b"/a/1/items", b"/a/27/items");
        assert_eq!(shared.rest(b"/a/27/items"), b"27");
        assert_eq!(Shared::of(b"aa", b"aaa").rest(b"aaa"), b"a");
    }
}
