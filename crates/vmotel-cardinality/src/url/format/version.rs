//! Versions and numbers. Sources: Semantic Versioning 2.0, the versioning of the Kubernetes API.

use super::super::class::{all_digits, is_separator};

/// Tells whether the text is an API version: `v1`, `v1.2`, `v2beta1`, `v1alpha`.
pub(crate) fn is_api_version(text: &[u8]) -> bool {
    let [b'v' | b'V', rest @ ..] = text else {
        return false;
    };
    let Some(mut rest) = digits(rest, 3) else {
        return false;
    };
    if let [b'.', minor @ ..] = rest {
        let Some(after) = digits(minor, 3) else {
            return false;
        };
        rest = after;
    }
    if rest.is_empty() {
        return true;
    }
    [&b"alpha"[..], b"beta", b"preview", b"rc", b"p"]
        .iter()
        .any(|stage| {
            rest.get(..stage.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(stage))
                && (rest.len() == stage.len()
                    || (rest.len() <= stage.len() + 3 && all_digits(&rest[stage.len()..])))
        })
}

/// Returns what follows one to `most` digits.
fn digits(text: &[u8], most: usize) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=most).contains(&count).then(|| &text[count..])
}

/// Tells whether the text is three or four dotted numbers, with an optional `v`, pre-release and build, or a bare
/// `N.N`.
pub(crate) fn is_version(text: &[u8]) -> bool {
    let (bare, prefixed) = match text {
        [b'v' | b'V', rest @ ..] => (rest, true),
        _ => (text, false),
    };
    let mut rest = bare;
    let mut numbers = 0;
    let mut longest = 0;
    loop {
        let Some(after) = digits(rest, 5) else {
            return false;
        };
        longest = longest.max(rest.len() - after.len());
        numbers += 1;
        match after {
            [b'.', tail @ ..] if numbers < 4 => rest = tail,
            _ => {
                rest = after;
                break;
            }
        }
    }
    match numbers {
        2 => rest.is_empty() && !prefixed && longest <= 3,
        3 | 4 => match rest {
            [] => true,
            [b'-' | b'+', tail @ ..] => {
                !tail.is_empty()
                    && tail
                        .iter()
                        .all(|byte| byte.is_ascii_alphanumeric() || b".-+_".contains(byte))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Returns the length of a leading `[v]N.N[.N...]` that ends at a separator or with the text.
pub(crate) fn version_prefix(text: &[u8]) -> Option<usize> {
    let mut at = usize::from(matches!(text.first(), Some(b'v' | b'V')));
    let mut numbers = 0;
    let mut end = None;
    while let Some(after) = digits(&text[at..], 5) {
        at = text.len() - after.len();
        if !after.first().is_none_or(|&byte| is_separator(byte)) {
            break;
        }
        numbers += 1;
        if numbers >= 2 {
            end = Some(at);
        }
        if after.first() != Some(&b'.') {
            break;
        }
        at += 1;
    }
    end
}

/// Tells whether the text is a number that is no version: signed, or with four or more decimals.
pub(crate) fn is_number(text: &[u8]) -> bool {
    let (bare, signed) = match text {
        [b'+' | b'-', rest @ ..] => (rest, true),
        _ => (text, false),
    };
    match bare.iter().position(|&byte| byte == b'.') {
        None => signed && all_digits(bare),
        Some(dot) => {
            let (whole, decimals) = (&bare[..dot], &bare[dot + 1..]);
            all_digits(whole) && all_digits(decimals) && (signed || decimals.len() >= 4)
        }
    }
}
