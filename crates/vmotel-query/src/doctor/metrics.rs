//! A server's own metrics, read twice.

use std::collections::BTreeMap;
use std::time::Duration;

use super::exposition::Exposition;

/// The metrics of a server, at two times, so that what stands can be told from what grows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    pub(crate) before: Exposition,
    pub(crate) after: Exposition,
    /// Between the two readings.
    pub(crate) between: Duration,
}

/// A counter: its total since the start, and what it grew by between the readings.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Count {
    pub(crate) total: f64,
    pub(crate) grown: f64,
}

impl Metrics {
    /// Returns the sum over all series of a name, or `None` if there is none.
    pub(crate) fn sum(&self, name: &str) -> Option<f64> {
        sum(&self.after, name)
    }

    /// Returns a counter summed over all its series, or `None` if there is none.
    pub(crate) fn count(&self, name: &str) -> Option<Count> {
        let total = self.sum(name)?;
        let grown = total - sum(&self.before, name).unwrap_or(0.0);
        Some(Count {
            total,
            grown: grown.max(0.0),
        })
    }

    /// Returns a counter by the values of some labels, joined by a space; only what is above zero.
    pub(crate) fn count_by(&self, name: &str, labels: &[&str]) -> Vec<(String, Count)> {
        let mut all: BTreeMap<String, Count> = BTreeMap::new();
        let key = |sample: &super::exposition::Sample| {
            let values: Vec<&str> = labels.iter().map(|label| sample.label(label)).collect();
            values.join(" ").trim().to_owned()
        };
        for sample in self.after.named(name) {
            let count = all.entry(key(sample)).or_default();
            count.total += sample.value;
            count.grown += sample.value;
        }
        for sample in self.before.named(name) {
            if let Some(count) = all.get_mut(&key(sample)) {
                count.grown -= sample.value;
            }
        }
        all.into_iter().filter(|(_, count)| count.total > 0.0).collect()
    }

    /// Returns how much a counter grows in a second.
    pub(crate) fn rate(&self, name: &str) -> Option<f64> {
        let seconds = self.between.as_secs_f64();
        let count = self.count(name)?;
        (seconds > 0.0).then(|| count.grown / seconds)
    }

    /// Returns the value of a gauge whose label has a value.
    pub(crate) fn value(&self, name: &str, label: &str, value: &str) -> Option<f64> {
        self.after
            .named(name)
            .find(|sample| sample.label(label) == value)
            .map(|sample| sample.value)
    }

    /// Returns the value of a command-line flag and whether it was set; VictoriaMetrics' servers list them as metrics.
    pub(crate) fn flag(&self, name: &str) -> Option<(&str, bool)> {
        let sample = self
            .after
            .named("flag")
            .find(|sample| sample.label("name") == name)?;
        Some((sample.label("value"), sample.label("is_set") == "true"))
    }

    /// Tells whether a boolean flag is on.
    pub(crate) fn flag_is_on(&self, name: &str) -> bool {
        self.flag(name).is_some_and(|(value, _)| value == "true")
    }

    /// Returns the names of the metrics.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.after.samples.iter().map(|sample| sample.name.as_str())
    }
}

impl Count {
    /// Says it in words, with the time in which it grew.
    pub(crate) fn words(self, between: Duration) -> String {
        if self.grown > 0.0 {
            format!(
                "{} since the start, {} of them in the last {:.1} s",
                self.total,
                self.grown,
                between.as_secs_f64()
            )
        } else {
            format!(
                "{} since the start, none in the last {:.1} s",
                self.total,
                between.as_secs_f64()
            )
        }
    }
}

fn sum(exposition: &Exposition, name: &str) -> Option<f64> {
    exposition
        .named(name)
        .map(|sample| sample.value)
        .reduce(|a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_grows() {
        let metrics = Metrics {
            before: Exposition::parse("c{r=\"a\"} 1\nc{r=\"b\"} 5\n"),
            after: Exposition::parse(
                "c{r=\"a\"} 4\nc{r=\"b\"} 5\nc{r=\"z\"} 0\nflag{name=\"f\", value=\"true\", is_set=\"true\"} 1\n",
            ),
            between: Duration::from_secs(2),
        };
        assert_eq!(
            metrics.count("c"),
            Some(Count {
                total: 9.0,
                grown: 3.0
            })
        );
        assert_eq!(metrics.rate("c"), Some(1.5));
        let by = metrics.count_by("c", &["r"]);
        assert_eq!(by.len(), 2);
        assert_eq!(
            by[1],
            (
                "b".to_owned(),
                Count {
                    total: 5.0,
                    grown: 0.0
                }
            )
        );
        assert_eq!(metrics.flag("f"), Some(("true", true)));
        assert!(metrics.flag_is_on("f") && !metrics.flag_is_on("g"));
        assert_eq!(metrics.count("none"), None);
        assert_eq!(metrics.value("c", "r", "b"), Some(5.0));
    }
}
