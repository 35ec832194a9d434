//! As much of HTTP/1.1 as a proxy needs (RFC 9112).

use std::io::{self, BufRead, Read, Write};

/// A larger head is no head.
const MAX_HEAD: usize = 64 * 1024;
/// A larger message is refused: it is held in memory.
const MAX_BODY: u64 = 256 * 1024 * 1024;

/// The start line and the headers of a message.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) start: String,
    pub(super) headers: Vec<(String, String)>,
}

/// Where a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Known(u64),
    Chunked,
    /// With the connection.
    Close,
}

impl Head {
    /// Reads a head; returns nothing where the connection ends before it.
    pub(super) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut text = String::new();
        let mut limited = from.take(MAX_HEAD as u64);
        loop {
            let before = text.len();
            if limited.read_line(&mut text)? == 0 {
                return match text.len() {
                    0 => Ok(None),
                    _ => Err(malformed("the head is cut")),
                };
            }
            if text[before..].trim_end().is_empty() {
                break;
            }
        }
        let mut lines = text.lines();
        let start = lines.next().unwrap_or_default().to_owned();
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        });
        Ok(Some(Self {
            start,
            headers: headers.collect(),
        }))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut text = format!("{}\r\n", self.start);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        out.write_all(text.as_bytes())
    }

    /// Returns the status of an answer.
    pub(super) fn status(&self) -> Option<u16> {
        self.start.split(' ').nth(1)?.parse().ok()
    }

    /// Reads the body of a request, as it was sent and at most `most` bytes of it.
    pub(super) fn request_body(&self, from: &mut impl BufRead, most: usize) -> io::Result<Vec<u8>> {
        self.body(from, most as u64, Length::Known(0))
    }

    /// Reads the body of an answer to a request with this start line, as it was sent.
    pub(super) fn answer_body(&self, from: &mut impl BufRead, request: &str) -> io::Result<Vec<u8>> {
        let none = request.starts_with("HEAD ") || matches!(self.status(), Some(100..=199 | 204 | 304));
        if none {
            return Ok(Vec::new());
        }
        self.body(from, u64::MAX, Length::Close)
    }

    /// Returns whether the end of an answer's body can be told while the connection stays open.
    pub(super) fn is_delimited(&self) -> bool {
        self.length(Length::Close) != Length::Close || matches!(self.status(), Some(204 | 304))
    }

    fn length(&self, otherwise: Length) -> Length {
        let chunked = |value: &str| value.to_ascii_lowercase().ends_with("chunked");
        if self.get("transfer-encoding").is_some_and(chunked) {
            return Length::Chunked;
        }
        let known = self.get("content-length").and_then(|value| value.parse().ok());
        known.map_or(otherwise, Length::Known)
    }

    fn body(&self, from: &mut impl BufRead, most: u64, otherwise: Length) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        match self.length(otherwise) {
            Length::Known(bytes) if bytes > MAX_BODY => return Err(malformed("the body is too large")),
            Length::Known(bytes) => {
                let wanted = bytes.min(most);
                from.take(wanted).read_to_end(&mut body)?;
                if (body.len() as u64) < wanted {
                    return Err(malformed("the body is cut"));
                }
            }
            Length::Close => drop(from.take(MAX_BODY).read_to_end(&mut body)?),
            Length::Chunked => {
                while (body.len() as u64) < most && chunk(from, &mut body)? {}
                body.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            }
        }
        Ok(body)
    }
}

/// Adds a chunk as it was sent, its size line included; returns false after the last one and the trailers.
fn chunk(from: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<bool> {
    let line = line(from)?;
    let digits = line.split(';').next().unwrap_or_default().trim();
    let bytes = u64::from_str_radix(digits, 16).map_err(|_| malformed("a chunk has no size"))?;
    if bytes > MAX_BODY || body.len() as u64 > MAX_BODY {
        return Err(malformed("the body is too large"));
    }
    body.extend(line.as_bytes());
    if bytes == 0 {
        loop {
            let trailer = self::line(from)?;
            body.extend(trailer.as_bytes());
            if trailer.trim_end().is_empty() {
                return Ok(false);
            }
        }
    }
    let wanted = bytes + 2;
    if from.take(wanted).read_to_end(body)? as u64 != wanted {
        return Err(malformed("a chunk is cut"));
    }
    Ok(true)
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if from.take(MAX_HEAD as u64).read_line(&mut line)? == 0 {
        return Err(malformed("the body is cut"));
    }
    Ok(line)
}

fn malformed(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
