use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::ast::{BinaryOp, Expr, Selector};

const MINUTE: Duration = Duration::from_secs(60);

#[track_caller]
fn check(query: impl Into<Query>, expected: &str) {
    assert_eq!(query.into().build().unwrap().to_string(), expected);
}

#[test]
fn builds_the_forms_of_the_language() {
    check(metric("up"), "up");
    check(
        metric("cpu.time").eq("http.method", "GET"),
        r#"cpu.time{http.method="GET"}"#,
    );
    check(metric("5xx rate"), r#"{__name__="5xx rate"}"#);
    check(
        any_metric().eq("job", "a").or().ne("env", "b"),
        r#"{job="a" or env!="b"}"#,
    );
    check(metric("m").one_of("a", ["x.y", "z|"]), r#"m{a=~"x\\.y|z\\|"}"#);
    check(
        metric("m").rate(5 * MINUTE).sum().by(["job"]).limit(3),
        "sum(rate(m[5m])) by (job) limit 3",
    );
    check(
        metric("h_bucket")
            .rate(5 * MINUTE)
            .sum()
            .by_buckets(["service"])
            .histogram_quantile(0.99),
        "histogram_quantile(0.99, sum(rate(h_bucket[5m])) by (le, vmrange, service))",
    );
    check(
        metric("a")
            .op(BinaryOp::Mul, metric("b"))
            .on(["x"])
            .group_left(["y"]),
        "a * on (x) group_left (y) b",
    );
    check(metric("a").op(BinaryOp::Greater, 5.0).bool(), "a > bool 5");
    check((metric("a") + 1.0) * metric("b"), "(a + 1) * b");
    check(metric("a") - (number(2.0) - -3.0), "a - (2 - -3)");
    check(
        metric("m")
            .rate(MINUTE)
            .subquery(60 * MINUTE, Some(MINUTE))
            .apply("max_over_time"),
        "max_over_time(rate(m[1m])[1h:1m])",
    );
    check(
        metric("m").rate(MINUTE).offset(1440 * MINUTE).at(-5.0),
        "(rate(m[1m]) offset 1d) @ -5",
    );
    check(Query::from(metric("a")).union([metric("b").into()]), "(a, b)");
    check(
        metric("m").range(MINUTE).aggregate("topk_max", [number(3.0)]),
        "topk_max(3, m[1m])",
    );
    check(metric("sum").op(BinaryOp::Or, metric("on")), "(sum) or (on)");
    check(
        metric("m").rate(MINUTE).keep_metric_names(),
        "rate(m[1m]) keep_metric_names",
    );
    check(metric("inf"), r#"{__name__="inf"}"#);
}

#[test]
fn mistakes_are_reported() {
    assert!(matches!(metric("").build(), Err(BuildError::InvalidName { .. })));
    assert!(matches!(
        metric("m").eq("", "x").build(),
        Err(BuildError::InvalidName { .. })
    ));
    assert!(matches!(
        metric("m").rate(Duration::ZERO).build(),
        Err(BuildError::InvalidDuration { .. })
    ));
    assert!(matches!(
        metric("m").rate(Duration::MAX).build(),
        Err(BuildError::InvalidDuration { .. })
    ));
    assert!(matches!(
        metric("m").matching("a", "(").build(),
        Err(BuildError::Refused { .. })
    ));
    assert!(matches!(
        call("rate", []).build(),
        Err(BuildError::Refused { .. })
    ));
    assert!(matches!(
        metric("m").eq("__name__", "n").build(),
        Err(BuildError::Refused { .. })
    ));
    let not_aggregate = Query::from(metric("m")).aggregate("rate", []).build();
    assert!(matches!(not_aggregate, Err(BuildError::InvalidName { .. })));
}

/// All that a name can hold, with the characters that matter to the grammar more often.
const NAME: &str =
    "[ -~\t\n\u{80}-\u{d7ff}\u{e000}-\u{fffc}]{1,12}|[\"\\\\'`{}\n.:-]{1,4}|[a-z_:][a-z0-9_.:]{0,9}";

proptest! {
    /// Whatever the strings, what is built holds exactly them.
    #[test]
    fn any_text_survives(
        name in NAME,
        label in NAME,
        value in ".*|[\"\\\\\n\r\t\u{0}'`]{0,8}",
        grouping in NAME,
        number in proptest::num::f64::ANY,
        seconds in 1_u64..10_000_000,
    ) {
        prop_assume!(label != "__name__");
        let selector = metric(&*name).eq(&*label, &*value);
        let query = selector.rate(Duration::from_secs(seconds)).sum().by([&*grouping]);
        let built = query.div(number).build().unwrap();
        let usage = crate::usage(&built, 1);
        prop_assert!(usage.metrics.contains(&name));
        prop_assert!(usage.labels.contains(&label) && usage.labels.contains(&grouping));
        prop_assert_eq!(usage.lookback_ms, i64::try_from(seconds * 1000).unwrap());
        let mut found = None;
        crate::walk(&built, &mut Find(&mut found));
        let filters: Vec<_> = found.unwrap().groups.concat();
        prop_assert_eq!(filters[0].value.as_literal(), Some(&*value));
    }
}

struct Find<'a>(&'a mut Option<Selector>);

impl crate::Visitor for Find<'_> {
    fn enter(&mut self, expr: &Expr) -> bool {
        if let Expr::Selector(s) = expr {
            *self.0 = Some(s.clone());
        }
        true
    }
}
