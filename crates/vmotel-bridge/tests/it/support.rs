//! Texts as sets of samples, so that two can be compared.

use std::collections::BTreeMap;

use vmotel_model::{MetricSource, VisitConfig};
use vmotel_wire::{EncodeConfig, text};

/// Returns the text 0.0.4 of a source.
pub(crate) fn expose(source: &dyn MetricSource) -> String {
    let mut out = Vec::new();
    let report = text::write(
        source,
        &VisitConfig::default(),
        &EncodeConfig::default(),
        &mut out,
    )
    .unwrap();
    assert_eq!(report.skipped.total(), 0, "{report:?}");
    String::from_utf8(out).unwrap()
}

/// Returns the samples of a text: the name and sorted labels of each, and the value. Comments, times and exemplars are left out.
pub(crate) fn samples(text: &str) -> BTreeMap<String, String> {
    let mut samples = BTreeMap::new();
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let line = line.split(" # ").next().unwrap();
        let (series, value) = line.rsplit_once(' ').unwrap();
        let series = match series.split_once('{') {
            Some((name, labels)) => {
                let mut labels: Vec<_> = labels.trim_end_matches('}').split("\",").collect();
                labels.sort_unstable();
                let labels: Vec<_> = labels.iter().map(|label| label.trim_end_matches('"')).collect();
                format!("{name}{{{}\"}}", labels.join("\","))
            }
            None => series.to_owned(),
        };
        // 1 and 1.0 are the same, and so are 1e-05 and 0.00001.
        let value = format!("{:?}", value.parse::<f64>().unwrap());
        let bound = series.replace(".0\"", "\"");
        assert!(samples.insert(bound, value).is_none(), "{line} twice");
    }
    samples
}

/// Returns the comments of a text that begin with this key, sorted.
pub(crate) fn comments<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let mut found: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(key)).collect();
    found.sort_unstable();
    found
}
