//! A check of RE2 syntax as the servers do it, without building a matcher.

/// The highest count in `{n,m}`, also for nested repetitions together.
const MAX_REPEAT: u32 = 1000;

/// Checks a regular expression as the servers compile it: wrapped into `^(?:...)$`.
pub(crate) fn check_anchored(pattern: &str) -> Result<(), String> {
    if !pattern.bytes().any(is_meta) {
        return Ok(());
    }
    check(pattern, 1)
}

/// Checks a regular expression that is not anchored.
pub(crate) fn check_plain(pattern: &str) -> Result<(), String> {
    check(pattern, 0)
}

fn is_meta(b: u8) -> bool {
    matches!(
        b,
        b'\\' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'*' | b'+' | b'?'
    )
}

/// One open group: the highest product of repetitions inside the finished part and of the last term.
#[derive(Clone, Copy)]
struct Group {
    has_term: bool,
    repeated: bool,
    term: u32,
    max: u32,
}

impl Group {
    const EMPTY: Self = Self {
        has_term: false,
        repeated: false,
        term: 1,
        max: 1,
    };

    fn push_term(&mut self, cost: u32) {
        self.max = self.max.max(self.term);
        *self = Self {
            has_term: true,
            repeated: false,
            term: cost,
            max: self.max,
        };
    }
}

fn check(pattern: &str, outer_groups: usize) -> Result<(), String> {
    let mut groups = vec![Group::EMPTY; outer_groups + 1];
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let group = groups.last_mut().ok_or("unexpected `)`")?;
        let taken = match c {
            '\\' => {
                let taken = escape(rest, false)?;
                group.push_term(1);
                taken
            }
            '(' => {
                if groups.len() > 250 {
                    return Err("groups nest too deep".to_owned());
                }
                let (taken, opens) = group_start(rest)?;
                if opens {
                    groups.push(Group::EMPTY);
                }
                taken
            }
            ')' => {
                let inner = *group;
                groups.pop();
                groups
                    .last_mut()
                    .ok_or("unexpected `)`")?
                    .push_term(inner.max.max(inner.term));
                1
            }
            '|' => {
                let max = group.max.max(group.term);
                *group = Group { max, ..Group::EMPTY };
                1
            }
            '[' => {
                let taken = class(rest)?;
                group.push_term(1);
                taken
            }
            '*' | '+' | '?' => repeat(rest, 1, None, group)?,
            '{' => match counts(rest) {
                Some((len, min, max)) => {
                    if min > MAX_REPEAT || max.is_some_and(|m| m > MAX_REPEAT || m < min) {
                        return Err(format!("invalid repeat count `{}`", &rest[..len]));
                    }
                    repeat(rest, len, Some(max.unwrap_or(min)), group)?
                }
                None => {
                    group.push_term(1);
                    1
                }
            },
            c => {
                group.push_term(1);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    if groups.len() > outer_groups + 1 {
        return Err("missing `)`".to_owned());
    }
    if groups.len() <= outer_groups {
        return Err("unexpected `)`".to_owned());
    }
    Ok(())
}

fn repeat(rest: &str, len: usize, count: Option<u32>, group: &mut Group) -> Result<usize, String> {
    if !group.has_term {
        return Err(format!("nothing to repeat before `{}`", &rest[..len]));
    }
    if group.repeated {
        return Err(format!("repetition `{}` of a repetition", &rest[..len]));
    }
    group.repeated = true;
    if let Some(count) = count {
        group.term = group.term.saturating_mul(count.max(1));
        if count >= 2 && group.term > MAX_REPEAT {
            return Err(format!(
                "repeat counts multiply to more than {MAX_REPEAT} at `{}`",
                &rest[..len]
            ));
        }
    }
    Ok(if rest[len..].starts_with('?') {
        len + 1
    } else {
        len
    })
}

/// Parses `{n}`, `{n,}` or `{n,m}`; other braces are literal.
fn counts(rest: &str) -> Option<(usize, u32, Option<u32>)> {
    let close = rest.find('}')?;
    let inner = &rest[1..close];
    let number = |s: &str| {
        let is_number =
            !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()) && (s.len() == 1 || !s.starts_with('0'));
        is_number.then(|| s.parse().unwrap_or(u32::MAX))
    };
    match inner.split_once(',') {
        None => number(inner).map(|n| (close + 1, n, Some(n))),
        Some((min, "")) => number(min).map(|n| (close + 1, n, None)),
        Some((min, max)) => Some((close + 1, number(min)?, Some(number(max)?))),
    }
}

/// Returns the length of a group's opening and whether it opens a group (flags such as `(?i)` do not).
fn group_start(rest: &str) -> Result<(usize, bool), String> {
    let Some(after) = rest.strip_prefix("(?") else {
        return Ok((1, true));
    };
    let unsupported = || {
        format!(
            "unsupported syntax `{}`",
            rest.chars().take(4).collect::<String>()
        )
    };
    for start in ["P<", "<"] {
        if let Some(name) = after.strip_prefix(start) {
            let end = name.find('>').ok_or_else(unsupported)?;
            let is_name = end > 0 && name[..end].chars().all(|c| c == '_' || c.is_alphanumeric());
            return if is_name {
                Ok((2 + start.len() + end + 1, true))
            } else {
                Err(unsupported())
            };
        }
    }
    let (mut negative, mut flags) = (false, 0);
    for (i, c) in after.char_indices() {
        match c {
            'i' | 'm' | 's' | 'U' => flags += 1,
            '-' if !negative => {
                negative = true;
                flags = 0;
            }
            ':' | ')' if !negative || flags > 0 => return Ok((2 + i + 1, c == ':')),
            _ => break,
        }
    }
    Err(unsupported())
}

/// Returns the length of the escape at the start of `rest`.
fn escape(rest: &str, in_class: bool) -> Result<usize, String> {
    let mut chars = rest.chars();
    chars.next();
    let Some(c) = chars.next() else {
        return Err("trailing backslash".to_owned());
    };
    let invalid = || format!("invalid escape `{}`", rest.chars().take(2).collect::<String>());
    match c {
        'Q' if !in_class => Ok(rest.find("\\E").map_or(rest.len(), |n| n + 2)),
        'A' | 'b' | 'B' | 'z' if !in_class => Ok(2),
        'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'a' | 'f' | 'n' | 'r' | 't' | 'v' => Ok(2),
        'p' | 'P' => {
            let name = &rest[2..];
            let len = if name.starts_with('{') {
                name.find('}').ok_or_else(invalid)? + 1
            } else {
                name.chars().next().ok_or_else(invalid)?.len_utf8()
            };
            let class = name[..len].trim_matches(['{', '}']).trim_start_matches('^');
            let known = !class.is_empty() && class.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if known && (class.len() > 1 || "CLMNPSZ".contains(class)) {
                Ok(2 + len)
            } else {
                Err(invalid())
            }
        }
        'x' => {
            let digits = &rest[2..];
            if let Some(inner) = digits.strip_prefix('{') {
                let end = inner.find('}').ok_or_else(invalid)?;
                let code = u32::from_str_radix(&inner[..end], 16).map_err(|_| invalid())?;
                return if code <= 0x10_FFFF {
                    Ok(3 + end + 1)
                } else {
                    Err(invalid())
                };
            }
            match digits.as_bytes() {
                [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => Ok(4),
                _ => Err(invalid()),
            }
        }
        '0' => Ok(rest[2..]
            .bytes()
            .take(2)
            .take_while(|b| (b'0'..=b'7').contains(b))
            .count()
            + 2),
        '1'..='7' => match rest.as_bytes().get(2) {
            Some(b'0'..=b'7') => Ok(3 + usize::from(matches!(rest.as_bytes().get(3), Some(b'0'..=b'7')))),
            _ => Err(invalid()),
        },
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(2),
        _ => Err(invalid()),
    }
}

/// Returns the length of a character class.
fn class(rest: &str) -> Result<usize, String> {
    const POSIX: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
        "upper", "word", "xdigit",
    ];
    let mut at = 1 + usize::from(rest[1..].starts_with('^'));
    let mut first = true;
    loop {
        let tail = &rest[at..];
        let Some(c) = tail.chars().next() else {
            return Err("missing `]`".to_owned());
        };
        if c == ']' && !first {
            return Ok(at + 1);
        }
        first = false;
        if let Some(name) = tail.strip_prefix("[:")
            && let Some(end) = name.find(":]")
        {
            if !POSIX.contains(&name[..end].trim_start_matches('^')) {
                return Err(format!("unknown character class `[:{}:]`", &name[..end]));
            }
            at += end + 4;
            continue;
        }
        let (low, len) = class_char(tail)?;
        at += len;
        let Some(low) = low else { continue };
        let range = &rest[at..];
        if range.starts_with('-') && !range.starts_with("-]") && range.len() > 1 {
            let (high, len) = class_char(&range[1..])?;
            match high {
                Some(high) if high >= low => at += 1 + len,
                _ => return Err(format!("invalid range from `{low}`")),
            }
        }
    }
}

/// Returns the character at the start of `text` inside a class, `None` for an escape that is a class itself.
fn class_char(text: &str) -> Result<(Option<char>, usize), String> {
    let Some(c) = text.chars().next() else {
        return Err("missing `]`".to_owned());
    };
    if c != '\\' {
        return Ok((Some(c), c.len_utf8()));
    }
    let len = escape(text, true)?;
    let c = match text[1..len].chars().next() {
        Some('d' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P') => None,
        Some('n') => Some('\n'),
        Some('r') => Some('\r'),
        Some('t') => Some('\t'),
        Some('a') => Some('\x07'),
        Some('f') => Some('\x0c'),
        Some('v') => Some('\x0b'),
        Some('x') => {
            let digits = text[2..len].trim_matches(['{', '}']);
            u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
        }
        Some('0'..='7') => u32::from_str_radix(&text[1..len], 8)
            .ok()
            .and_then(char::from_u32),
        other => other,
    };
    Ok((c, len))
}

#[cfg(test)]
mod tests;
