use vmotel_metricsql::{ParseConfig, Version, expand, lint, parse, parse_with, prettify_expr, usage};

use crate::corpus::queries;

/// Pieces that mean something to the grammar.
const PIECES: [&str; 58] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "@",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "==",
    "!=",
    "=~",
    "!~",
    "=",
    ">",
    "<=",
    "\"",
    "'",
    "`",
    "\\",
    "#",
    "\n",
    ":",
    ".",
    "$__interval",
    "WITH (",
    "x = ",
    "f(a) = ",
    " by ",
    " without ",
    " on ",
    " ignoring ",
    " group_left ",
    " prefix ",
    " bool ",
    " or ",
    " and ",
    " default ",
    " offset ",
    " limit ",
    " keep_metric_names ",
    "5m",
    "1i",
    "1e3",
    "0x1F",
    "10Ki",
    "Inf",
    "sum",
    "rate(m[5m])",
    "é",
    "😀",
    "\u{0}",
    "{a=\"b\" or c=~\"d\"}",
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % n.max(1)
    }

    /// Returns a place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn mutate(&mut self, text: &mut String, other: &str) {
        for _ in 0..=self.below(4) {
            let (a, b) = (self.place(text), self.place(text));
            let (from, to) = (a.min(b), a.max(b));
            match self.below(6) {
                0 => text.replace_range(from..to, ""),
                1 => text.insert_str(from, PIECES[self.below(PIECES.len())]),
                2 => {
                    let piece = text[from..to].to_owned();
                    let at = self.place(text);
                    text.insert_str(at, &piece);
                }
                3 => {
                    let (c, d) = (self.place(other), self.place(other));
                    text.insert_str(from, &other[c.min(d)..c.max(d)]);
                }
                4 => text.truncate(to),
                _ => {
                    let c = char::from(u8::try_from(self.below(127)).unwrap_or(b' '));
                    text.insert(from, c);
                }
            }
            if text.len() > 2000 {
                let at = self.place(&text[..1000]);
                text.truncate(at);
            }
        }
    }
}

/// Changes queries at random: nothing panics, and what is accepted round-trips and expands.
///
/// `VMOTEL_FUZZ_INPUTS` is the number of inputs, 20,000 by default.
#[test]
fn changed_queries_do_no_harm() {
    let inputs = std::env::var("VMOTEL_FUZZ_INPUTS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(20_000_u64);
    let seed = std::env::var("VMOTEL_FUZZ_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_u64);
    let seeds: Vec<&str> = queries(Version::V1_145).map(|(query, _)| query).collect();
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut accepted = 0_u64;
    for _ in 0..inputs {
        let mut text = seeds[random.below(seeds.len())].to_owned();
        let other = seeds[random.below(seeds.len())];
        random.mutate(&mut text, other);
        match parse(&text) {
            Err(error) => assert!(!error.render(&text).is_empty()),
            Ok(expr) => {
                accepted += 1;
                let printed = expr.to_string();
                assert_eq!(
                    parse(&printed).as_ref(),
                    Ok(&expr),
                    "{text:?} printed as {printed:?}"
                );
                if accepted.is_multiple_of(8) {
                    let pretty = prettify_expr(&expr);
                    assert_eq!(
                        parse(&pretty).as_ref(),
                        Ok(&expr),
                        "{text:?} formatted as {pretty:?}"
                    );
                    let expanded = expand(&expr).unwrap_or_else(|error| panic!("{text:?}: {error}"));
                    assert!(
                        parse(&expanded.to_string()).is_ok(),
                        "{text:?} expanded to {expanded}"
                    );
                    assert!(lint(&expr).iter().all(|l| !l.help.is_empty()));
                    assert!(usage(&expr, 60_000).selections.len() <= text.len() * 100);
                }
            }
        }
    }
    assert!(accepted > inputs / 20, "{accepted} of {inputs} accepted");
}

/// Deep nesting and long chains are refused or parsed, on the stack of a test thread.
#[test]
fn nesting_is_bounded() {
    // The printed text may have more parentheses.
    let twice = ParseConfig {
        max_depth: 200,
        ..Default::default()
    };
    for (open, close) in [
        ("(", ")"),
        ("abs(", ")"),
        ("-", ""),
        ("+", ""),
        ("- -", ""),
        ("m @ -", ""),
        ("sum by (a) (", ")"),
        ("{a=\"b\"}[", ""),
        ("WITH (x = ", ") x"),
        ("WITH (x = 1) ", "x"),
        ("m offset (", ")"),
        ("(a,", ")"),
        ("m+", ""),
        ("m^", ""),
        ("m or (", ")"),
        ("(", "[5m])"),
        ("\"a\" + ", ""),
        ("m @ (", ")"),
        ("(", ")[5m:]"),
        ("1 default -(", ")"),
        ("rate(", "[1h:])"),
    ] {
        for depth in [50, 99, 100, 101, 999, 1000, 1001, 20_000] {
            let query = format!("{}m{}", open.repeat(depth), close.repeat(depth));
            if let Ok(expr) = parse(&query) {
                assert_eq!(
                    parse_with(&expr.to_string(), &twice).as_ref(),
                    Ok(&expr),
                    "{open} {depth}"
                );
                assert_eq!(
                    parse_with(&prettify_expr(&expr), &twice).as_ref(),
                    Ok(&expr),
                    "{open} {depth}"
                );
                let _ = (lint(&expr), usage(&expr, 1), expand(&expr));
            }
        }
    }
}

/// Templates that double at each step stop at the limit.
#[test]
fn expansion_is_bounded() {
    let doubling: String = (1..40)
        .map(|i| format!(", x{i} = x{} + x{}", i - 1, i - 1))
        .collect();
    let error = parse(&format!("WITH (x0 = m{doubling}) x39")).unwrap_err();
    assert!(error.to_string().contains("100000 nodes"), "{error}");
    let strings: String = (1..40)
        .map(|i| format!(", x{i} = x{} + x{}", i - 1, i - 1))
        .collect();
    let error = parse(&format!(
        "WITH (x0 = \"aaaaaaaa\"{strings}) label_set(m, \"a\", \"\" + x39)"
    ))
    .unwrap_err();
    assert!(
        error.to_string().contains("expand") || error.to_string().contains("template"),
        "{error}"
    );
}
