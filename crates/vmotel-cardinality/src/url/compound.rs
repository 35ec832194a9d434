//! Names of several parts: locales, prefixed identifiers, tokens and slugs.

use super::class::{self, DASH, DIGIT, LETTER, Mask, UNDER, all_digits, parts};
use super::format;
use super::placeholder::Placeholder;
use super::random;

/// The alphabet of the generated end of a Kubernetes pod's name.
const POD_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
/// Words of that alphabet that are no generated ends.
const POD_WORDS: [&[u8]; 8] = [
    b"https", b"xhtml", b"html4", b"html5", b"http2", b"mssql", b"pgsql", b"grpcs",
];

/// Judges a compound of letters, digits and separators; `None` keeps it.
pub(crate) fn judge(text: &[u8], mask: Mask) -> Option<Placeholder> {
    if mask & (DASH | UNDER) != 0 && text.len() <= 12 && is_locale(text) {
        return None;
    }
    if mask & UNDER != 0 && is_prefixed_id(text) {
        return Some(Placeholder::Id);
    }
    if random::is_base64url(text, mask) {
        return Some(Placeholder::Token);
    }
    if parts(text).any(is_id_part) || (mask & DASH != 0 && has_pod_suffix(text)) {
        return Some(Placeholder::Slug);
    }
    if mask & (DASH | UNDER) != 0 {
        let words = text
            .split(|byte| matches!(byte, b'-' | b'_'))
            .filter(|part| !part.is_empty())
            .count();
        return (words >= 5).then_some(Placeholder::Slug);
    }
    None
}

/// A language tag: `ll` or `lll`, then a script, a region, or both. Source: RFC 5646.
fn is_locale(text: &[u8]) -> bool {
    let mut subtags = text.split(|byte| matches!(byte, b'-' | b'_'));
    let language = subtags.next().unwrap_or_default();
    if !(2..=3).contains(&language.len()) || !language.iter().all(u8::is_ascii_lowercase) {
        return false;
    }
    let mut next = subtags.next();
    if next.is_some_and(|script| script.len() == 4 && script.iter().all(u8::is_ascii_alphabetic)) {
        next = subtags.next();
    }
    let region = match next {
        None | Some(b"419" | b"001" | b"150") => true,
        Some(region) => region.len() == 2 && region.iter().all(u8::is_ascii_alphabetic),
    };
    region && subtags.next().is_none()
}

/// One to three lower-case prefixes, then an identifier: `cus_cZiS8tu4OSfPt4`.
fn is_prefixed_id(text: &[u8]) -> bool {
    let Some(last) = text.iter().rposition(|&byte| byte == b'_') else {
        return false;
    };
    let mut prefixes = 0;
    for prefix in text[..last].split(|&byte| byte == b'_') {
        prefixes += 1;
        if prefixes > 3 || !(2..=10).contains(&prefix.len()) || !prefix.iter().all(u8::is_ascii_lowercase) {
            return false;
        }
    }
    let id = &text[last + 1..];
    let mask = class::mask(id) & !class::NON_HEX;
    // After such a prefix, a long mix of both cases is no camel case.
    let is_mixed = (id.len() >= 14 && mask == LETTER | DIGIT) || (id.len() >= 24 && mask == LETTER);
    is_mixed || is_id_part(id)
}

/// Tells whether a part of a compound is an identifier.
fn is_id_part(part: &[u8]) -> bool {
    let mask = class::mask(part);
    if all_digits(part) {
        return part.len() >= 3;
    }
    if mask & !(LETTER | DIGIT | class::NON_HEX) != 0 {
        return false;
    }
    format::is_hash(part, mask)
        || (mask & DIGIT != 0 && class::count_digits(part) >= 4)
        || random::is_random(part, mask, random::SEGMENT)
}

/// Tells whether the last part is the generated end of a pod's name.
fn has_pod_suffix(text: &[u8]) -> bool {
    let Some(dash) = text.iter().rposition(|&byte| byte == b'-') else {
        return false;
    };
    let suffix = &text[dash + 1..];
    dash > 0
        && suffix.len() == 5
        && suffix.iter().all(|byte| POD_ALPHABET.contains(byte))
        && !POD_WORDS.contains(&suffix)
}
