//! Lints of histogram functions.

use super::names::selector_of;
use super::{LintRule, Linter};
use crate::ast::{Aggregation, Call, Expr, Grouping, GroupingKind};

impl Linter<'_> {
    /// Looks at the bucket argument of a quantile.
    pub(super) fn quantile(&mut self, call: &Call, buckets: Option<&Expr>) {
        let Some(buckets) = buckets else { return };
        match buckets {
            Expr::Aggregation(a) => self.quantile_grouping(a),
            Expr::Call(inner) if inner.name == "rate" || inner.name == "increase" => self.add(
                LintRule::QuantilePerSeries,
                call.span,
                "one quantile for each set of labels, not for each service".to_owned(),
                format!("join the series first: sum({buckets}) by (le, vmrange, ..)"),
            ),
            _ => {}
        }
        let raw = match buckets {
            Expr::Aggregation(a) => a.args.first(),
            other => Some(other),
        };
        if let Some(selector) = raw.and_then(selector_of)
            && let Some(name) = selector.name.as_deref().filter(|n| n.ends_with("_bucket"))
        {
            self.add(
                LintRule::QuantileOfRawBuckets,
                selector.span,
                format!("`{name}` counts since the start, so the quantile is over all of that time"),
                format!("take the rate: rate({selector}[5m])"),
            );
        }
    }

    fn quantile_grouping(&mut self, a: &Aggregation) {
        let (kind, labels) = match &a.grouping {
            Some(Grouping { kind, labels }) => (*kind, &labels[..]),
            None => (GroupingKind::By, &[][..]),
        };
        let (le, vmrange) = (
            labels.iter().any(|l| l == "le"),
            labels.iter().any(|l| l == "vmrange"),
        );
        if kind == GroupingKind::Without {
            if le || vmrange {
                self.add(
                    LintRule::QuantileWithoutBuckets,
                    a.span,
                    "the quantile needs the bucket labels that `without` drops",
                    "leave le and vmrange out of the list",
                );
            }
            return;
        }
        let others: Vec<&str> = labels
            .iter()
            .map(String::as_str)
            .filter(|l| *l != "le" && *l != "vmrange")
            .collect();
        let list = ["le", "vmrange"]
            .into_iter()
            .chain(others)
            .collect::<Vec<_>>()
            .join(", ");
        if !le && !vmrange {
            self.add(
                LintRule::QuantileWithoutBuckets,
                a.span,
                "the quantile needs the bucket labels `le` or `vmrange`, which the aggregation drops: no result",
                format!("add the bucket labels to the grouping: by ({list})"),
            );
        } else if !vmrange {
            self.add(
                LintRule::QuantileWithoutVmrange,
                a.span,
                "grouping by `le` alone gives no result for VictoriaMetrics histograms, whose buckets carry `vmrange`",
                format!("add vmrange, which does no harm to le buckets: by ({list})"),
            );
        }
    }
}
