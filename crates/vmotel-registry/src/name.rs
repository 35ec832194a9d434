//! Names with labels: `http_requests_total{service="api"}`.

use vmotel_model::{Kind, NameError, validate_label_name, validate_metric_name};

/// The name of a series: of its metric, and its labels.
///
/// It comes from text such as `http_requests_total{service="api"}`, or from a name and a slice of pairs, in which values need no
/// escaping.
///
/// ```
/// use vmotel_registry::Registry;
///
/// let registry = Registry::new();
/// registry.counter("jobs_total{queue=\"mail\"}")?.inc();
/// registry.counter(("jobs_total", &[("queue", "mail")]))?.inc();
/// assert_eq!(registry.counter("jobs_total{queue=\"mail\"}")?.get(), 2);
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeriesName<'a> {
    /// As it stands in text 0.0.4: `name{label="value",...}`, with `\\`, `\"` and `\n` in values.
    Text(&'a str),
    /// The name of the metric, and labels with distinct names in any order.
    Parts(&'a str, &'a [(&'a str, &'a str)]),
}

impl<'a> From<&'a str> for SeriesName<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for SeriesName<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<(&'a str, &'a [(&'a str, &'a str)])> for SeriesName<'a> {
    fn from((name, labels): (&'a str, &'a [(&'a str, &'a str)])) -> Self {
        Self::Parts(name, labels)
    }
}

impl<'a, const N: usize> From<(&'a str, &'a [(&'a str, &'a str); N])> for SeriesName<'a> {
    fn from((name, labels): (&'a str, &'a [(&'a str, &'a str); N])) -> Self {
        Self::Parts(name, labels)
    }
}

/// A name that is no name of a series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesNameError {
    /// The name of the metric or of a label cannot be used.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The text is not of the form of a series.
    #[error("the series {text:?} at byte {at}: expected {expected}")]
    Syntax {
        /// The text as given.
        text: String,
        /// Where it goes wrong, in bytes.
        at: usize,
        /// What would be right there.
        expected: &'static str,
    },
    /// Two labels have one name.
    #[error("the series {text:?} has the label {label:?} twice, expected each label once")]
    Twice {
        /// The name of the series.
        text: String,
        /// The name of the label.
        label: String,
    },
}

/// A name taken apart: labels sorted, distinct and checked, without empty values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
}

impl SeriesName<'_> {
    /// Takes the name apart and checks it for a metric of this kind.
    pub(crate) fn parse(&self, kind: Kind) -> Result<Parsed, SeriesNameError> {
        let (text, mut parsed) = match *self {
            Self::Text(text) => (text, Parser { text, at: 0 }.series()?),
            Self::Parts(name, labels) => {
                let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
                let labels = labels.iter().map(own).collect();
                let parsed = Parsed {
                    name: name.to_owned(),
                    labels,
                };
                (name, parsed)
            }
        };
        validate_metric_name(&parsed.name)?;
        parsed.labels.sort();
        for (label, _) in &parsed.labels {
            validate_label_name(label, kind)?;
        }
        if let Some(pair) = parsed.labels.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(SeriesNameError::Twice {
                text: text.to_owned(),
                label: pair[0].0.clone(),
            });
        }
        parsed.labels.retain(|(_, value)| !value.is_empty());
        Ok(parsed)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn series(mut self) -> Result<Parsed, SeriesNameError> {
        let end = self.text.find('{').unwrap_or(self.text.len());
        let name = self.text[..end].to_owned();
        self.at = end;
        let mut labels = Vec::new();
        if self.eat('{') {
            while !self.eat('}') {
                labels.push(self.label()?);
                if !self.eat(',') {
                    if self.eat('}') {
                        break;
                    }
                    return Err(self.expected("`,` or `}` behind a label"));
                }
            }
            if self.at < self.text.len() {
                return Err(self.expected("nothing behind the closing brace"));
            }
        }
        Ok(Parsed { name, labels })
    }

    fn label(&mut self) -> Result<(String, String), SeriesNameError> {
        let rest = &self.text[self.at..];
        let Some(end) = rest.find(['=', ',', '}', '"']).filter(|&end| end > 0) else {
            return Err(self.expected("a label such as service=\"api\""));
        };
        let name = rest[..end].trim().to_owned();
        self.at += end;
        if !self.eat('=') {
            return Err(self.expected("`=` behind the name of a label"));
        }
        if !self.eat('"') {
            return Err(self.expected("a value in double quotes"));
        }
        let mut value = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok((name, value)),
                Some('\\') => match self.next() {
                    Some('n') => value.push('\n'),
                    Some(c @ ('\\' | '"')) => value.push(c),
                    _ => {
                        self.at = self.at.min(self.text.len());
                        return Err(self.expected("`\\\\`, `\\\"` or `\\n` behind a backslash"));
                    }
                },
                Some(c) => value.push(c),
                None => return Err(self.expected("a closing double quote")),
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let blank = self.text[self.at..].len() - self.text[self.at..].trim_start_matches(' ').len();
        let found = self.text[self.at + blank..].starts_with(c);
        if found {
            self.at += blank + c.len_utf8();
        }
        found
    }

    fn expected(&self, expected: &'static str) -> SeriesNameError {
        SeriesNameError::Syntax {
            text: self.text.to_owned(),
            at: self.at,
            expected,
        }
    }
}

#[cfg(test)]
mod tests;
