//! The labels of one series while they are read.

use std::sync::Arc;

use super::Labels;

/// Gathers texts, names and values in turn, and makes labels of them without allocating where it can.
#[derive(Debug, Default)]
pub(crate) struct LabelsBuilder {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    too_long: bool,
    order: Vec<(u32, u32)>,
}

impl LabelsBuilder {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.order.clear();
        self.too_long = false;
    }

    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.bytes.extend_from_slice(name.as_bytes());
        self.end_of_text();
        self.bytes.extend_from_slice(value.as_bytes());
        self.end_of_text();
    }

    /// Returns where the bytes of the next text go.
    #[inline]
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    #[inline]
    pub(crate) fn end_of_text(&mut self) {
        match u32::try_from(self.bytes.len()) {
            Ok(end) => self.ends.push(end),
            Err(_) => self.too_long = true,
        }
    }

    /// Checks the texts and puts the pairs in order; returns false if they are not UTF-8 or too long. Of several with one name the last
    /// one counts.
    pub(crate) fn finish(&mut self) -> bool {
        let Ok(texts) = std::str::from_utf8(&self.bytes) else {
            return false;
        };
        if self.too_long || !self.ends.iter().all(|end| texts.is_char_boundary(*end as usize)) {
            return false;
        }
        let count = (self.ends.len() / 2) as u32;
        self.order.clear();
        self.order.extend((0..count).map(|i| (2 * i, 2 * i + 1)));
        let (bytes, ends) = (&self.bytes, &self.ends);
        let text = |number: u32| {
            let begin = if number == 0 { 0 } else { ends[number as usize - 1] };
            &bytes[begin as usize..ends[number as usize] as usize]
        };
        if !self.order.is_sorted_by(|a, b| text(a.0) < text(b.0)) {
            self.order.reverse();
            self.order.sort_by(|a, b| text(a.0).cmp(text(b.0)));
            self.order.dedup_by(|later, kept| text(later.0) == text(kept.0));
        }
        true
    }

    /// Puts the finished pairs into `labels`, in place if nobody else holds them.
    pub(crate) fn write(&mut self, labels: &mut Labels) {
        if Arc::get_mut(&mut labels.table).is_none() {
            labels.table = Arc::default();
        }
        let Some(table) = Arc::get_mut(&mut labels.table) else {
            return;
        };
        table.clear();
        // Finished, hence valid.
        table
            .texts
            .push_str(std::str::from_utf8(&self.bytes).unwrap_or_default());
        table.ends.extend_from_slice(&self.ends);
        table.pairs.extend_from_slice(&self.order);
        labels.first = 0;
        labels.len = self.order.len() as u32;
    }
}
