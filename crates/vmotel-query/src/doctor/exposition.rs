//! The text format, as far as the doctor reads it.

use std::collections::HashSet;

/// How many bad lines and duplicates are kept as examples.
const EXAMPLES: usize = 3;
/// How much of a bad line is kept, in characters.
const EXAMPLE_CHARS: usize = 120;

/// One sample of an exposition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    /// In the order of the text, unescaped.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
    pub(crate) timestamp: bool,
}

impl Sample {
    /// Returns the value of a label, or the empty string.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    }
}

/// A whole exposition, with what is wrong in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Exposition {
    pub(crate) samples: Vec<Sample>,
    /// Lines that are neither sample nor comment; VictoriaMetrics skips them without a word.
    pub(crate) bad_lines: usize,
    pub(crate) bad_examples: Vec<String>,
    /// Samples whose name and labels occurred before.
    pub(crate) duplicates: usize,
    pub(crate) duplicate_examples: Vec<String>,
}

impl Exposition {
    /// Reads text 0.0.4 and OpenMetrics alike; never fails.
    pub(crate) fn parse(text: &str) -> Self {
        let mut all = Self::default();
        let mut seen = HashSet::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((sample, series)) = sample(line) else {
                all.bad_lines += 1;
                if all.bad_examples.len() < EXAMPLES {
                    all.bad_examples.push(line.chars().take(EXAMPLE_CHARS).collect());
                }
                continue;
            };
            if !seen.insert(series) {
                all.duplicates += 1;
                if all.duplicate_examples.len() < EXAMPLES {
                    all.duplicate_examples
                        .push(series.chars().take(EXAMPLE_CHARS).collect());
                }
            }
            all.samples.push(sample);
        }
        all
    }

    /// Returns the samples of one name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }
}

/// Reads `name{label="value",...} value [timestamp]`; also returns the text of name and labels.
fn sample(line: &str) -> Option<(Sample, &str)> {
    let end = line.find(|c: char| c == '{' || c.is_whitespace())?;
    let mut name = line[..end].to_owned();
    let mut labels = Vec::new();
    let mut rest = line[end..].trim_start();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = label_set(inside, &mut name, &mut labels)?;
    }
    let series = line[..line.len() - rest.len()].trim_end();
    if name.is_empty() {
        return None;
    }
    // An exemplar comes after ` # `.
    let rest = rest.split_once(" # ").map_or(rest, |(before, _)| before);
    let mut words = rest.split_whitespace();
    let value = number(words.next()?)?;
    let timestamp = match words.next() {
        None => false,
        Some(word) => word.parse::<f64>().ok().map(|_| true)?,
    };
    let sample = Sample {
        name,
        labels,
        value,
        timestamp,
    };
    words.next().is_none().then_some((sample, series))
}

/// Reads labels up to the closing brace; returns what comes after it.
fn label_set<'a>(
    mut rest: &'a str,
    name: &mut String,
    labels: &mut Vec<(String, String)>,
) -> Option<&'a str> {
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return Some(after.trim_start());
        }
        let key;
        let quoted = rest.starts_with('"');
        if quoted {
            (key, rest) = text(&rest[1..])?;
        } else {
            let end = rest.find(['=', ',', '}'])?;
            key = rest[..end].trim().to_owned();
            rest = &rest[end..];
        }
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('=') {
            let (value, after) = text(after.trim_start().strip_prefix('"')?)?;
            if key.is_empty() {
                return None;
            }
            labels.push((key, value));
            rest = after;
        } else if quoted && name.is_empty() {
            // `{"quoted.name"}`: a name that is not a plain word.
            *name = key;
        } else {
            return None;
        }
        rest = rest.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// Reads the rest of a quoted text; returns it unescaped, and what comes after.
fn text(rest: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &rest[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

fn number(word: &str) -> Option<f64> {
    match word {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "Nan" => Some(f64::NAN),
        other => other.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_format_allows() {
        let text = "# HELP a b\n# TYPE a counter\na 1\na{x=\"q\\\"\\\\\\n,}\", y=\"\",} +Inf 1700000000000\n\
                    {\"c.d\",e=\"f\"} 2.5e3 # {trace=\"1\"} 0.5\nflag{name=\"n\", value=\"v\"} 1\n\n# EOF\n";
        let all = Exposition::parse(text);
        assert_eq!((all.bad_lines, all.duplicates), (0, 0), "{all:?}");
        let series: Vec<(&str, &str, f64, bool)> = all
            .samples
            .iter()
            .map(|s| (s.name.as_str(), s.label("x"), s.value, s.timestamp))
            .collect();
        assert_eq!(
            series,
            [
                ("a", "", 1.0, false),
                ("a", "q\"\\\n,}", f64::INFINITY, true),
                ("c.d", "", 2500.0, false),
                ("flag", "", 1.0, false)
            ]
        );
        assert_eq!(all.named("flag").next().unwrap().label("value"), "v");
    }

    #[test]
    fn counts_what_it_does_not() {
        let all =
            Exposition::parse("a 1\na 2\na{b=\"c\"} 1\n<html>\na{b=c} 1\na\n1 2 3 4\na{b=\"c 1\n{} 1\n");
        assert_eq!(
            (all.samples.len(), all.bad_lines, all.duplicates),
            (3, 6, 1),
            "{all:?}"
        );
        assert_eq!(all.bad_examples[0], "<html>");
        assert_eq!(all.duplicate_examples, ["a"]);
    }

    proptest::proptest! {
        #[test]
        fn survives_anything(text in "[a{}=\",\\\\ 1#\n\u{e9}]{0,40}") {
            let all = Exposition::parse(&text);
            assert!(all.samples.len() + all.bad_lines <= text.lines().count());
        }
    }
}
