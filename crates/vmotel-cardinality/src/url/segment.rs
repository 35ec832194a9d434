//! What becomes of one segment: the order of the decisions.

use super::class::{
    self, AT, BAD, COLON, DASH, DIGIT, DOT, EQUALS, LETTER, LOWER, MARK, Mask, NON_HEX, SEPARATOR, SPECIAL,
    UNDER, all_digits,
};
use super::compound;
use super::file::{self, FileVerdict};
use super::format;
use super::placeholder::Placeholder;
use super::random;

/// The longest segment of an output, in bytes.
pub(crate) const MAX_LEN: usize = 64;
/// The longest name of a client's own placeholder, function or verb.
const MAX_NAME: usize = 32;

/// What is written for a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Keep,
    Is(Placeholder),
    /// A placeholder, then the text from the offset on (`:id:cancel`).
    Verb(Placeholder, usize),
    /// The text up to the offset, then `(:key)`.
    Key(usize),
    File(FileVerdict),
}

/// What a judgement depends on besides the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// Whether any `:name` and `{name}` counts as a template.
    pub(crate) trust_templates: bool,
    /// The one name that all placeholders are written as.
    pub(crate) collapsed: Option<&'a str>,
    /// Names of own segment rules.
    pub(crate) names: &'a [Box<str>],
}

impl Context<'_> {
    fn knows(&self, text: &[u8]) -> bool {
        Placeholder::parse(text).is_some()
            || self.collapsed.is_some_and(|name| name.as_bytes() == text)
            || self.names.iter().any(|name| name.as_bytes() == text)
    }
}

/// Judges a decoded segment. `mask` holds the classes of its bytes.
pub(crate) fn judge(text: &[u8], mask: Mask, context: Context<'_>) -> Verdict {
    // The three commonest shapes first: a short word, a number, a word.
    if mask & !(LOWER | NON_HEX) == 0 && text.len() < 8 {
        return Verdict::Keep;
    }
    if mask == DIGIT {
        return Verdict::Is(Placeholder::Id);
    }
    if mask & !(LETTER | NON_HEX) == 0 {
        return letters(text, mask);
    }
    if mask & (COLON | MARK) != 0 && is_template(text, context) {
        return Verdict::Keep;
    }
    if mask & BAD != 0 {
        return Verdict::Is(Placeholder::Str);
    }
    if let Some(placeholder) = addresses_and_times(text, mask) {
        return Verdict::Is(placeholder);
    }
    if mask & SPECIAL == 0 {
        return plain(text, mask, context);
    }
    special(text, mask, context)
}

/// Letters only: a word unless it is a long hash or unpronounceable.
fn letters(text: &[u8], mask: Mask) -> Verdict {
    if format::is_hash(text, mask) {
        Verdict::Is(Placeholder::Hash)
    } else if random::is_random(text, mask, random::SEGMENT) {
        Verdict::Is(Placeholder::Token)
    } else if text.len() > MAX_LEN {
        Verdict::Is(Placeholder::Str)
    } else {
        Verdict::Keep
    }
}

/// Letters, digits and separators.
fn plain(text: &[u8], mask: Mask, context: Context<'_>) -> Verdict {
    if mask & SEPARATOR == 0 {
        // No separator: no version, host, date or file. What is left are identifiers and words with digits.
        let placeholder = solid(text, mask).or_else(|| digits_in_word(text, mask));
        return finish(placeholder, text);
    }
    if mask & DIGIT != 0 && format::is_api_version(text) {
        return Verdict::Keep;
    }
    if let Some(placeholder) = names_and_numbers(text, mask) {
        return Verdict::Is(placeholder);
    }
    if mask & DOT != 0
        && let Some(stem) = file::stem_len(text)
    {
        return file_verdict(text, stem, context);
    }
    if mask & DASH != 0 && mask & DIGIT != 0 && format::contains_uuid(text) {
        return Verdict::Is(Placeholder::Uuid);
    }
    finish(compound::judge(text, mask), text)
}

fn finish(placeholder: Option<Placeholder>, text: &[u8]) -> Verdict {
    match placeholder {
        Some(placeholder) => Verdict::Is(placeholder),
        None if text.len() > MAX_LEN => Verdict::Is(Placeholder::Str),
        None => Verdict::Keep,
    }
}

/// Text with a character outside letters, digits and separators that is no address, time or digest.
fn special(text: &[u8], mask: Mask, context: Context<'_>) -> Verdict {
    if mask & MARK != 0 && (format::is_phone(text, mask) || format::is_version(text)) {
        let phone = format::is_phone(text, mask);
        return Verdict::Is(if phone {
            Placeholder::Phone
        } else {
            Placeholder::Version
        });
    }
    if mask & EQUALS != 0 && format::is_base64_padded(text) {
        return Verdict::Is(Placeholder::Token);
    }
    if mask & COLON != 0 && mask & (DOT | LETTER) != 0 && format::is_host(text) {
        return Verdict::Is(Placeholder::Host);
    }
    if mask & MARK != 0 && format::is_number(text) {
        return Verdict::Is(Placeholder::Id);
    }
    if mask & DOT != 0
        && let Some(stem) = file::stem_len(text)
    {
        return file_verdict(text, stem, context);
    }
    if mask & MARK != 0
        && let Some(verdict) = odata(text, context)
    {
        return verdict;
    }
    if mask & COLON != 0
        && let Some(verdict) = custom_method(text, context)
    {
        return verdict;
    }
    Verdict::Is(Placeholder::Str)
}

fn file_verdict(text: &[u8], stem: usize, context: Context<'_>) -> Verdict {
    match file::judge(text, stem, context.collapsed) {
        FileVerdict::Keep if text.len() > MAX_LEN => Verdict::Is(Placeholder::Str),
        FileVerdict::Keep => Verdict::Keep,
        FileVerdict::Whole(placeholder) => Verdict::Is(placeholder),
        verdict => Verdict::File(verdict),
    }
}

/// Returns the placeholder for a whole stem, if it is a variable one.
pub(crate) fn variable_stem(stem: &[u8], mask: Mask) -> Option<Placeholder> {
    if stem.is_empty() {
        return None;
    }
    if mask == DIGIT {
        return Some(Placeholder::Id);
    }
    if let Some(placeholder) = addresses_and_times(stem, mask) {
        return Some(placeholder);
    }
    if mask & SEPARATOR == 0 {
        return solid(stem, mask).or_else(|| {
            if mask & DIGIT != 0 {
                digits_in_word(stem, mask)
            } else {
                None
            }
        });
    }
    if mask & DIGIT != 0 && format::is_api_version(stem) {
        return None;
    }
    names_and_numbers(stem, mask).or_else(|| random::is_base64url(stem, mask).then_some(Placeholder::Token))
}

/// Electronic addresses, UUIDs, digests, dates, telephone numbers: what is recognised before any version.
fn addresses_and_times(text: &[u8], mask: Mask) -> Option<Placeholder> {
    if mask & AT != 0 && format::is_email(text) {
        return Some(Placeholder::Email);
    }
    if mask & (DIGIT | COLON) == 0 && (mask & NON_HEX != 0 || mask & DASH == 0) {
        return None;
    }
    if mask & (DOT | COLON) != 0 && format::is_ip(text) {
        return Some(Placeholder::Ip);
    }
    if mask & (DASH | COLON) != 0 {
        if mask & NON_HEX == 0 && format::is_mac(text) {
            return Some(Placeholder::Mac);
        }
        if format::is_uuid_text(text) {
            return Some(Placeholder::Uuid);
        }
        if mask & COLON != 0 && format::is_digest(text) {
            return Some(Placeholder::Hash);
        }
    }
    if mask & DIGIT != 0 && matches!(text[0], b'0'..=b'3') && text.len() >= 7 && format::is_date(text) {
        return Some(Placeholder::Date);
    }
    if mask & DIGIT != 0 && text.len() >= 8 && format::is_phone(text, mask) {
        return Some(Placeholder::Phone);
    }
    None
}

/// Versions, hosts, numbers, issue keys and tokens with separators.
fn names_and_numbers(text: &[u8], mask: Mask) -> Option<Placeholder> {
    if mask & DOT != 0 {
        if mask & DIGIT != 0 && format::is_version(text) {
            return Some(Placeholder::Version);
        }
        if format::is_host(text) {
            return Some(Placeholder::Host);
        }
        if format::is_jwt(text) {
            return Some(Placeholder::Token);
        }
    }
    if mask & DIGIT != 0 {
        // Digits and separators only: a number, or several of them.
        if mask & LETTER == 0 || format::is_issue_key(text) {
            return Some(Placeholder::Id);
        }
    }
    None
}

/// Identifiers without separators: hashes and the like, then random text.
fn solid(text: &[u8], mask: Mask) -> Option<Placeholder> {
    if mask & DIGIT != 0 {
        if format::is_api_version(text) {
            return None;
        }
        if format::is_object_id(text, mask) {
            return Some(Placeholder::ObjectId);
        }
        if format::is_hash(text, mask) {
            return Some(Placeholder::Hash);
        }
        if format::is_ulid(text, mask) {
            return Some(Placeholder::Ulid);
        }
        if format::is_ksuid(text, mask) {
            return Some(Placeholder::Ksuid);
        }
        if format::is_size(text) {
            return Some(Placeholder::Size);
        }
    } else if format::is_hash(text, mask) {
        return Some(Placeholder::Hash);
    }
    random::is_random(text, mask, random::SEGMENT).then_some(Placeholder::Token)
}

/// A word with four or more digits.
fn digits_in_word(text: &[u8], mask: Mask) -> Option<Placeholder> {
    if mask & LETTER == 0 || class::count_digits(text) < 4 {
        return None;
    }
    Some(if random::changes(text) <= 2 {
        Placeholder::Id
    } else {
        Placeholder::Token
    })
}

/// A template already: `*`, `**`, `:name`, `{name}`, `{*name}`.
fn is_template(text: &[u8], context: Context<'_>) -> bool {
    match text {
        b"*" | b"**" => true,
        _ if context.knows(text) => true,
        _ if !context.trust_templates => false,
        [b':', name @ ..] | [b'{', b'*', name @ .., b'}'] | [b'{', name @ .., b'}'] => is_name(name, context),
        _ => false,
    }
}

/// Tells whether the text is an identifier that would be kept as a segment.
fn is_name(name: &[u8], context: Context<'_>) -> bool {
    let mask = class::mask(name);
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name[0].is_ascii_digit()
        && mask & !(LETTER | DIGIT | UNDER | NON_HEX) == 0
        && matches!(judge(name, mask, context), Verdict::Keep)
}

/// `Name(...)` with a key inside, and `$name`.
fn odata(text: &[u8], context: Context<'_>) -> Option<Verdict> {
    if let [b'$', name @ ..] = text {
        return is_name(name, context).then_some(Verdict::Keep);
    }
    let open = text.iter().position(|&byte| byte == b'(')?;
    if open == 0 || text.len() < open + 3 || text[text.len() - 1] != b')' {
        return None;
    }
    let name = &text[..open];
    let mask = class::mask(name);
    let fits =
        name.len() <= MAX_NAME && mask & SPECIAL == 0 && matches!(judge(name, mask, context), Verdict::Keep);
    fits.then_some(Verdict::Key(open))
}

/// `X:verb`. Source: the custom methods of Google's AIP-136.
fn custom_method(text: &[u8], context: Context<'_>) -> Option<Verdict> {
    let colon = text.iter().rposition(|&byte| byte == b':')?;
    let (resource, verb) = (&text[..colon], &text[colon + 1..]);
    if resource.is_empty()
        || verb.len() < 2
        || !verb.iter().all(u8::is_ascii_alphabetic)
        || !is_name(verb, context)
    {
        return None;
    }
    if context.knows(resource) {
        return Some(Verdict::Keep);
    }
    let mask = class::mask(resource);
    if mask & COLON != 0 {
        return None;
    }
    match judge(resource, mask, context) {
        Verdict::Is(placeholder) => Some(Verdict::Verb(placeholder, colon)),
        Verdict::Keep if mask & SPECIAL == 0 && text.len() <= MAX_LEN && is_method_name(verb) => {
            Some(Verdict::Keep)
        }
        _ => None,
    }
}

/// Tells whether a verb has a camel hump or starts with `batch`.
fn is_method_name(verb: &[u8]) -> bool {
    verb.starts_with(b"batch")
        || verb
            .windows(2)
            .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Tells whether the parts of a date stand in successive segments: the year, the month and, if given, the day.
pub(crate) fn is_dated(year: &[u8], month: &[u8]) -> bool {
    format::is_year(year) && format::is_month(month)
}

/// Tells whether the text is a two-digit day of a month.
pub(crate) fn is_day(text: &[u8]) -> bool {
    all_digits(text) && format::is_day(text)
}
