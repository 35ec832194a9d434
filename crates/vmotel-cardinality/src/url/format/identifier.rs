//! Identifiers with a fixed form. Sources: RFC 9562 (UUID), the ULID and KSUID specifications, OCI digests, RFC 7519.

use super::super::class::{self, DIGIT, LETTER, LOWER, Mask, NON_HEX, UPPER, all_digits, is_separator};

const UUID_LEN: usize = 36;

/// Tells whether the text is 8-4-4-4-12 hexadecimal digits.
pub(crate) fn is_uuid(text: &[u8]) -> bool {
    text.len() == UUID_LEN
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Tells whether the text is a UUID, plain, in braces or as a URN.
pub(crate) fn is_uuid_text(text: &[u8]) -> bool {
    match text.len() {
        36 => is_uuid(text),
        38 => text[0] == b'{' && text[37] == b'}' && is_uuid(&text[1..37]),
        45 => text[..9].eq_ignore_ascii_case(b"urn:uuid:") && is_uuid(&text[9..]),
        _ => false,
    }
}

/// Tells whether a name of letters, digits and separators has a UUID in it.
pub(crate) fn contains_uuid(text: &[u8]) -> bool {
    if text.len() < UUID_LEN {
        return false;
    }
    (0..=text.len() - UUID_LEN).any(|at| {
        text[at + 8] == b'-'
            && (at == 0 || is_separator(text[at - 1]))
            && text.get(at + UUID_LEN).is_none_or(|&byte| is_separator(byte))
            && is_uuid(&text[at..at + UUID_LEN])
    })
}

/// Tells whether the text is a digest with its algorithm: `sha256:` and hexadecimal digits.
pub(crate) fn is_digest(text: &[u8]) -> bool {
    let Some(colon) = text.iter().position(|&byte| byte == b':') else {
        return false;
    };
    let (algorithm, hex) = (&text[..colon], &text[colon + 1..]);
    [
        &b"md5"[..],
        b"sha1",
        b"sha224",
        b"sha256",
        b"sha384",
        b"sha512",
        b"blake3",
    ]
    .iter()
    .any(|known| algorithm.eq_ignore_ascii_case(known))
        && !hex.is_empty()
        && hex.iter().all(u8::is_ascii_hexdigit)
}

/// Tells whether the text is base64 with padding.
pub(crate) fn is_base64_padded(text: &[u8]) -> bool {
    if text.len() < 8 || !text.len().is_multiple_of(4) {
        return false;
    }
    let padding = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    (1..=2).contains(&padding)
        && text[..text.len() - padding]
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
}

/// Tells whether the text is 24 hexadecimal digits with a digit and a letter.
pub(crate) fn is_object_id(text: &[u8], mask: Mask) -> bool {
    text.len() == 24 && class::is_hex(mask) && mask & DIGIT != 0 && mask & LETTER != 0
}

/// Tells whether the text is hexadecimal: `0x` and four or more, six or more with a digit and a letter, or sixteen
/// or more letters.
pub(crate) fn is_hash(text: &[u8], mask: Mask) -> bool {
    if let [b'0', b'x' | b'X', hex @ ..] = text {
        return hex.len() >= 4 && hex.iter().all(u8::is_ascii_hexdigit);
    }
    class::is_hex(mask)
        && if mask & DIGIT != 0 {
            mask & LETTER != 0 && text.len() >= 6
        } else {
            text.len() >= 16
        }
}

/// Tells whether the text is 26 characters of Crockford's base32 in one case, the first below 8.
pub(crate) fn is_ulid(text: &[u8], mask: Mask) -> bool {
    text.len() == 26
        && (b'0'..=b'7').contains(&text[0])
        && mask & !(LETTER | DIGIT | NON_HEX) == 0
        && mask & LETTER != LETTER
        && !text
            .iter()
            .any(|byte| matches!(byte | 0x20, b'i' | b'l' | b'o' | b'u'))
}

/// Tells whether the text is 27 base62 characters of all three kinds.
pub(crate) fn is_ksuid(text: &[u8], mask: Mask) -> bool {
    text.len() == 27 && mask & !NON_HEX == LOWER | UPPER | DIGIT
}

/// Tells whether the text is a JSON web token: three dotted base64url parts, the first a JSON object.
pub(crate) fn is_jwt(text: &[u8]) -> bool {
    text.starts_with(b"eyJ")
        && text.split(|&byte| byte == b'.').count() == 3
        && text.split(|&byte| byte == b'.').all(|part| {
            !part.is_empty()
                && part
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

/// Tells whether the text is a size in pixels: `640x480`.
pub(crate) fn is_size(text: &[u8]) -> bool {
    let mut sides = text.split(|&byte| byte == b'x' || byte == b'X');
    match (sides.next(), sides.next(), sides.next()) {
        (Some(width), Some(height), None) => {
            width.len() <= 5 && height.len() <= 5 && all_digits(width) && all_digits(height)
        }
        _ => false,
    }
}

/// Tells whether the text is an issue key: `PLAT-10482`, `INV-2025-000731`.
pub(crate) fn is_issue_key(text: &[u8]) -> bool {
    let mut parts = text.split(|&byte| byte == b'-');
    let project = parts.next().unwrap_or_default();
    if !(2..=10).contains(&project.len())
        || !project[0].is_ascii_uppercase()
        || !project
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    {
        return false;
    }
    let mut digits = 0;
    for part in parts {
        if !all_digits(part) {
            return false;
        }
        digits += part.len();
    }
    digits >= 3
}
