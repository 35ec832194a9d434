//! What a server stores, and how two paths differ.

use std::collections::BTreeMap;

use vmotel_testkit::VictoriaMetrics;

/// Labels, the name among them, without those that a path adds.
pub(crate) type Labels = BTreeMap<String, String>;

/// The values of each series in the order of time; none is a staleness marker.
pub(crate) type Stored = BTreeMap<Labels, Vec<Option<f64>>>;

/// The labels that every path adds.
const ADDED: [&str; 3] = ["path", "job", "instance"];

/// Series that the scraper writes for every scrape; no other path has them.
pub(crate) fn is_of_the_scrape(labels: &Labels) -> bool {
    labels
        .get("__name__")
        .is_some_and(|name| labels.len() == 1 && vmotel_model::is_reserved_metric(name))
}

/// Returns what came by a path.
pub(crate) fn read(server: &VictoriaMetrics, path: &str) -> anyhow::Result<Stored> {
    let selector = format!("{{path={path:?}}}");
    let mut by_time: BTreeMap<Labels, Vec<(i64, Option<f64>)>> = BTreeMap::new();
    for mut series in server.export(&selector)? {
        for label in ADDED {
            series.labels.remove(label);
        }
        // The server tells a series in pieces.
        by_time.entry(series.labels).or_default().extend(series.samples);
    }
    let sorted = by_time.into_iter().map(|(labels, mut samples)| {
        samples.sort_by_key(|&(time, _)| time);
        (labels, samples.into_iter().map(|(_, value)| value).collect())
    });
    Ok(sorted.filter(|(labels, _)| !is_of_the_scrape(labels)).collect())
}

/// The difference of one series from the same one of the reference.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Difference {
    pub(crate) labels: Labels,
    pub(crate) what: String,
}

/// Compares a path with the reference: the same series and values.
///
/// A scrape that was repeated has stored equal values; each of them counts.
pub(crate) fn differences(expected: &Stored, got: &Stored) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut differs = |labels: &Labels, what: String| {
        let labels = labels.clone();
        all.push(Difference { labels, what });
    };
    for labels in got.keys().filter(|labels| !expected.contains_key(*labels)) {
        differs(labels, "not expected".to_owned());
    }
    for (labels, reference) in expected {
        let values = got.get(labels).map_or(&[][..], Vec::as_slice);
        match (reference.iter().flatten().next(), values.iter().flatten().next()) {
            (None, _) => differs(labels, "the reference has no value".to_owned()),
            (_, None) => differs(labels, "missing".to_owned()),
            (Some(&value), _) => {
                if let Some(other) = values.iter().flatten().find(|&&other| !near(value, other)) {
                    differs(labels, format!("{other:e} and not {value:e}"));
                } else if values.contains(&None) {
                    differs(labels, "has ended".to_owned());
                }
            }
        }
    }
    all
}

/// Returns the series whose last sample is not a staleness marker.
///
/// Values are not compared again: beside a marker the server may store the smallest ones (1e-300) as 0, now and then and on any path,
/// as all values of a block share one exponent.
pub(crate) fn living(got: &Stored) -> Vec<Difference> {
    got.iter()
        .filter(|(_, values)| values.last() != Some(&None))
        .map(|(labels, _)| Difference {
            labels: labels.clone(),
            what: "has not ended".to_owned(),
        })
        .collect()
}

/// Tells whether two stored values are equal, up to what the server's compression may lose.
pub(crate) fn near(a: f64, b: f64) -> bool {
    a == b || (a.is_finite() && b.is_finite() && (a - b).abs() <= a.abs() * 1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(series: &[(&str, &[Option<f64>])]) -> Stored {
        let pair = |(name, values): &(&str, &[Option<f64>])| {
            let labels = BTreeMap::from([("__name__".to_owned(), (*name).to_owned())]);
            (labels, values.to_vec())
        };
        series.iter().map(pair).collect()
    }

    #[test]
    fn differences_are_told() {
        let reference = stored(&[("a", &[Some(1.0)]), ("b", &[Some(2.0), None])]);
        let check = |got: &[(&str, &[Option<f64>])], expected: &[&str]| {
            let found = differences(&reference, &stored(got));
            let found: Vec<_> = found
                .iter()
                .map(|difference| format!("{} {}", difference.labels["__name__"], difference.what))
                .collect();
            assert_eq!(found, expected);
        };
        check(&[("a", &[Some(1.0), Some(1.0)]), ("b", &[Some(2.0)])], &[]);
        check(
            &[("b", &[Some(2.0)]), ("c", &[Some(1.0)])],
            &["c not expected", "a missing"],
        );
        check(
            &[("a", &[Some(1.0), Some(1.5)]), ("b", &[Some(2.0), None])],
            &["a 1.5e0 and not 1e0", "b has ended"],
        );
        check(&[("a", &[Some(1.0)]), ("b", &[None])], &["b missing"]);
        assert_eq!(living(&reference).len(), 1);
        assert!(near(f64::INFINITY, f64::INFINITY) && !near(f64::INFINITY, 1e308));
    }
}
