//! Units: from UCUM to words.

use std::borrow::Cow;

/// The specification's table: the unit of UCUM, its word, and the word behind `per`.
const WORDS: &[(&str, &str, &str)] = &[
    ("d", "days", "day"),
    ("h", "hours", "hour"),
    ("min", "minutes", "minute"),
    ("s", "seconds", "second"),
    ("ms", "milliseconds", "millisecond"),
    ("us", "microseconds", "microsecond"),
    ("ns", "nanoseconds", "nanosecond"),
    ("By", "bytes", "byte"),
    ("KiBy", "kibibytes", "kibibyte"),
    ("MiBy", "mebibytes", "mebibyte"),
    ("GiBy", "gibibytes", "gibibyte"),
    ("TiBy", "tebibytes", "tebibyte"),
    ("kBy", "kilobytes", "kilobyte"),
    ("MBy", "megabytes", "megabyte"),
    ("GBy", "gigabytes", "gigabyte"),
    ("TBy", "terabytes", "terabyte"),
    ("m", "meters", "meter"),
    ("V", "volts", "volt"),
    ("A", "amperes", "ampere"),
    ("J", "joules", "joule"),
    ("W", "watts", "watt"),
    ("g", "grams", "gram"),
    ("Cel", "celsius", "celsius"),
    ("Hz", "hertz", "hertz"),
    ("%", "percent", "percent"),
];

pub(super) fn word(unit: &str) -> Cow<'_, str> {
    if let Some((_, word, _)) = WORDS.iter().find(|(ucum, ..)| *ucum == unit) {
        return Cow::Borrowed(word);
    }
    let unit = without_annotations(unit);
    let (main, per) = unit.split_once('/').unwrap_or((&unit, ""));
    let main = match WORDS.iter().find(|(ucum, ..)| *ucum == main.trim()) {
        Some((_, word, _)) => (*word).to_owned(),
        None => plain(main),
    };
    let per = match WORDS.iter().find(|(ucum, ..)| *ucum == per.trim()) {
        Some((_, _, word)) => (*word).to_owned(),
        None => plain(per),
    };
    Cow::Owned(match (main.is_empty(), per.is_empty()) {
        (_, true) => main,
        (true, false) => format!("per_{per}"),
        (false, false) => format!("{main}_per_{per}"),
    })
}

/// Drops each `{...}`; one that is not closed reaches to the end.
fn without_annotations(unit: &str) -> String {
    let mut rest = String::with_capacity(unit.len());
    let mut depth = 0_usize;
    for c in unit.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => rest.push(c),
            _ => {}
        }
    }
    rest
}

/// Joins the letters and digits of a unit outside of the table by `_`; `1` is no word.
fn plain(unit: &str) -> String {
    let mut word = String::new();
    for token in unit
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|token| !token.is_empty())
    {
        if !word.is_empty() {
            word.push('_');
        }
        word.push_str(token);
    }
    if word == "1" { String::new() } else { word }
}
