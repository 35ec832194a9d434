//! Lints of rollup functions.

use super::names::selector_of;
use super::{LintRule, Linter, MetricKind};
use crate::ast::{Aggregation, Call, Expr};
use crate::check::as_string;
use crate::functions::{FunctionKind, ParamType};

/// Functions that take counters and handle their resets.
const FOR_COUNTERS: [&str; 11] = [
    "increase",
    "increase_prometheus",
    "increase_pure",
    "irate",
    "rate",
    "rate_prometheus",
    "resets",
    "rollup_increase",
    "rollup_rate",
    "increases_over_time",
    "decreases_over_time",
];
/// Functions over the raw value that mean little for a counter.
const FOR_GAUGES: [&str; 14] = [
    "predict_linear",
    "avg_over_time",
    "median_over_time",
    "quantile_over_time",
    "quantiles_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "zscore_over_time",
    "mad_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "holt_winters",
    "range_over_time",
];
const FOR_DELTAS: [&str; 7] = [
    "deriv",
    "deriv_fast",
    "delta",
    "delta_prometheus",
    "idelta",
    "ideriv",
    "rollup_deriv",
];

impl Linter<'_> {
    pub(super) fn call(&mut self, call: &Call, parent: Option<&Expr>) {
        let Some(function) = call.function() else { return };
        self.argument_types(&call.args, function);
        match function.name {
            "histogram_quantile" => self.quantile(call, call.args.get(1)),
            "histogram_quantiles" => self.quantile(call, call.args.last()),
            "label_replace" => self.label_replace(call),
            _ => {}
        }
        if function.kind != FunctionKind::Rollup {
            return;
        }
        let range = call
            .args
            .iter()
            .enumerate()
            .find(|(i, _)| function.signature.param(*i, call.args.len()) == Some(ParamType::Range));
        let Some((_, arg)) = range else { return };
        self.rollup_argument(call, function.name, arg);
        let single = matches!(parent, Some(Expr::Aggregation(_)));
        if function.name.starts_with("rollup")
            && call.args.len() == 1
            && function.name != "rollup_candlestick"
            && !single
        {
            self.add(
                LintRule::RollupWithoutTag,
                call.name_span,
                format!(
                    "`{}` returns three series for each, told apart by the label `rollup`",
                    function.name
                ),
                format!("choose one: {}({arg}, \"avg\")", function.name),
            );
        }
    }

    fn rollup_argument(&mut self, call: &Call, name: &'static str, arg: &Expr) {
        if let Some(selector) = selector_of(arg) {
            let metric = selector.name.clone().unwrap_or_default();
            let kind = self.kind(selector);
            if kind == Some(MetricKind::Gauge) && FOR_COUNTERS.contains(&name) {
                self.add(
                    LintRule::RateOfGauge,
                    call.span,
                    format!("`{name}` takes each fall of the gauge `{metric}` for a counter reset"),
                    format!("use deriv({arg}) or delta({arg}) for gauges"),
                );
            }
            if kind == Some(MetricKind::Counter) && FOR_GAUGES.contains(&name) {
                self.add(
                    LintRule::RawCounter,
                    call.span,
                    format!("`{name}` reads the raw counter `{metric}`, which breaks on resets"),
                    format!("take the rate first, as in {name}(rate({metric}[5m])[1h:1m])"),
                );
            }
            if kind == Some(MetricKind::Counter) && FOR_DELTAS.contains(&name) {
                let better = if name.contains("delta") {
                    "increase"
                } else {
                    "rate"
                };
                self.add(
                    LintRule::DeltaOfCounter,
                    call.span,
                    format!("`{name}` of the counter `{metric}` turns negative on resets"),
                    format!("use {better}({arg})"),
                );
            }
            return;
        }
        let (inner, has_window) = match arg {
            Expr::Rollup(r) => (&r.expr, r.window.is_some() || r.is_subquery()),
            other => (other, false),
        };
        if FOR_COUNTERS.contains(&name)
            && let Expr::Aggregation(a) = inner
            && matches!(&*a.name, "sum" | "avg")
        {
            self.add(
                LintRule::RateOfSum,
                call.span,
                format!(
                    "`{name}` of `{}` goes wrong when one of the counters resets",
                    a.name
                ),
                format!("take the {name} first, as in {}({name}(m[5m]))", a.name),
            );
        } else if !has_window && name != "timestamp" && !matches!(inner, Expr::Number(_) | Expr::String(_)) {
            self.add(
                LintRule::ImplicitSubquery,
                arg.span(),
                format!("`{name}` over an expression makes a subquery of one step, hidden from the reader"),
                format!("give the window and the step, as in {name}(({inner})[1h:1m])"),
            );
        }
    }

    fn label_replace(&mut self, call: &Call) {
        let text = |i: usize| call.args.get(i).and_then(as_string);
        if let (Some(label), Some(value)) = (text(1), text(2))
            && text(3).is_some_and(|source| source.is_empty())
            && !value.is_empty()
        {
            self.add(
                LintRule::LabelReplaceAdds,
                call.span,
                format!("with an empty source, `label_replace` sets {label}={value:?} on all series"),
                format!("use label_del(.., {label:?}) to drop the label, label_set(.., {label:?}, {value:?}) to set it"),
            );
        }
    }

    pub(super) fn aggregation(&mut self, aggregation: &Aggregation) {
        let Some(function) = aggregation.function() else {
            return;
        };
        self.argument_types(&aggregation.args, function);
        if matches!(&*aggregation.name, "topk" | "bottomk")
            && let Some(Expr::Aggregation(inner)) = aggregation.args.get(1)
            && matches!(&*inner.name, "avg" | "sum")
            && let Some(Expr::Call(rate)) = inner.args.first()
            && matches!(&*rate.name, "rate" | "increase")
            && let Some(name) = rate
                .args
                .first()
                .and_then(selector_of)
                .and_then(|s| s.name.as_deref())
            && let Some(base) = name.strip_suffix("_sum")
        {
            self.add(
                LintRule::RankedLoad,
                aggregation.span,
                format!("the rate of `{name}` is the load, not the size of one event"),
                format!(
                    "divide: sum({}({name}[5m])) / sum({}({base}_count[5m])), both by the same labels",
                    rate.name, rate.name
                ),
            );
        }
    }

    fn argument_types(&mut self, args: &[Expr], function: &crate::functions::Function) {
        for (i, arg) in args.iter().enumerate() {
            if function.signature.param(i, args.len()) != Some(ParamType::Number) {
                continue;
            }
            match arg {
                Expr::String(_) => self.add(
                    LintRule::StringAsNumber,
                    arg.span(),
                    format!(
                        "argument {} of `{}` is a string, which counts as no number",
                        i + 1,
                        function.name
                    ),
                    "write the number without quotes",
                ),
                Expr::Selector(_) | Expr::Rollup(_) => self.add(
                    LintRule::SeriesAsNumber,
                    arg.span(),
                    format!(
                        "argument {} of `{}` fails unless `{arg}` is exactly one series",
                        i + 1,
                        function.name
                    ),
                    format!("wrap it: scalar({arg})"),
                ),
                _ => {}
            }
        }
    }
}
