use super::*;

#[test]
fn agrees_with_the_servers() {
    // Verdicts of VictoriaMetrics 1.112 and 1.145 for `m{a=~"..."}`.
    for accepted in [
        "a)(b",
        "[[a]",
        "a{",
        r"\Qa(\E",
        "(?<x>a)",
        "(?P<x>a)",
        r"\pL\p{Greek}",
        r"\<",
        "[[:alpha:]]",
        "(?i)a",
        "a*?",
        "[]a]",
        "[^]a]",
        r"\d-\w",
        r"[\d-z]",
        "(?-s:a)",
        r"\x{10FFFF}",
        r"\z",
        "a|",
        "|b",
        "()",
        "x{2,3}?",
        "{,5}",
        "a-z",
        "[a-]",
        "[-a]",
        r"[\x41-\x5a]",
        "a+b*",
    ] {
        assert_eq!(check_anchored(accepted), Ok(()), "{accepted}");
    }
    for refused in [
        "a**",
        r"\C",
        "(?=a)",
        "a{1001}",
        r"\1",
        "x{2,1}",
        "*",
        "[z-a]",
        "[[:foo:]]",
        "(?x)a",
        "a???",
        "[a",
        "\\",
        "(?:a",
        r"\x{110000}",
        r"\xZ",
        r"\Z",
        "((a{100}){100}){100}",
        "(",
        ")",
        "a)",
        "(?P<>a)",
        "(*)",
        r"[\dé-z]",
        "a|*",
    ] {
        assert!(check_anchored(refused).is_err(), "{refused}");
    }
    assert!(check_plain("a)(b").is_err());
}
