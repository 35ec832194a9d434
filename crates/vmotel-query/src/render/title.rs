//! Labels as text that is safe on a terminal.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::Labels;

/// Writes labels on one line.
pub(super) fn title(labels: &Labels) -> String {
    safe(&labels.to_string())
}

/// Writes what would steer a terminal, or turn the direction of its text (UAX #9), as escapes.
pub(super) fn safe(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        let steers = letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if steers {
            // Writing to a String cannot fail.
            let _ = write!(made, "\\u{{{:x}}}", u32::from(letter));
        } else {
            made.push(letter);
        }
    }
    made
}

/// Cuts text to so many columns, with an ellipsis in the last of them.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut made = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += letter.width().unwrap_or(0);
        if used > width {
            break;
        }
        made.push(letter);
    }
    // Marks that join letters can make the whole wider than the sum of its parts.
    while made.width() + 1 > width && made.pop().is_some() {}
    made.push('…');
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_safe_and_cut() {
        assert_eq!(
            title(&Labels::new([("a\x1b[31m", "b\u{202e}")])),
            "{a\\u{1b}[31m=\"b\\u{202e}\"}"
        );
        for (text, width, cut_to) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("日本語の名前", 5, "日本…"),
            ("日本語の名前", 6, "日本…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("x", 1, "x"),
            ("", 3, ""),
        ] {
            assert_eq!(cut(text, width), cut_to, "{text} to {width}");
        }
    }
}
