//! Labels: keys, values, limits, and labels that belong to the type or to the scrape.

use vmotel_model::Kind;

use crate::parity::{
    case::{Case, ONE, Value},
    corpus::ADDED_LABELS,
};

/// Keys and values, and the labels that must be stored.
type Row = (
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
);

const KEYS: &[Row] = &[
    (&[("_x", "1")], &[("key_x", "1")]),
    (&[("_9x", "1")], &[("key_9x", "1")]),
    (&[("9x", "1")], &[("key_9x", "1")]),
    (&[("__x", "1")], &[("key_x", "1")]),
    (&[("__meta_x", "1")], &[("key_meta_x", "1")]),
    (&[("__address__", "1")], &[("key_address_", "1")]),
    (&[("", "1")], &[("key", "1")]),
    (&[("_", "1")], &[("key_", "1")]),
    (&[(".", "1")], &[("key_", "1")]),
    (&[("key_", "1")], &[("key_", "1")]),
    (&[("x_", "1")], &[("x_", "1")]),
    (&[("x__y", "1")], &[("x_y", "1")]),
    (&[("x.y", "1")], &[("x_y", "1")]),
    (&[("x.y", "1"), ("x_y", "2"), ("x-y", "3")], &[("x_y", "3;1;2")]),
    (&[("größe", "1")], &[("gr_e", "1")]),
    (&[("世界", "1")], &[("key_", "1")]),
    (&[("a b", "1")], &[("a_b", "1")]),
    (&[("a:b", "1")], &[("a_b", "1")]),
    (
        &[("Upper", "1"), ("lower", "2"), ("_", "3")],
        &[("Upper", "1"), ("key_", "3"), ("lower", "2")],
    ),
    (&[("le", "1")], &[("le", "1")]),
    (&[("quantile", "0.5")], &[("quantile", "0.5")]),
    (&[("vmrange", "1...2")], &[("vmrange", "1...2")]),
    (&[("job", "j")], &[("exported_job", "j")]),
    (&[("instance", "i")], &[("exported_instance", "i")]),
    (&[("exported_job", "e")], &[("exported_job", "e")]),
    (
        &[("job", "j"), ("exported_job", "e")],
        &[("exported_exported_job", "e"), ("exported_job", "j")],
    ),
    (
        &[("job", "j"), ("instance", "i")],
        &[("exported_instance", "i"), ("exported_job", "j")],
    ),
    (&[("__name__", "other")], &[("key_name_", "other")]),
    (&[("x", "")], &[]),
    (&[("x", ""), ("y", "1")], &[("y", "1")]),
    (&[], &[]),
    (&[("name", "1")], &[("name", "1")]),
    (&[("host", "a"), ("HOST", "b")], &[("HOST", "b"), ("host", "a")]),
];

const VALUES: &[&str] = &[
    "line\nbreak",
    "quote\"s\"",
    "back\\slash\\n",
    "carriage\rreturn\ttab",
    "nul\0nul",
    "# {a=\"b\"} 1",
    "#",
    "größe 世界 \u{1f600}",
    "\u{2028}\u{feff}",
    "  blanks  ",
    "\\",
    "\"",
    "\n",
    "{}",
    "a=b,c=d",
    "+Inf",
    "NaN",
    "true",
    "1e3",
    "\u{7f}\u{1}\u{1b}[0m",
];

pub(super) fn add(all: &mut Vec<Case>) {
    let mut next = 0;
    let mut case = |group, set: &[(&str, &str)], stored: Option<Vec<(&'static str, String)>>| {
        next += 1;
        let mut case = Case::new(group, Kind::Gauge, format!("l{next:03}"), ONE).labels(set);
        case.stored_labels = stored;
        all.push(case);
    };
    for &(set, stored) in KEYS {
        let stored = stored
            .iter()
            .map(|&(key, value)| (key, value.to_owned()))
            .collect();
        case("label names", set, Some(stored));
    }
    for &value in VALUES {
        case(
            "label values",
            &[("x", value)],
            Some(vec![("x", value.to_owned())]),
        );
    }
    for (key, lost) in [
        ("k".repeat(255), false),
        ("k".repeat(256), false),
        ("k".repeat(257), true),
    ] {
        limit(all, &[(key.as_str(), "1")], lost);
    }
    for (value, lost) in [
        ("v".repeat(4095), false),
        ("v".repeat(4096), false),
        ("v".repeat(4097), true),
        ("ä".repeat(2048), false),
        ("ä".repeat(2049), true),
    ] {
        limit(all, &[("x", value.as_str())], lost);
    }
    let most = vmotel_model::limits::MAX_LABELS - 1 - ADDED_LABELS;
    let keys: Vec<String> = (0..=most).map(|at| format!("l{at:02}")).collect();
    let set: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "x")).collect();
    limit(all, &set[..most], false);
    limit(all, &set, true);
    // A histogram has `le` in addition, and a scope's name where the SDK records it.
    let buckets = Value::histogram(&[1.0], &[1, 2], Some(3.0));
    let of = |name, set| Case::new("limits", Kind::Histogram, name, buckets.clone()).labels(set);
    all.push(of("limits.buckets", &set[..most - 2]));
    let mut case = of("limits.more", &set);
    case.lost = true;
    all.push(case);
    owned(all, buckets);
}

fn limit(all: &mut Vec<Case>, set: &[(&str, &str)], lost: bool) {
    let mut case = Case::new("limits", Kind::Gauge, format!("limits.{}", all.len()), ONE).labels(set);
    case.lost = lost;
    all.push(case);
}

/// Labels of the names that a type owns.
fn owned(all: &mut Vec<Case>, histogram: Value) {
    let set = [
        ("le", "x"),
        ("vmrange", "y"),
        ("quantile", "z"),
        ("exported_le", "w"),
    ];
    let exponential = Value::Exponential {
        scale: 1,
        zero: (0, 0.0),
        positive: (0, vec![1, 2]),
        negative: (0, Vec::new()),
        sum: Some(1.0),
    };
    let summary = Value::summary(&[(0.5, 1.0)], 1.0);
    for (at, (kind, value)) in [
        (Kind::Histogram, histogram),
        (Kind::Histogram, exponential),
        (Kind::Summary, summary),
        (Kind::Counter, ONE),
        (Kind::UpDownCounter, ONE),
    ]
    .into_iter()
    .enumerate()
    {
        all.push(Case::new("label names", kind, format!("owned.{at}"), value).labels(&set));
    }
}
