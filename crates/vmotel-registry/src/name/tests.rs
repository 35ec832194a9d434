//! Names with labels, taken apart.

use super::*;

#[test]
fn series_are_taken_apart() {
    let check = |name: SeriesName<'_>, expected: &str| {
        let parsed = name.parse(Kind::Counter).unwrap();
        let labels: Vec<_> = parsed.labels.iter().map(|(l, v)| format!("{l}={v}")).collect();
        assert_eq!(format!("{} {}", parsed.name, labels.join(" ")), expected);
    };
    check("x".into(), "x ");
    check("x{}".into(), "x ");
    check(r#"x{a="1"}"#.into(), "x a=1");
    check(r#"x{b="1",a="2",}"#.into(), "x a=2 b=1");
    check(r#"x{ a = "1" , b = "2" }"#.into(), "x a=1 b=2");
    check(r#"x{a="\\ \" \n{}=,é"}"#.into(), "x a=\\ \" \n{}=,é");
    check(r#"x{a=""}"#.into(), "x ");
    check(("x", &[("b", r"\"), ("a", "{}")]).into(), r"x a={} b=\");
}

#[test]
fn errors_name_text_place_and_expectation() {
    let check = |name: &str, expected: &str| {
        let error = SeriesName::from(name).parse(Kind::Histogram).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check("", "a metric name is empty, expected [a-zA-Z_:][a-zA-Z0-9_:]*");
    check(
        r#"a-b{c="d"}"#,
        r#"the metric name "a-b" has '-' at byte 1, expected [a-zA-Z_:][a-zA-Z0-9_:]*"#,
    );
    check(
        "x{a}",
        r#"the series "x{a}" at byte 3: expected `=` behind the name of a label"#,
    );
    check(
        "x{a=1}",
        r#"the series "x{a=1}" at byte 4: expected a value in double quotes"#,
    );
    check(
        "x{",
        r#"the series "x{" at byte 2: expected a label such as service="api""#,
    );
    check(
        r#"x{a="1"}y"#,
        r#"the series "x{a=\"1\"}y" at byte 8: expected nothing behind the closing brace"#,
    );
    check(
        r#"x{a="1"#,
        r#"the series "x{a=\"1" at byte 6: expected a closing double quote"#,
    );
    check(
        r#"x{a="1",a="2"}"#,
        r#"the series "x{a=\"1\",a=\"2\"}" has the label "a" twice, expected each label once"#,
    );
    check(
        r#"x{le="1"}"#,
        r#"the label name "le" is reserved on a Histogram, choose another name"#,
    );
    check(
        r#"x{a="\t"}"#,
        r#"the series "x{a=\"\\t\"}" at byte 7: expected `\\`, `\"` or `\n` behind a backslash"#,
    );
}
