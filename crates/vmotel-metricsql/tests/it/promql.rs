use promql_parser::parser::Expr as Peer;
use proptest::prelude::*;
use vmotel_metricsql::ast::Expr;
use vmotel_metricsql::{Version, parse};

use crate::corpus::queries;

/// What Prometheus accepts and VictoriaMetrics does not.
const NOT_IN_METRICSQL: [&str; 3] = ["double_exponential_smoothing", "info(", "limit_ratio"];

#[test]
fn all_promql_of_the_corpus_is_metricsql() {
    let mut checked = 0;
    for (query, accepted) in queries(Version::V1_145) {
        // The peer panics on durations out of its range.
        let skipped = query.contains("99999") || NOT_IN_METRICSQL.iter().any(|name| query.contains(name));
        if accepted && !skipped && promql_parser::parser::parse(query).is_ok() {
            assert!(parse(query).is_ok(), "{query}");
            checked += 1;
        }
    }
    assert!(checked >= 200, "{checked} queries are PromQL");
}

const OPERATORS: [&str; 16] = [
    "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless",
];

/// Returns the tree with all its parentheses.
fn ours(expr: &Expr) -> String {
    match expr {
        Expr::Binary(b) => format!("({} {} {})", ours(&b.left), b.op.as_str(), ours(&b.right)),
        other => other.to_string(),
    }
}

fn peers(expr: &Peer) -> String {
    match expr {
        Peer::Binary(b) => format!("({} {} {})", peers(&b.lhs), b.op, peers(&b.rhs)),
        Peer::Paren(p) => peers(&p.expr),
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn operators_bind_as_in_promql(
        first in "[abc]",
        rest in proptest::collection::vec((0..OPERATORS.len(), "[abc]|\\([abc] \\+ [abc]\\)|\\([abc] \\^ [abc]\\)"), 1..8),
    ) {
        let query = rest.iter().fold(first, |query, (op, operand)| format!("{query} {} {operand}", OPERATORS[*op]));
        let peer = promql_parser::parser::parse(&query).unwrap();
        prop_assert_eq!(ours(&parse(&query).unwrap()), peers(&peer), "{}", query);
    }
}
