//! Random text: identifiers that are neither words nor a known format.

use super::bigrams::is_improbable;
use super::class::{self, DASH, DIGIT, LETTER, LOWER, Mask, UNDER, UPPER};

/// From which length mixed case is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    with_digits: usize,
    letters_only: usize,
}

/// For whole segments and the parts of a compound.
pub(crate) const SEGMENT: Thresholds = Thresholds {
    with_digits: 8,
    letters_only: 10,
};
/// For the parts of a file name, where build tools put short content hashes.
pub(crate) const FILE: Thresholds = Thresholds {
    with_digits: 6,
    letters_only: 8,
};

/// Tells whether a text of letters and digits, without separators, is random.
pub(crate) fn is_random(text: &[u8], mask: Mask, thresholds: Thresholds) -> bool {
    if text.len() < 6 || mask & !(LETTER | DIGIT | class::NON_HEX) != 0 {
        return false;
    }
    if mask & DIGIT != 0 && mask & LETTER != 0 {
        let changes = changes(text);
        if changes >= 4 || (changes == 3 && text.len() >= 8 && has_odd_run(text)) {
            return true;
        }
    }
    if mask & LETTER == LETTER {
        let least = if mask & DIGIT != 0 {
            thresholds.with_digits
        } else {
            thresholds.letters_only
        };
        if text.len() >= least && !reads_as_words(text) {
            return true;
        }
    }
    if mask & DIGIT == 0 && matches!(mask & LETTER, LOWER | UPPER) && text.len() >= 8 && unpronounceable(text)
    {
        return true;
    }
    is_improbable(text)
}

/// Tells whether a text with `-` or `_` is base64url rather than a compound of words.
pub(crate) fn is_base64url(text: &[u8], mask: Mask) -> bool {
    if mask & LETTER != LETTER
        || mask & (DASH | UNDER) == 0
        || mask & !(LETTER | DIGIT | DASH | UNDER | class::NON_HEX) != 0
    {
        return false;
    }
    if is_improbable(text) {
        return true;
    }
    text.len() >= 16
        && if mask & DIGIT != 0 {
            letters_in_clean_words(text) * 2 < text.len()
        } else {
            letters_in_words(text) * 100 < text.len() * 45
        }
}

/// Counts the changes between letters and digits.
pub(crate) fn changes(text: &[u8]) -> usize {
    text.windows(2)
        .filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit())
        .count()
}

fn has_odd_run(text: &[u8]) -> bool {
    text.split(u8::is_ascii_digit)
        .any(|run| !run.is_empty() && (run.len() < 3 || !run.iter().any(|&byte| is_vowel(byte))))
}

/// Tells whether at least 45 % of the letters lie in camel pieces that read as words.
fn reads_as_words(text: &[u8]) -> bool {
    let letters = text.len() - class::count_digits(text);
    letters_in_words(text) * 100 >= letters * 45
}

/// Counts the letters in camel pieces of three or more letters, not all capitals, with a vowel.
fn letters_in_words(text: &[u8]) -> usize {
    let mut total = 0;
    for run in text.split(|byte| !byte.is_ascii_alphabetic()) {
        total += pieces(run)
            .filter(|piece| {
                piece.len() >= 3
                    && piece.iter().any(u8::is_ascii_lowercase)
                    && piece.iter().any(|&byte| is_vowel(byte))
            })
            .map(<[u8]>::len)
            .sum::<usize>();
    }
    total
}

/// Counts the letters of parts that are one word: all small, or with one capital at the start.
fn letters_in_clean_words(text: &[u8]) -> usize {
    class::parts(text)
        .filter(|part| {
            part.len() >= 3
                && part[0].is_ascii_alphabetic()
                && part[1..].iter().all(u8::is_ascii_lowercase)
                && part.iter().any(|&byte| is_vowel(byte))
        })
        .map(<[u8]>::len)
        .sum()
}

/// Splits letters into camel pieces.
pub(super) fn pieces(letters: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = letters;
    std::iter::from_fn(move || {
        let (piece, tail) = rest.split_at(piece_len(rest));
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Returns the length of the first camel piece: `get|User`, `XML|Http`, `Request`.
fn piece_len(letters: &[u8]) -> usize {
    let capitals = letters
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    let small = letters[capitals..]
        .iter()
        .take_while(|byte| byte.is_ascii_lowercase())
        .count();
    match (capitals, small) {
        (2.., 1..) => capitals - 1,
        _ => capitals + small,
    }
}

/// Tells whether letters of one case have no vowel, or seven consonants in a row.
fn unpronounceable(text: &[u8]) -> bool {
    let mut run = 0;
    let mut vowels = false;
    for &byte in text {
        if is_vowel(byte) {
            vowels = true;
            run = 0;
        } else {
            run += 1;
            if run >= 7 {
                return true;
            }
        }
    }
    !vowels
}

#[inline]
fn is_vowel(byte: u8) -> bool {
    matches!(byte | 0x20, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}
