//! Lints of binary operations and aggregations.

use super::{LintRule, Linter};
use crate::ast::{Aggregation, Binary, BinaryOp, Expr, Grouping, GroupingKind};

impl Linter<'_> {
    pub(super) fn binary(&mut self, b: &Binary) {
        if b.op.is_comparison() && contains_mad(&b.left) && contains_mad(&b.right) {
            self.add(
                LintRule::MadOfWindows,
                b.span,
                "`mad` is taken across series, so this compares two spreads and fires on healthy data",
                "test a series against its past with abs(zscore_over_time(g[1h])) > 3, or like series against each other with outliers_mad(3, ..)",
            );
        }
        if b.matching.is_some()
            || b.op.is_set()
            || matches!(b.op, BinaryOp::Default | BinaryOp::If | BinaryOp::IfNot)
        {
            return;
        }
        let (Some(left), Some(right)) = (output_labels(&b.left), output_labels(&b.right)) else {
            return;
        };
        if left == right {
            return;
        }
        let help = if right.is_empty() || left.is_empty() {
            let side = if right.is_empty() { "right" } else { "left" };
            format!(
                "match on nothing, with on () group_{}, or wrap the {side} side into scalar()",
                if right.is_empty() { "left ()" } else { "right ()" }
            )
        } else {
            let common: Vec<&str> = left.iter().filter(|l| right.contains(l)).copied().collect();
            format!(
                "say what to match on, as in {} on ({}) group_left ()",
                b.op.as_str(),
                common.join(", ")
            )
        };
        let list = |labels: &[&str]| {
            if labels.is_empty() {
                "no labels".to_owned()
            } else {
                labels.join(", ")
            }
        };
        self.add(
            LintRule::UnmatchedLabels,
            b.op_span,
            format!(
                "the left side has {}, the right side {}: they match only in part or not at all",
                list(&left),
                list(&right)
            ),
            help,
        );
    }
}

/// Returns whether the expression is `mad(..)`, maybe scaled by a number.
fn contains_mad(expr: &Expr) -> bool {
    match expr {
        Expr::Aggregation(a) => a.name == "mad",
        Expr::Binary(b) if b.op == BinaryOp::Mul => contains_mad(&b.left) || contains_mad(&b.right),
        _ => false,
    }
}

/// Returns the sorted labels of the result where the expression fixes them.
fn output_labels(expr: &Expr) -> Option<Vec<&str>> {
    match expr {
        Expr::Aggregation(Aggregation { name, grouping, .. }) => {
            // Those that keep the series or add a label of their own say nothing.
            let adds = [
                "topk",
                "bottomk",
                "limitk",
                "outliers",
                "count_values",
                "quantiles",
                "histogram",
                "any",
                "share",
                "zscore",
            ];
            if adds.iter().any(|prefix| name.starts_with(prefix)) {
                return None;
            }
            match grouping {
                None => Some(Vec::new()),
                Some(Grouping {
                    kind: GroupingKind::By,
                    labels,
                }) => {
                    let mut labels: Vec<&str> = labels.iter().map(String::as_str).collect();
                    labels.sort_unstable();
                    labels.dedup();
                    Some(labels)
                }
                Some(_) => None,
            }
        }
        // A number works with any labels.
        Expr::Binary(b) if matches!(b.right, Expr::Number(_)) => output_labels(&b.left),
        Expr::Binary(b) if matches!(b.left, Expr::Number(_)) => output_labels(&b.right),
        _ => None,
    }
}
