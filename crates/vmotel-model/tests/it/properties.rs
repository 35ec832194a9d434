//! What holds for any names, labels and values.

use proptest::prelude::*;
use vmotel_model::{Kind, LabelPlan, LabelSet, NameError, Naming, SeriesText, escape_label_value};

fn naming() -> impl Strategy<Value = Naming> {
    prop::sample::select(vec![
        Naming::Parity,
        Naming::UnderscoreEscapingWithSuffixes,
        Naming::UnderscoreEscapingWithoutSuffixes,
        Naming::NoUtf8EscapingWithSuffixes,
        Naming::NoTranslation,
    ])
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![
        Kind::Counter,
        Kind::UpDownCounter,
        Kind::Gauge,
        Kind::Histogram,
        Kind::Summary,
    ])
}

fn unit() -> impl Strategy<Value = String> {
    prop_oneof!["(s|By|1|%|kBy|m/s|\\{x\\}|\\{x\\}/s|USD)?", any::<String>()]
}

/// Names as people give them, names at the edges, and anything.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,5}([._-][a-z0-9]{1,5}){0,3}",
        "[a-z_.:0-9]{0,6}(total|seconds|_|\\.){0,3}",
        any::<String>()
    ]
}

/// Keys from a small alphabet, so that they collide after translation.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab._]{0,3}",
        "(exported_){0,2}(job|le|instance)",
        any::<String>()
    ]
}

fn is_classic(name: &str, colon: bool) -> bool {
    let first = name.chars().next();
    first.is_some_and(|c| !c.is_ascii_digit())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || (colon && c == ':'))
}

/// Reads `name{label="value",...} ` back, character by character; values stay escaped.
fn parse(text: &str) -> (String, Vec<(String, String)>) {
    let mut chars = text.chars().peekable();
    let mut take = |until: &str| {
        let mut taken = String::new();
        while let Some(c) = chars.next_if(|c| !until.contains(*c)) {
            taken.push(c);
            if c == '\\' {
                taken.extend(chars.next());
            }
        }
        (taken, chars.next())
    };
    let (name, mut stop) = take("{ ");
    let mut labels = Vec::new();
    if stop == Some('{') {
        while stop != Some('}') {
            let (label, _) = take("=");
            assert_eq!(take("\"").0, "");
            let (escaped, _) = take("\"");
            labels.push((label, escaped));
            stop = take(",}").1;
        }
        stop = take(" ").1;
    }
    assert_eq!(stop, Some(' '));
    (name, labels)
}

proptest! {
    #[test]
    fn metric_names_are_valid(naming in naming(), name in name(), unit in unit(), kind in kind()) {
        match naming.metric_name(&name, &unit, kind) {
            Ok(exposed) => {
                prop_assert!(!naming.is_classic() || is_classic(&exposed, true), "{exposed}");
                if naming.is_classic() {
                    prop_assert!(!exposed.contains("__"));
                    prop_assert_eq!(vmotel_model::validate_metric_name(&exposed), Ok(()));
                }
            }
            Err(NameError::Empty { .. }) => prop_assert!(name.is_empty()),
            Err(NameError::NothingLeft { .. }) => prop_assert!(!name.contains(|c: char| c.is_ascii_alphanumeric())),
            Err(NameError::ReservedMetric { .. } | NameError::TooLong { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn parity_is_idempotent(name in name(), unit in unit(), kind in kind()) {
        if let Ok(exposed) = Naming::Parity.metric_name(&name, &unit, kind) {
            prop_assert_eq!(Naming::Parity.metric_name(&exposed, &unit, kind), Ok(exposed.clone()));
            prop_assert_eq!(Naming::Parity.metric_name(&exposed, "", kind), Ok(exposed));
        }
        let label = Naming::Parity.label_name(&name).into_owned();
        prop_assert_eq!(Naming::Parity.label_name(&label), label.as_str());
    }

    #[test]
    fn parity_is_the_specification_for_ordinary_names(
        name in "[a-zA-Z][a-zA-Z0-9]*([._/-][a-zA-Z0-9]+)*",
        unit in "(s|By|1|%|kBy|m/s|\\{x\\}|\\{x\\}/s|USD)?",
        kind in kind(),
    ) {
        let tokens: Vec<_> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let inner = &tokens[..tokens.len() - 1];
        prop_assume!(kind != Kind::Counter || !inner.contains(&"total"));
        let specified = Naming::UnderscoreEscapingWithSuffixes.metric_name(&name, &unit, kind);
        prop_assert_eq!(Naming::Parity.metric_name(&name, &unit, kind), specified);
        prop_assert_eq!(
            Naming::Parity.label_name(&name),
            Naming::UnderscoreEscapingWithSuffixes.label_name(&name)
        );
        prop_assert_eq!(Naming::Parity.specified_name(&name, &unit, kind), None);
    }

    #[test]
    fn labels_are_valid_sorted_and_distinct(
        naming in naming(),
        kind in kind(),
        attributes in prop::collection::vec((key(), any::<String>()), 0..6),
        constant in prop::collection::btree_map("[a-c_]{1,3}", "[a-z]{0,2}", 0..3),
    ) {
        let constant: Vec<_> = constant.into_iter().collect();
        let values: Vec<_> = attributes.iter().map(|(_, value)| value.as_str()).collect();
        let keys = attributes.iter().map(|(key, _)| key.as_str());
        let plan = LabelPlan::new(naming, kind, keys, &[], &constant);
        let mut labels = Vec::new();
        plan.labels(values.as_slice()).for_each(&mut |name, value| labels.push((name.to_owned(), value.to_owned())));
        prop_assert!(labels.is_sorted_by(|a, b| a.0 < b.0), "{labels:?}");
        let owned = vmotel_model::owned_labels(kind);
        for (name, value) in &labels {
            prop_assert!(!value.is_empty() && !name.is_empty() && !owned.contains(&name.as_str()));
            prop_assert!(!naming.is_classic() || is_classic(name, false), "{name}");
        }

        // The ready text says the same as the labels.
        let template = plan.template("metric");
        if template.is_classic() {
            let mut out = b"before".to_vec();
            template.render(&plan, values.as_slice(), &mut out);
            let text = SeriesText::new(&out[6..], template.name_len());
            let mut whole = Vec::new();
            text.push_to(&mut whole);
            prop_assert_eq!(text.labels(), SeriesText::split(b"metric", &out[12..]).labels());
            let (name, parsed) = parse(std::str::from_utf8(&whole).unwrap());
            prop_assert_eq!(name, "metric");
            let labels: Vec<_> = labels.iter().map(|(name, value)| (name.clone(), slow_escape(value))).collect();
            prop_assert_eq!(parsed, labels);
        }
    }

    #[test]
    fn distinct_plans_keep_values_apart(
        keys in prop::collection::vec(key(), 0..4),
        a in prop::collection::vec("[x;]{0,2}", 4),
        b in prop::collection::vec("[x;]{0,2}", 4),
    ) {
        let plan = LabelPlan::new(Naming::Parity, Kind::Gauge, keys.iter().map(String::as_str), &[], &[]);
        let of = |values: &[String]| {
            let mut labels = Vec::new();
            plan.labels(values).for_each(&mut |name, value| labels.push((name.to_owned(), value.to_owned())));
            labels
        };
        if plan.is_distinct() && a[..keys.len()] != b[..keys.len()] {
            prop_assert_ne!(of(&a), of(&b));
        }
    }

    #[test]
    fn escaping_equals_the_plain_way(value in prop_oneof![any::<String>(), "[a\\\\\"\n]{0,40}"]) {
        let mut out = Vec::new();
        escape_label_value(&value, &mut out);
        prop_assert_eq!(String::from_utf8(out).unwrap(), slow_escape(&value));
    }
}

fn slow_escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
