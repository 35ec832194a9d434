//! Texts by number, and the pairs that refer to them.

/// The texts and pairs of many series, or of one.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// All texts, one behind the other.
    pub(super) texts: String,
    /// Where each text ends.
    pub(super) ends: Vec<u32>,
    /// Names and values by number; a series has a piece of it.
    pub(super) pairs: Vec<(u32, u32)>,
}

impl Table {
    pub(super) fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let begin = if number == 0 {
            0
        } else {
            self.ends[number - 1] as usize
        };
        &self.texts[begin..self.ends[number] as usize]
    }

    pub(super) fn pairs(&self, first: u32, len: u32) -> &[(u32, u32)] {
        &self.pairs[first as usize..][..len as usize]
    }

    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.ends.clear();
        self.pairs.clear();
    }
}
