//! File names: the ending and the fixed parts stay, the variable parts are replaced in place.

use super::class::{self, COLON, DIGIT, Mask, all_digits, is_separator};
use super::format;
use super::placeholder::Placeholder;
use super::random;
use super::segment::{self, MAX_LEN};

/// Known endings, sorted.
const ENDINGS: [&str; 93] = [
    "7z",
    "action",
    "apk",
    "asp",
    "aspx",
    "atom",
    "avi",
    "avif",
    "bin",
    "bmp",
    "bz2",
    "cgi",
    "cjs",
    "css",
    "csv",
    "deb",
    "dmg",
    "do",
    "doc",
    "docx",
    "eot",
    "exe",
    "gem",
    "gif",
    "gz",
    "htm",
    "html",
    "ico",
    "ics",
    "ipa",
    "iso",
    "jar",
    "jpeg",
    "jpg",
    "js",
    "json",
    "jsonld",
    "jsp",
    "jspx",
    "log",
    "m3u8",
    "m4a",
    "m4s",
    "map",
    "md",
    "mjs",
    "mkv",
    "mov",
    "mp3",
    "mp4",
    "msi",
    "ogg",
    "otf",
    "parquet",
    "pdf",
    "php",
    "png",
    "ppt",
    "pptx",
    "proto",
    "rar",
    "rpm",
    "rss",
    "shtml",
    "sql",
    "svg",
    "swf",
    "tar",
    "tgz",
    "tif",
    "tiff",
    "ts",
    "tsv",
    "ttf",
    "txt",
    "war",
    "wasm",
    "wav",
    "webm",
    "webmanifest",
    "webp",
    "whl",
    "woff",
    "woff2",
    "xhtml",
    "xls",
    "xlsx",
    "xml",
    "xz",
    "yaml",
    "yml",
    "zip",
    "zst",
];

/// What becomes of a file name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileVerdict {
    Keep,
    /// The stem becomes a placeholder; the ending starts at the offset.
    Stem(Placeholder, usize),
    /// Parts of the stem, which ends at the offset, become placeholders.
    Parts(usize),
    Whole(Placeholder),
}

/// Splits a file name with a known ending: the length of its stem, without `@2x`, or `None`.
pub(crate) fn stem_len(name: &[u8]) -> Option<usize> {
    let dot = name.iter().rposition(|&byte| byte == b'.')?;
    if !is_known(&name[dot + 1..]) {
        return None;
    }
    Some(if dot >= 3 && is_density(&name[dot - 3..]) {
        dot - 3
    } else {
        dot
    })
}

/// Tells whether the text is a density mark and an ending: `@2x.png`.
pub(crate) fn is_density(text: &[u8]) -> bool {
    matches!(text, [b'@', b'1'..=b'4', b'x', b'.', ending @ ..] if is_known(ending))
}

fn is_known(ending: &[u8]) -> bool {
    let mut lower = [0; 11];
    let Some(lower) = lower.get_mut(..ending.len()) else {
        return false;
    };
    for (to, from) in lower.iter_mut().zip(ending) {
        *to = from.to_ascii_lowercase();
    }
    let lower: &[u8] = lower;
    ENDINGS
        .binary_search_by(|known| known.as_bytes().cmp(lower))
        .is_ok()
}

/// Decides a file name whose stem has `stem_len` bytes.
pub(crate) fn judge(name: &[u8], stem_len: usize, collapsed: Option<&str>) -> FileVerdict {
    let stem = &name[..stem_len];
    let mask = class::mask(stem);
    if mask & (class::SPECIAL & !COLON) != 0
        && collapsed.is_none_or(|placeholder| !is_marked(stem, placeholder))
    {
        return FileVerdict::Whole(Placeholder::Str);
    }
    if mask & class::SPECIAL == 0
        && let Some(placeholder) = segment::variable_stem(stem, mask)
    {
        return FileVerdict::Stem(placeholder, stem_len);
    }
    let mut len = name.len() - stem_len;
    let mut parts = 0;
    let mut replaced = false;
    let mut marked = false;
    for piece in Pieces::new(stem, collapsed) {
        len += piece.separator.len();
        match piece.what {
            What::Text(text) => {
                if text.iter().any(|byte| !byte.is_ascii_alphanumeric()) {
                    return FileVerdict::Whole(Placeholder::Str);
                }
                parts += usize::from(!text.is_empty());
                len += text.len();
            }
            What::Variable(placeholder) => {
                replaced = true;
                len += collapsed.map_or(placeholder.name().len(), str::len);
            }
            What::Marked(text) => {
                marked = true;
                len += text.len();
            }
        }
    }
    if len > MAX_LEN {
        FileVerdict::Whole(Placeholder::Str)
    } else if replaced {
        FileVerdict::Parts(stem_len)
    } else if parts >= 5 && !marked {
        FileVerdict::Stem(Placeholder::Slug, stem_len)
    } else {
        FileVerdict::Keep
    }
}

fn is_marked(stem: &[u8], placeholder: &str) -> bool {
    Pieces::new(stem, Some(placeholder)).all(|piece| match piece.what {
        What::Text(text) => text.iter().all(u8::is_ascii_alphanumeric),
        What::Variable(_) | What::Marked(_) => true,
    })
}

/// A part of a stem and the separator before it.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) separator: &'a [u8],
    pub(crate) what: What<'a>,
}

/// A fixed part, a variable one, or one that is a placeholder already.
#[derive(Debug)]
pub(crate) enum What<'a> {
    Text(&'a [u8]),
    Variable(Placeholder),
    Marked(&'a [u8]),
}

/// Walks over the parts of a stem.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    rest: &'a [u8],
    collapsed: Option<&'a str>,
    started: bool,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(stem: &'a [u8], collapsed: Option<&'a str>) -> Self {
        Self {
            rest: stem,
            collapsed,
            started: false,
        }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.started && self.rest.is_empty() {
            return None;
        }
        let (separator, rest) = self.rest.split_at(usize::from(self.started));
        self.started = true;
        let end = rest
            .iter()
            .position(|&byte| is_separator(byte))
            .unwrap_or(rest.len());
        let part = &rest[..end];
        let (len, what) = if Placeholder::parse(part).is_some()
            || self.collapsed.is_some_and(|name| name.as_bytes() == part)
        {
            (end, What::Marked(part))
        } else if let Some((placeholder, len)) = spanning(rest) {
            (len, What::Variable(placeholder))
        } else {
            (end, variable(part).map_or(What::Text(part), What::Variable))
        };
        self.rest = &rest[len..];
        Some(Piece { separator, what })
    }
}

/// A format that spans separators: a UUID, a date, a version.
fn spanning(rest: &[u8]) -> Option<(Placeholder, usize)> {
    let ends = |len: usize| rest.get(len).is_none_or(|&byte| is_separator(byte));
    if rest.len() >= 36 && format::is_uuid(&rest[..36]) && ends(36) {
        return Some((Placeholder::Uuid, 36));
    }
    if !matches!(rest.first(), Some(b'0'..=b'9' | b'v' | b'V')) {
        return None;
    }
    if let Some(len) = format::iso_date_prefix(rest).filter(|&len| ends(len)) {
        return Some((Placeholder::Date, len));
    }
    format::version_prefix(rest).map(|len| (Placeholder::Version, len))
}

fn variable(part: &[u8]) -> Option<Placeholder> {
    let mask: Mask = class::mask(part);
    if mask & DIGIT != 0 {
        if all_digits(part) {
            return (part.len() >= 3).then_some(Placeholder::Id);
        }
        if format::is_size(part) {
            return Some(Placeholder::Size);
        }
    }
    if format::is_hash(part, mask) || random::is_random(part, mask, random::FILE) {
        return Some(Placeholder::Hash);
    }
    (class::count_digits(part) >= 4).then_some(Placeholder::Id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_sorted_and_known() {
        assert!(ENDINGS.is_sorted());
        for ending in ENDINGS {
            assert!(is_known(ending.as_bytes()), "{ending}");
        }
        assert!(is_known(b"PNG"));
        assert!(!is_known(b"well-known-thing"));
        assert!(!is_known(b""));
    }
}
