//! From text to tokens.

use crate::ast::BinaryOp;
use crate::error::{ParseError, ParseErrorKind};
use crate::number;
use crate::span::Span;
use crate::text::scan_ident;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Eof,
    Ident,
    String,
    Number,
    Duration,
    /// `$__interval` or `$__rate_interval`.
    Interval,
    /// An operator made of symbols.
    Op(BinaryOp),
    /// `=`
    Assign,
    /// `=~`
    Match,
    /// `!~`
    NotMatch,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    Comma,
    At,
}

/// A token: its kind and place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn span(self) -> Span {
        Span::new(self.start, self.end)
    }
}

/// Returns the token at or after `at`.
pub(crate) fn next(text: &str, mut at: usize) -> Result<Token, ParseError> {
    let bytes = text.as_bytes();
    let first = loop {
        match bytes.get(at) {
            None => {
                return Ok(Token {
                    kind: Kind::Eof,
                    start: text.len(),
                    end: text.len(),
                });
            }
            Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => at += 1,
            Some(b'#') => match bytes[at..].iter().position(|b| *b == b'\n') {
                Some(n) => at += n + 1,
                None => at = text.len(),
            },
            Some(b) => break *b,
        }
    };
    let token = |kind, len: usize| {
        Ok(Token {
            kind,
            start: at,
            end: at + len,
        })
    };
    let second = bytes.get(at + 1).copied();
    match first {
        b'{' => token(Kind::OpenBrace, 1),
        b'}' => token(Kind::CloseBrace, 1),
        b'[' => token(Kind::OpenBracket, 1),
        b']' => token(Kind::CloseBracket, 1),
        b'(' => token(Kind::OpenParen, 1),
        b')' => token(Kind::CloseParen, 1),
        b',' => token(Kind::Comma, 1),
        b'@' => token(Kind::At, 1),
        b'+' => token(Kind::Op(BinaryOp::Add), 1),
        b'-' => token(Kind::Op(BinaryOp::Sub), 1),
        b'*' => token(Kind::Op(BinaryOp::Mul), 1),
        b'/' => token(Kind::Op(BinaryOp::Div), 1),
        b'%' => token(Kind::Op(BinaryOp::Mod), 1),
        b'^' => token(Kind::Op(BinaryOp::Pow), 1),
        b'=' if second == Some(b'=') => token(Kind::Op(BinaryOp::Equal), 2),
        b'=' if second == Some(b'~') => token(Kind::Match, 2),
        b'=' => token(Kind::Assign, 1),
        b'!' if second == Some(b'=') => token(Kind::Op(BinaryOp::NotEqual), 2),
        b'!' if second == Some(b'~') => token(Kind::NotMatch, 2),
        b'>' if second == Some(b'=') => token(Kind::Op(BinaryOp::GreaterOrEqual), 2),
        b'>' => token(Kind::Op(BinaryOp::Greater), 1),
        b'<' if second == Some(b'=') => token(Kind::Op(BinaryOp::LessOrEqual), 2),
        b'<' => token(Kind::Op(BinaryOp::Less), 1),
        b'"' | b'\'' | b'`' => string(text, at),
        b'0'..=b'9' => number_or_duration(text, at),
        b'.' if second.is_some_and(|b| b.is_ascii_digit()) => number_or_duration(text, at),
        b'$' => {
            for name in ["$__interval", "$__rate_interval"] {
                if text[at..].starts_with(name) {
                    return token(Kind::Interval, name.len());
                }
            }
            Err(unknown(text, at))
        }
        _ => match scan_ident(&text[at..]) {
            0 => Err(unknown(text, at)),
            len => token(Kind::Ident, len),
        },
    }
}

fn unknown(text: &str, at: usize) -> ParseError {
    let c = text[at..].chars().next().unwrap_or_default();
    ParseError::new(
        ParseErrorKind::UnexpectedCharacter(c),
        Span::new(at, at + c.len_utf8()),
    )
}

/// Scans to the closing quote, past escaped ones; a backslash escapes in backticks, too, as in the server's lexer.
fn string(text: &str, at: usize) -> Result<Token, ParseError> {
    let bytes = text.as_bytes();
    let quote = bytes[at];
    let mut i = at + 1;
    while let Some(b) = bytes.get(i) {
        if *b == quote {
            return Ok(Token {
                kind: Kind::String,
                start: at,
                end: i + 1,
            });
        }
        i += if *b == b'\\' { 2 } else { 1 };
    }
    Err(ParseError::new(
        ParseErrorKind::UnclosedString,
        Span::new(at, text.len()),
    ))
}

fn number_or_duration(text: &str, at: usize) -> Result<Token, ParseError> {
    let bytes = text.as_bytes();
    if let Some(mut end) = crate::ast::duration_unit_end(bytes, at, false) {
        while let Some(next) = crate::ast::duration_unit_end(bytes, end, true) {
            end = next;
        }
        return Ok(Token {
            kind: Kind::Duration,
            start: at,
            end,
        });
    }
    match number::scan(&bytes[at..]) {
        Some(len) => Ok(Token {
            kind: Kind::Number,
            start: at,
            end: at + len,
        }),
        None => {
            let end = bytes[at..]
                .iter()
                .position(|b| b.is_ascii_whitespace())
                .map_or(text.len(), |n| at + n);
            let span = Span::new(at, end.max(at + 1));
            Err(ParseError::new(
                ParseErrorKind::InvalidNumber(span.text(text).to_owned()),
                span,
            ))
        }
    }
}
