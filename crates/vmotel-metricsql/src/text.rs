//! Quoting and escaping of strings and names.

use std::borrow::Cow;
use std::fmt;

/// Returns the content of a quoted token, or the reason why it is malformed.
///
/// Double quotes and backticks follow Go; single quotes are double quotes in which `'` is escaped and `"` is not.
pub(crate) fn unquote(token: &str) -> Result<String, &'static str> {
    let inner = &token[1..token.len() - 1];
    let quote = token.as_bytes()[0];
    if quote == b'`' {
        return Ok(inner.replace('\r', ""));
    }
    if !inner.bytes().any(|b| b == b'\\' || b == b'\n' || b == b'"') {
        return Ok(inner.to_owned());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'\n' => return Err("a line break needs the escape \\n or backticks"),
            b'\\' => rest = unescape(rest, quote, &mut out)?,
            other => out.push(*other),
        }
    }
    String::from_utf8(out).map_err(|_| "the escapes make no valid UTF-8")
}

fn unescape<'a>(rest: &'a [u8], quote: u8, out: &mut Vec<u8>) -> Result<&'a [u8], &'static str> {
    const UNKNOWN: &str = "unknown escape; double a backslash that stands for itself";
    let (&kind, tail) = rest.split_first().ok_or(UNKNOWN)?;
    let simple = match kind {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'"' | b'\'' if kind == quote => kind,
        b'x' | b'u' | b'U' | b'0'..=b'7' => {
            let (digits, radix) = match kind {
                b'x' => (tail.get(..2), 16),
                b'u' => (tail.get(..4), 16),
                b'U' => (tail.get(..8), 16),
                _ => (rest.get(..3), 8),
            };
            let digits = digits.ok_or("an escape has too few digits")?;
            let code = digits
                .iter()
                .try_fold(0_u32, |n, b| Some(n * radix + (*b as char).to_digit(radix)?))
                .ok_or("an escape has too few digits")?;
            if radix == 8 || kind == b'x' {
                out.push(u8::try_from(code).map_err(|_| "an octal escape is above \\377")?);
            } else {
                let c = char::from_u32(code).ok_or("an escape names no character")?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            let used = if radix == 8 { 3 } else { 1 + digits.len() };
            return Ok(&rest[used..]);
        }
        _ => return Err(UNKNOWN),
    };
    out.push(simple);
    Ok(tail)
}

/// Writes `value` as a double-quoted string.
pub(crate) fn write_quoted(out: &mut dyn fmt::Write, value: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut from = 0;
    for (i, c) in value.char_indices() {
        let escape = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            c if c.is_control() => "",
            _ => continue,
        };
        out.write_str(&value[from..i])?;
        if escape.is_empty() {
            write!(out, "\\u{:04x}", c as u32)?;
        } else {
            out.write_str(escape)?;
        }
        from = i + c.len_utf8();
    }
    out.write_str(&value[from..])?;
    out.write_char('"')
}

pub(crate) fn is_first_ident_byte(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b == b':'
}

pub(crate) fn is_ident_byte(b: u8) -> bool {
    is_first_ident_byte(b) || b.is_ascii_digit() || b == b'.'
}

fn is_ident_char(c: char, first: bool) -> bool {
    if c.is_ascii() {
        if first {
            is_first_ident_byte(c as u8)
        } else {
            is_ident_byte(c as u8)
        }
    } else {
        c.is_alphabetic()
    }
}

/// Returns the length of the name at the start of `text`, 0 where there is none.
pub(crate) fn scan_ident(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 0;
    loop {
        match bytes.get(i) {
            Some(&b) if b.is_ascii() && b != b'\\' => {
                let belongs = if i == 0 {
                    is_first_ident_byte(b)
                } else {
                    is_ident_byte(b)
                };
                if !belongs {
                    return i;
                }
                i += 1;
            }
            Some(b'\\') => match decode_escape(&text[i + 1..]) {
                Some((_, len)) => i += 1 + len,
                None => return i,
            },
            Some(_) => match text[i..].chars().next() {
                Some(c) if is_ident_char(c, i == 0) => i += c.len_utf8(),
                _ => return i,
            },
            None => return i,
        }
    }
}

/// Decodes the escape after a backslash in a name: `x` and two digits, `u` and four, or any printable character.
fn decode_escape(text: &str) -> Option<(char, usize)> {
    let hex = |len: usize| {
        let digits = text.get(1..=len)?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
        Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, 1 + len))
    };
    match text.chars().next()? {
        'x' | 'X' => hex(2),
        'u' | 'U' => hex(4),
        c if c.is_control() || c == char::REPLACEMENT_CHARACTER || (c.is_whitespace() && c != ' ') => None,
        c => Some((c, c.len_utf8())),
    }
}

/// Returns a name without its escapes.
pub(crate) fn unescape_ident(name: &str) -> Cow<'_, str> {
    let Some(first) = name.find('\\') else {
        return Cow::Borrowed(name);
    };
    let mut out = String::with_capacity(name.len());
    let (mut rest, mut at) = (name, first);
    loop {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match decode_escape(rest) {
            Some((c, len)) => {
                out.push(c);
                rest = &rest[len..];
            }
            None => out.push('\\'),
        }
        match rest.find('\\') {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns whether every character is surely a letter for the server, whose Unicode tables may differ from ours.
fn is_safe_letter(c: char) -> bool {
    matches!(c,
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2af}' | '\u{391}'..='\u{3a1}'
        | '\u{3a3}'..='\u{3e1}' | '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}' | '\u{5d0}'..='\u{5ea}'
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fa5}' | '\u{ac00}'..='\u{d7a3}')
}

/// Returns whether a name needs no escapes.
pub(crate) fn is_plain_ident(name: &str) -> bool {
    let bytes = name.as_bytes();
    if name.is_ascii() {
        return bytes.first().is_some_and(|b| is_first_ident_byte(*b))
            && bytes.iter().all(|b| is_ident_byte(*b));
    }
    name.char_indices().all(|(i, c)| {
        if c.is_ascii() {
            is_ident_char(c, i == 0)
        } else {
            is_safe_letter(c)
        }
    })
}

/// Returns whether a name can be written in a query: not empty, and each character has an escape.
pub(crate) fn is_writable_ident(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| (c as u32) < 0x1_0000 && c != char::REPLACEMENT_CHARACTER)
}

/// Writes a name, escaping with backslashes what a name cannot hold.
pub(crate) fn write_ident(out: &mut dyn fmt::Write, name: &str) -> fmt::Result {
    if is_plain_ident(name) {
        return out.write_str(name);
    }
    if name.is_empty() {
        return out.write_str("\"\"");
    }
    for (i, c) in name.char_indices() {
        if is_safe_letter(c) || (c.is_ascii() && is_ident_char(c, i == 0)) {
            out.write_char(c)?;
        } else if c.is_ascii_punctuation() || c == ' ' || c.is_ascii_digit() || c as u32 >= 0x1_0000 {
            write!(out, "\\{c}")?;
        } else if (c as u32) < 0x100 {
            write!(out, "\\x{:02x}", c as u32)?;
        } else {
            write!(out, "\\u{:04x}", c as u32)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_follow_go() {
        for (token, expected) in [
            (r#""a\n\t\"\\""#, Some("a\n\t\"\\")),
            (r#""\u00e9\U0001F600\101\x41""#, Some("é😀AA")),
            (r#"'a"b\'c'"#, Some("a\"b'c")),
            (r#"'a\"b'"#, None),
            (r#""a\'b""#, None),
            (r"`a\b`", Some(r"a\b")),
            (r#""\ud800""#, None),
            (r#""\q""#, None),
            (r#""\777""#, None),
            ("\"a\nb\"", None),
        ] {
            assert_eq!(unquote(token).ok().as_deref(), expected, "{token}");
        }
    }

    #[test]
    fn names_round_trip_through_escapes() {
        for name in [
            "foo",
            "foo.bar",
            "foo-bar",
            "5m",
            "a b",
            "температура",
            "ⅷ",
            "a\tb",
            "a\\b",
            "x{y}",
            "é-x",
            "by",
        ] {
            let mut text = String::new();
            write_ident(&mut text, name).unwrap();
            assert_eq!(scan_ident(&text), text.len(), "{text}");
            assert_eq!(unescape_ident(&text), name);
        }
    }
}
