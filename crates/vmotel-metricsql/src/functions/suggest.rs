//! The known name nearest to a misspelt one.

use super::FUNCTIONS;
use crate::version::Version;

/// Functions of PromQL and common slips that have another name in MetricsQL.
const OTHER_NAMES: [(&str, &str); 7] = [
    ("double_exponential_smoothing", "holt_winters"),
    ("sort_by_label_natural", "sort_by_label_numeric"),
    ("percentile", "quantile"),
    ("mean", "avg"),
    ("average", "avg"),
    ("label_delete", "label_del"),
    ("ts_of_max_over_time", "tmax_over_time"),
];

/// Returns the known name that is nearest to `name`, if one is near enough to be meant.
pub(crate) fn suggest<'a>(
    name: &str,
    version: Version,
    templates: impl Iterator<Item = &'a str>,
) -> Option<String> {
    // Longer than any mistyped name; bounds the work on hostile input.
    if name.len() > 40 {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    if let Some((_, known)) = OTHER_NAMES.iter().find(|(other, _)| *other == lower) {
        return Some((*known).to_owned());
    }
    let known = FUNCTIONS.iter().filter(|f| f.is_in(version)).map(|f| f.name);
    let letters = lower.chars().count();
    let allowed = match letters {
        0..=2 => 1,
        3..=7 => 2,
        n => n / 3,
    };
    known
        .chain(templates.take(100))
        .filter(|candidate| {
            candidate.len() <= 40 && candidate.len().abs_diff(lower.len()) <= allowed + lower.len() - letters
        })
        .map(|candidate| (distance(&lower, candidate), candidate))
        .filter(|(d, _)| *d <= allowed)
        .min_by_key(|(d, candidate)| (*d, candidate.len()))
        .map(|(_, candidate)| candidate.to_owned())
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_meant() {
        for (typed, meant) in [
            ("rte", Some("rate")),
            ("sume", Some("sum")),
            ("histogram_quantil", Some("histogram_quantile")),
            ("lable_replace", Some("label_replace")),
            ("avg_overtime", Some("avg_over_time")),
            ("mean", Some("avg")),
            ("nosuchfunc", None),
            ("zzzzzz", None),
        ] {
            assert_eq!(
                suggest(typed, Version::V1_145, std::iter::empty()).as_deref(),
                meant,
                "{typed}"
            );
        }
        assert_eq!(
            suggest("my_ratoi", Version::V1_145, ["my_ratio"].into_iter()).as_deref(),
            Some("my_ratio")
        );
    }
}
