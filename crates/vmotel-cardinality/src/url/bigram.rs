//! A model of letter pairs that tells identifiers from words.

use super::class::Mask;

/// Tells whether the letter pairs of `text` are too rare for words.
pub(crate) fn is_unlikely(_text: &[u8], _mask: Mask) -> bool {
    false
}
