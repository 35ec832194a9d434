//! Addresses of machines and people. Sources: RFC 791, RFC 4291, RFC 1123, E.164.

use std::net::Ipv6Addr;

use super::super::class::{DIGIT, LETTER, Mask, NON_HEX, all_digits};
use super::super::file;

/// Tells whether the text is `x@y.tld`.
pub(crate) fn is_email(text: &[u8]) -> bool {
    let Some(at) = text.iter().rposition(|&byte| byte == b'@') else {
        return false;
    };
    let (local, domain) = (&text[..at], &text[at + 1..]);
    !local.is_empty() && !file::is_density(&text[at..]) && is_domain(domain)
}

/// Tells whether the text is two or more dotted labels with letters at the end.
fn is_domain(text: &[u8]) -> bool {
    let mut labels = 0;
    let mut last: &[u8] = &[];
    for label in text.split(|&byte| byte == b'.') {
        if label.is_empty()
            || !label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        {
            return false;
        }
        labels += 1;
        last = label;
    }
    labels >= 2 && last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic)
}

/// Tells whether the text is an address of IPv4 (with or without a port) or IPv6 (with or without brackets).
pub(crate) fn is_ip(text: &[u8]) -> bool {
    is_ipv4(without_port(text)) || is_ipv6(text)
}

fn is_ipv4(text: &[u8]) -> bool {
    let mut parts = 0;
    for part in text.split(|&byte| byte == b'.') {
        parts += 1;
        if parts > 4 || part.len() > 3 || !all_digits(part) {
            return false;
        }
        if part
            .iter()
            .fold(0_u16, |sum, byte| sum * 10 + u16::from(byte - b'0'))
            > 255
        {
            return false;
        }
    }
    parts == 4
}

fn is_ipv6(text: &[u8]) -> bool {
    let bare = match text {
        [b'[', rest @ ..] => {
            let Some(close) = rest.iter().position(|&byte| byte == b']') else {
                return false;
            };
            match &rest[close + 1..] {
                [] => {}
                [b':', port @ ..] if is_port(port) => {}
                _ => return false,
            }
            &rest[..close]
        }
        _ => text,
    };
    bare.len() <= 45
        && bare.iter().filter(|&&byte| byte == b':').count() >= 2
        && str::from_utf8(bare).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

fn is_port(text: &[u8]) -> bool {
    text.len() <= 5 && all_digits(text)
}

fn without_port(text: &[u8]) -> &[u8] {
    match text.iter().rposition(|&byte| byte == b':') {
        Some(colon) if is_port(&text[colon + 1..]) => &text[..colon],
        _ => text,
    }
}

/// Tells whether the text is six pairs of hexadecimal digits joined by all `:` or all `-`.
pub(crate) fn is_mac(text: &[u8]) -> bool {
    text.len() == 17
        && matches!(text[2], b':' | b'-')
        && text.iter().enumerate().all(|(at, byte)| match at % 3 {
            2 => *byte == text[2],
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Tells whether the text is a host name of a common top-level domain, or `localhost` with a port.
pub(crate) fn is_host(text: &[u8]) -> bool {
    let name = without_port(text);
    if name.len() < text.len() && name == b"localhost" {
        return true;
    }
    let Some(dot) = name.iter().rposition(|&byte| byte == b'.') else {
        return false;
    };
    let top = &name[dot + 1..];
    [&b"com"[..], b"org", b"net", b"edu", b"gov", b"io", b"dev"]
        .iter()
        .any(|known| top.eq_ignore_ascii_case(known))
        && is_domain(name)
}

/// Tells whether the text is a telephone number with a `+`, or in one of three common national forms.
pub(crate) fn is_phone(text: &[u8], mask: Mask) -> bool {
    if mask & (LETTER | NON_HEX) != 0 || mask & DIGIT == 0 {
        return false;
    }
    if let [b'+', rest @ ..] = text {
        let digits = rest.iter().filter(|byte| byte.is_ascii_digit()).count();
        return (7..=15).contains(&digits)
            && rest
                .iter()
                .all(|byte| byte.is_ascii_digit() || b" ().-".contains(byte));
    }
    let matches = |form: &[u8]| {
        text.len() == form.len()
            && text.iter().zip(form).all(|(byte, want)| match want {
                b'N' => byte.is_ascii_digit(),
                _ => byte == want,
            })
    };
    matches(b"NNN-NNN-NNNN")
        || matches(b"NNN.NNN.NNNN")
        || matches(b"(NNN)NNN-NNNN")
        || matches(b"(NNN) NNN-NNNN")
}
