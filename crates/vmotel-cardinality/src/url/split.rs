//! From a URL or request target to the segments of its path.

use super::class::{self, Mask};

/// Segments kept; what lies deeper becomes `**`.
pub(crate) const MAX_SEGMENTS: usize = 10;

/// One segment: a range of the input and the classes of its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) mask: Mask,
}

/// The segments of a path, without empty ones, `.` and `..`.
#[derive(Debug)]
pub(crate) struct Segments {
    spans: [Span; MAX_SEGMENTS],
    len: usize,
    /// Segments beyond the last span.
    deeper: usize,
}

impl Segments {
    pub(crate) fn as_slice(&self) -> &[Span] {
        &self.spans[..self.len]
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.deeper > 0
    }

    fn push(&mut self, span: Span) {
        if self.len < MAX_SEGMENTS {
            self.spans[self.len] = span;
            self.len += 1;
        } else {
            self.deeper += 1;
        }
    }

    fn pop(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.len = self.len.saturating_sub(1);
        }
    }
}

/// Returns where the path starts: after `scheme://authority` if there is one.
pub(crate) fn path_start(input: &[u8]) -> usize {
    match input.first() {
        Some(first) if first.is_ascii_alphabetic() => {}
        _ => return 0,
    }
    let scheme = input
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(byte))
        .count();
    if !input[scheme..].starts_with(b"://") {
        return 0;
    }
    let authority = scheme + 3;
    input[authority..]
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
        .map_or(input.len(), |length| authority + length)
}

/// Splits the path that starts at `start` and ends at the first `?` or `#`.
pub(crate) fn split(input: &[u8], start: usize) -> Segments {
    let mut segments = Segments {
        spans: [Span::default(); MAX_SEGMENTS],
        len: 0,
        deeper: 0,
    };
    let mut at = start;
    loop {
        let begin = at;
        let mut mask = 0;
        let mut stop = 0;
        for &byte in &input[begin..] {
            let class = class::of(byte);
            if class & class::STOP != 0 {
                stop = byte;
                break;
            }
            mask |= class;
            at += 1;
        }
        if at > begin {
            take(
                input,
                Span {
                    start: begin,
                    end: at,
                    mask,
                },
                &mut segments,
            );
        }
        if stop == b';' {
            // Matrix parameters end at the next slash, or where the path ends.
            at += input[at..]
                .iter()
                .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
                .unwrap_or(input.len() - at);
            stop = input.get(at).copied().unwrap_or(0);
        }
        if stop != b'/' {
            return segments;
        }
        at += 1;
    }
}

fn take(input: &[u8], span: Span, segments: &mut Segments) {
    if span.mask & !(class::DOT | class::PERCENT | class::DIGIT | class::LETTER) == 0
        && span.mask & (class::DOT | class::PERCENT) != 0
    {
        match dots(&input[span.start..span.end]) {
            Some(1) => return,
            Some(2) => return segments.pop(),
            _ => {}
        }
    }
    segments.push(span);
}

/// Returns how many dots a segment of one or two dots has, plain or as `%2e`.
fn dots(segment: &[u8]) -> Option<usize> {
    let mut rest = segment;
    let mut count = 0;
    while count < 3 {
        rest = match rest {
            [] => return Some(count),
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return None,
        };
        count += 1;
    }
    None
}
