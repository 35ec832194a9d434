//! Checks of calls against the function table.

use crate::ast::{Expr, SubqueryStep};
use crate::error::{ParseError, ParseErrorKind};
use crate::functions::{Function, FunctionKind, ParamType, function};
use crate::regex;
use crate::span::Span;
use crate::version::Version;
use crate::visit::for_each_child;

/// The names that `aggr_over_time` takes besides most rollup functions with one argument.
const AGGR_OVER_TIME_ONLY: &str = "iqr_over_time";
/// The rollup functions with one argument that `aggr_over_time` does not take.
const NOT_IN_AGGR_OVER_TIME: [&str; 6] = [
    "changes_prometheus",
    "delta_prometheus",
    "histogram_over_time",
    "increase_prometheus",
    "outlier_iqr_over_time",
    "rate_prometheus",
];

/// Checks an expanded expression.
pub(crate) fn check(expr: &Expr, version: Version) -> Result<(), ParseError> {
    match expr {
        Expr::Call(call) => match call.function() {
            Some(function) => arguments(function, &call.args, call.span)?,
            None => {
                let suggestion = crate::functions::suggest(&call.name, version, std::iter::empty());
                let kind = ParseErrorKind::UnknownFunction {
                    name: call.name.to_string(),
                    suggestion,
                };
                return Err(ParseError::new(kind, call.name_span));
            }
        },
        Expr::Aggregation(aggregation) => {
            if let Some(function) = aggregation.function() {
                arguments(function, &aggregation.args, aggregation.span)?;
            }
        }
        Expr::Rollup(rollup) => {
            let step = match &rollup.step {
                SubqueryStep::Every(step) => Some(step),
                _ => None,
            };
            for (what, duration) in [("window", rollup.window.as_ref()), ("step", step)] {
                if let Some(duration) = duration.filter(|d| d.is_always_negative()) {
                    let kind = ParseErrorKind::NegativeDuration {
                        what,
                        text: duration.as_str().to_owned(),
                    };
                    return Err(ParseError::new(kind, duration.span));
                }
            }
        }
        _ => {}
    }
    let mut result = Ok(());
    for_each_child(expr, |child| {
        if result.is_ok() {
            result = check(child, version);
        }
    });
    result
}

fn arguments(function: &'static Function, args: &[Expr], span: Span) -> Result<(), ParseError> {
    if !function.signature.accepts(args.len()) {
        let kind = ParseErrorKind::ArgumentCount {
            function: function.name,
            expected: function.signature.counts(),
            found: args.len(),
            signature: format!("{}{}", function.name, function.signature),
        };
        return Err(ParseError::new(kind, span));
    }
    for (i, arg) in args.iter().enumerate() {
        let Some(param) = function.signature.param(i, args.len()) else {
            continue;
        };
        if let Err(problem) = argument(param, arg) {
            let kind = match problem {
                Some(kind) => kind,
                None => ParseErrorKind::ArgumentType {
                    function: function.name,
                    position: i + 1,
                    expected: param.expectation(),
                },
            };
            return Err(ParseError::new(kind, arg.span()));
        }
    }
    Ok(())
}

/// Returns the string that an expression is; the union of one string is that string.
pub(crate) fn as_string(expr: &Expr) -> Option<String> {
    match expr {
        Expr::String(s) => s.text.as_literal().map(str::to_owned),
        Expr::Call(call) if call.name == "union" && call.args.len() == 1 => as_string(&call.args[0]),
        Expr::Binary(b) if b.op == crate::ast::BinaryOp::Add => {
            Some(as_string(&b.left)? + &as_string(&b.right)?)
        }
        _ => None,
    }
}

fn argument(param: ParamType, arg: &Expr) -> Result<(), Option<ParseErrorKind>> {
    match param {
        ParamType::Range | ParamType::Vector | ParamType::Number => return Ok(()),
        ParamType::RollupNames => return rollup_names(arg),
        _ => {}
    }
    if matches!((param, arg), (ParamType::String, Expr::String(_))) {
        return Ok(());
    }
    let Some(value) = as_string(arg) else {
        return Err(None);
    };
    let ok = match param {
        ParamType::RollupTag => matches!(&*value, "min" | "max" | "avg"),
        ParamType::CandlestickTag => matches!(&*value, "open" | "close" | "low" | "high"),
        ParamType::Regex | ParamType::PartialRegex => {
            let check = if param == ParamType::Regex {
                regex::check_anchored
            } else {
                regex::check_plain
            };
            return check(&value).map_err(|reason| {
                Some(ParseErrorKind::InvalidRegex {
                    pattern: value,
                    reason,
                })
            });
        }
        _ => true,
    };
    if ok { Ok(()) } else { Err(None) }
}

fn rollup_names(arg: &Expr) -> Result<(), Option<ParseErrorKind>> {
    let names = match arg {
        Expr::List(list) if !list.items.is_empty() => &list.items[..],
        other => std::slice::from_ref(other),
    };
    let known = |name: &str| {
        name == AGGR_OVER_TIME_ONLY
            || function(name).is_some_and(|f| {
                f.name == name
                    && f.kind == FunctionKind::Rollup
                    && f.signature.repeat.is_empty()
                    && f.signature.accepts(1)
                    && !NOT_IN_AGGR_OVER_TIME.contains(&name)
            })
    };
    let ok = names
        .iter()
        .all(|name| matches!(name, Expr::String(s) if s.text.as_literal().is_some_and(known)));
    if ok { Ok(()) } else { Err(None) }
}
