//! The labelled corpora: exact templates, and per category what leaks and what is merged too much.
//!
//! `urls.tsv` is the published corpus of the rules. `public-apis.tsv` has path shapes of public APIs and sites with
//! made-up values; its labels were written from the rules before the normaliser existed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use vmotel_cardinality::UrlNormalizer;

const URLS: &str = include_str!("../data/urls.tsv");
const CATEGORIES: &str = include_str!("../data/urls.categories.tsv");
const PUBLIC_APIS: &str = include_str!("../data/public-apis.tsv");

struct Case {
    category: &'static str,
    raw: &'static str,
    expected: &'static str,
}

fn published() -> Vec<Case> {
    let categories: Vec<&str> = CATEGORIES
        .lines()
        .filter_map(|line| line.split('\t').nth(1))
        .collect();
    let cases = URLS.lines().zip(categories).map(|(line, category)| {
        let (raw, expected) = line.split_once('\t').unwrap_or((line, ""));
        Case {
            category,
            raw,
            expected,
        }
    });
    cases.collect()
}

fn public_apis() -> Vec<Case> {
    let cases = PUBLIC_APIS.lines().map(|line| {
        let mut columns = line.splitn(3, '\t');
        let mut column = || columns.next().unwrap_or_default();
        Case {
            category: column(),
            raw: column(),
            expected: column(),
        }
    });
    cases.collect()
}

#[derive(Default)]
struct Tally {
    cases: usize,
    exact: usize,
    /// Segments that the label replaces, and those of them that stayed.
    variable: usize,
    leaked: usize,
    /// Segments that the label keeps, and those of them that were replaced.
    fixed: usize,
    merged: usize,
}

impl Tally {
    fn add(&mut self, case: &Case, got: &str) {
        self.cases += 1;
        self.exact += usize::from(got == case.expected);
        let is_variable = |segment: &str| segment.contains(':') || segment.contains('*');
        for (want, got) in case.expected.split('/').zip(got.split('/')).skip(1) {
            if is_variable(want) && !case.raw.contains(want) {
                self.variable += 1;
                self.leaked += usize::from(!is_variable(got));
            } else {
                self.fixed += 1;
                self.merged += usize::from(got != want && is_variable(got));
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "the report is what the test is read for")]
/// Returns the share of exact templates, of leaked and of merged segments, in per cent.
#[track_caller]
fn report(name: &str, cases: &[Case]) -> (f64, f64, f64) {
    let urls = UrlNormalizer::default();
    let mut categories: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut total = Tally::default();
    let mut text = format!(
        "{name}\n{:<16}{:>6}{:>8}{:>12}{:>14}\n",
        "category", "cases", "exact", "leak", "over-merge"
    );
    let mut wrong = String::new();
    for case in cases {
        let got = urls.normalize(case.raw);
        categories.entry(case.category).or_default().add(case, &got);
        total.add(case, &got);
        if got != case.expected {
            writeln!(
                wrong,
                "  {:?}\n    expected {}\n    got      {got}",
                case.raw, case.expected
            )
            .expect("a String takes all text");
        }
    }
    for (category, tally) in categories
        .iter()
        .map(|(name, tally)| (*name, tally))
        .chain([("all", &total)])
    {
        writeln!(
            text,
            "{category:<16}{:>6}{:>8}{:>6}/{:<5}{:>7}/{:<6}",
            tally.cases, tally.exact, tally.leaked, tally.variable, tally.merged, tally.fixed
        )
        .expect("a String takes all text");
    }
    println!("{text}{wrong}");
    let share = |part: usize, of: usize| part as f64 * 100.0 / of as f64;
    (
        share(total.exact, total.cases),
        share(total.leaked, total.variable),
        share(total.merged, total.fixed),
    )
}

#[test]
fn the_published_corpus_is_met() {
    let cases = published();
    assert_eq!(cases.len(), 150);
    let (exact, leak, merge) = report("urls.tsv", &cases);
    assert!(
        exact >= 99.0 && leak <= 1.0 && merge <= 1.0,
        "exact {exact}, leak {leak}, over-merge {merge}"
    );
}

#[test]
fn the_public_apis_are_met() {
    let cases = public_apis();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let (exact, leak, merge) = report("public-apis.tsv", &cases);
    assert!(
        exact >= 97.0 && leak <= 1.0 && merge <= 1.0,
        "exact {exact}, leak {leak}, over-merge {merge}"
    );
}
