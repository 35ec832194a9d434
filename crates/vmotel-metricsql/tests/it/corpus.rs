use std::collections::BTreeSet;

use vmotel_metricsql::{FUNCTIONS, ParseConfig, Version, parse, parse_with, prettify_expr, usage};

/// Queries with the verdicts of VictoriaMetrics 1.112 and 1.145 on them (`+` or `-` each), which [`crate::live`] checks
/// against the servers. They do not depend on stored data.
const CORPUS: &str = include_str!("corpus.tsv");
/// Queries that are PromQL (`P`), MetricsQL (`M`), or neither (`E`).
const REFERENCE: &str = include_str!("reference.tsv");

/// Returns the queries with whether a version accepts them.
pub(crate) fn queries(version: Version) -> impl Iterator<Item = (&'static str, bool)> {
    let column = if version == Version::V1_112 { 0 } else { 1 };
    CORPUS.lines().map(move |line| {
        let (verdicts, query) = line.split_once('\t').expect("two columns");
        (query, verdicts.as_bytes()[column] == b'+')
    })
}

#[test]
fn agrees_with_both_servers() {
    for version in Version::ALL {
        let config = ParseConfig {
            version,
            ..Default::default()
        };
        let wrong: Vec<_> = queries(version)
            .filter_map(|(query, accepted)| {
                let ours = parse_with(query, &config);
                (ours.is_ok() != accepted).then(|| format!("{query}: {ours:?}"))
            })
            .collect();
        assert!(
            wrong.is_empty(),
            "{} verdicts differ from {version}:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
    assert!(queries(Version::V1_145).count() >= 600);
}

#[test]
fn the_corpus_calls_every_function() {
    let mut called = BTreeSet::new();
    for (query, _) in queries(Version::V1_145).filter(|(_, accepted)| *accepted) {
        called.extend(usage(&parse(query).unwrap(), 1).functions);
    }
    let all: BTreeSet<_> = FUNCTIONS.iter().map(|f| f.name).collect();
    assert_eq!(called, all);
}

#[test]
fn the_reference_queries_get_their_verdicts() {
    for line in REFERENCE.lines() {
        let (class, query) = line.split_once('\t').expect("two columns");
        assert_eq!(parse(query).is_ok(), class != "E", "{query}");
    }
}

#[test]
fn text_round_trips() {
    for (query, _) in queries(Version::V1_145) {
        let Ok(expr) = parse(query) else { continue };
        let printed = expr.to_string();
        assert_eq!(
            parse(&printed).as_ref(),
            Ok(&expr),
            "{query} printed as {printed}"
        );
        let pretty = prettify_expr(&expr);
        assert_eq!(
            parse(&pretty).as_ref(),
            Ok(&expr),
            "{query} formatted as\n{pretty}"
        );
    }
}

#[test]
fn words_of_the_grammar_round_trip() {
    for query in [
        "m + \"a\" + + \"b\"",
        "m ^ + on ^ (a)",
        "m + (on[5m])",
        "a + (sum) or b",
        "(sum) or (by)",
        "m * (group_left{a=\"b\"} ^ 2)",
        "-(\"a\") + \"b\"",
        "(bool) == bool (bool)",
        "(-sum) default b",
        "offset offset 5m",
        "with + limit",
        "sum(m) by (\\*)",
        "a + on (\\*) group_left (*) b",
    ] {
        let expr = parse(query).unwrap();
        assert_eq!(
            parse(&expr.to_string()).as_ref(),
            Ok(&expr),
            "{query} printed as {expr}"
        );
    }
}
