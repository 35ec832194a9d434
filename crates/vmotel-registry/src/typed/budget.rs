//! How many series there can be: counted, and refused, by the compiler.

use vmotel_model::LabelDef;

/// The values of a label, `other` of a free one included.
pub(super) const fn size(label: &LabelDef, max: &[usize], at: usize) -> usize {
    if !label.values.is_empty() {
        label.values.len()
    } else if at < max.len() && max[at] > 0 {
        max[at].saturating_add(1)
    } else {
        0
    }
}

/// The product of the sizes of all labels.
pub(super) const fn combinations(labels: &[LabelDef], max: &[usize]) -> usize {
    let (mut all, mut at) = (1_usize, 0);
    while at < labels.len() {
        all = all.saturating_mul(size(&labels[at], max, at));
        at += 1;
    }
    all
}

/// Refuses, when it is compiled, a set of labels with too many combinations.
#[doc(hidden)]
#[cfg(feature = "derive")]
pub const fn assert_label_sets(name: &str, sizes: &[usize], budget: usize) {
    let (mut all, mut at) = (1_usize, 0);
    while at < sizes.len() {
        all = all.saturating_mul(sizes[at]);
        at += 1;
    }
    if all > budget {
        let hint = "; give a label fewer values, or state more with #[label(budget = ...)]";
        let message = Message::new().text(name).text(" has ").number(all);
        let message = message
            .text(" combinations of label values, expected at most ")
            .number(budget);
        panic!("{}", message.text(hint).as_str());
    }
}

/// Refuses, when it is compiled, a family with too many series.
#[doc(hidden)]
#[cfg(feature = "derive")]
pub const fn assert_series(name: &str, series: usize, budget: usize) {
    if series > budget {
        let message = Message::new().text(name).text(" can have ").number(series);
        let message = message.text(" series, expected at most the ").number(budget);
        panic!("{}", message.text(" of #[metric(budget = ...)]").as_str());
    }
}

/// A text made by the compiler.
#[cfg(feature = "derive")]
struct Message {
    bytes: [u8; 256],
    len: usize,
}

#[cfg(feature = "derive")]
impl Message {
    const fn new() -> Self {
        Self {
            bytes: [0; 256],
            len: 0,
        }
    }

    /// Appends what fits; a character of more than one byte becomes `?`s.
    const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = if text[at].is_ascii() { text[at] } else { b'?' };
            self.len += 1;
            at += 1;
        }
        self
    }

    const fn number(mut self, number: usize) -> Self {
        let mut place = 1;
        while number / place >= 10 {
            place *= 10;
        }
        while place > 0 && self.len < self.bytes.len() {
            self.bytes[self.len] = b'0' + (number / place % 10) as u8;
            self.len += 1;
            place /= 10;
        }
        self
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

#[cfg(all(test, feature = "derive"))]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_how_many() {
        const MESSAGE: Message = Message::new()
            .text("Größe ")
            .number(0)
            .text(" ")
            .number(usize::MAX);
        assert_eq!(MESSAGE.as_str(), "Gr????e 0 18446744073709551615");
        let full = Message::new().text(&"x".repeat(300)).number(1);
        assert_eq!(full.as_str(), "x".repeat(256));
    }
}
