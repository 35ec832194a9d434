//! What a scrape shows, sample by sample.

use std::fmt;

/// Something whose metrics can be looked at: a [`TestMeter`](super::TestMeter), an [`Exporter`](crate::Exporter), or the text of a scrape.
pub trait Expose {
    /// Returns the text 0.0.4 or OpenMetrics 1.0.
    fn expose(&self) -> String;
}

impl Expose for str {
    fn expose(&self) -> String {
        self.to_owned()
    }
}

impl Expose for String {
    fn expose(&self) -> String {
        self.clone()
    }
}

impl<T: Expose + ?Sized> Expose for &T {
    fn expose(&self) -> String {
        (**self).expose()
    }
}

/// One line of a scrape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The name, such as `checkout_seconds_bucket`.
    pub name: String,
    /// The labels, sorted by name.
    pub labels: Vec<(String, String)>,
    /// The value as it is written.
    pub value: String,
}

impl Sample {
    /// Reads a line; none if it is a comment or no sample.
    pub(super) fn parse(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let (name, rest) = line.split_at(line.find(['{', ' '])?);
        let (mut labels, rest) = match rest.strip_prefix('{') {
            Some(rest) => labels(rest)?,
            None => (Vec::new(), rest),
        };
        labels.sort_unstable();
        Some(Self {
            name: name.to_owned(),
            labels,
            // What follows is a time or an exemplar.
            value: rest.split_ascii_whitespace().next()?.to_owned(),
        })
    }

    /// Tells whether it has this name and these labels, in any order, and no others.
    #[must_use]
    pub fn is(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        let known = |(name, value): &(&str, &str)| self.label(name) == Some(value);
        self.name == name && self.labels.len() == labels.len() && labels.iter().all(known)
    }

    /// Returns the value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        write_series(f, &self.name, labels)?;
        write!(f, " {}", self.value)
    }
}

/// Writes `name{label="value"}`.
pub(super) fn write_series<'a>(
    f: &mut impl fmt::Write,
    name: &str,
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> fmt::Result {
    f.write_str(name)?;
    let mut before = "{";
    for (name, value) in labels {
        write!(f, "{before}{name}={value:?}")?;
        before = ",";
    }
    if before == "," { f.write_str("}") } else { Ok(()) }
}

/// Reads `name="value",...}`; returns what follows, too.
fn labels(mut rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    c => c,
                }),
                (_, c) => value.push(c),
            }
        };
        labels.push((name.to_owned(), value));
        rest = &quoted[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// All samples of a scrape, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples(pub Vec<Sample>);

impl Samples {
    /// Reads the samples of a text 0.0.4 or OpenMetrics 1.0.
    ///
    /// ```
    /// use vmotel_exporter::testing::Samples;
    ///
    /// let samples = Samples::parse("# TYPE up gauge\nup{job=\"a\"} 1\n");
    /// assert_eq!(samples.value("up", &[("job", "a")]), Some(1.0));
    /// assert_eq!(samples.value("up", &[]), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(Sample::parse).collect())
    }

    /// Returns the sample with this name and these labels, in any order, and no others.
    #[must_use]
    pub fn find(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Sample> {
        self.0.iter().find(|sample| sample.is(name, labels))
    }

    /// Returns the value of one series; none if it is not there or is no number.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.find(name, labels)?.value.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_formats_allow() {
        let parse = |line: &str| Sample::parse(line).map(|sample| sample.to_string());
        let read = |line: &str| parse(line).unwrap_or_default();
        assert_eq!(read("a 1"), "a 1");
        assert_eq!(read("a{} 1 1700000000"), "a 1");
        assert_eq!(
            read(r#"a{y="}\\\"\n, =",x=""} -1e3"#),
            r#"a{x="",y="}\\\"\n, ="} -1e3"#
        );
        assert_eq!(
            read(r#"a_bucket{le="1"} 2 # {trace_id="x"} 0.5"#),
            r#"a_bucket{le="1"} 2"#
        );
        for none in ["", "# TYPE a gauge", "a", r#"a{x="1"#, r#"a{x} 1"#] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
