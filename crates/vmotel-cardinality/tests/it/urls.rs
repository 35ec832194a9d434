//! Properties of the normaliser for any input.

use std::borrow::Cow;
use std::collections::HashSet;

use proptest::prelude::*;
use vmotel_cardinality::{SegmentRule, SharedUrlCache, UrlCache, UrlConfig, UrlNormalizer};

fn normalizers() -> Vec<(&'static str, UrlNormalizer)> {
    let build = |config: UrlConfig| UrlNormalizer::new(&config).expect("the options are in range");
    let own = UrlConfig {
        routes: vec![
            "/u/:user/posts".to_owned(),
            "/f/**".to_owned(),
            "/*/x/{y}".to_owned(),
        ],
        segments: vec![
            SegmentRule {
                pattern: "cust-*".to_owned(),
                name: "customer".to_owned(),
            },
            SegmentRule {
                pattern: "??##".to_owned(),
                name: "code".to_owned(),
            },
        ],
        allow: vec![
            "do-not-sell-my-personal-information".to_owned(),
            "1984".to_owned(),
            "~me".to_owned(),
        ],
        ..UrlConfig::default()
    };
    vec![
        ("default", UrlNormalizer::default()),
        (
            "untrusted",
            build(UrlConfig {
                trust_templates: false,
                ..UrlConfig::default()
            }),
        ),
        (
            "star",
            build(UrlConfig {
                collapse: Some("*".to_owned()),
                ..UrlConfig::default()
            }),
        ),
        (
            "name",
            build(UrlConfig {
                collapse: Some(":x".to_owned()),
                ..own.clone()
            }),
        ),
        (
            "brace",
            build(UrlConfig {
                collapse: Some("{x}".to_owned()),
                trust_templates: false,
                ..own.clone()
            }),
        ),
        ("own", build(own)),
        (
            "requests",
            build(UrlConfig {
                per_parent: 12,
                max_templates: 40,
                ..UrlConfig::requests()
            }),
        ),
    ]
}

/// Text that is more likely than random bytes to meet a rule, and to break one.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z]{1,12}",
        3 => "[0-9]{1,12}",
        3 => "[0-9a-f]{1,40}",
        3 => "[A-Za-z0-9_-]{1,40}",
        3 => prop::sample::select(vec![
            "/", "//", ".", "..", "%2e", "%2E.", ";", ";a=b", "?", "#", "*", "**", ":", ":id", ":x", "{id}", "{x}", "@",
            "@2x.png", ".js", ".tar.gz", "%", "%4", "%zz", "%25", "%2F", "%3a", "%40", "%3F", "%23", "%20", " ", "\t",
            "(", ")", "(1)", "(:key)", "$ref", "=", "==", "+", "-", "_", "v1", "v1.2", "1.2.3", "1.2.3.4", "2024", "07",
            "2024-01-31", "T10:00:00Z", "http://", "a+b.c://u:p@h", "é", "\u{0}", "\u{7f}", "::1", "[::1]:80", "0x1f",
            "30692184-e927-4398-b8f9-a6e1eda1ea7b", "a@b.example", "eyJh.eyJi.c", "sha256:ab", "cust-", ":cancel",
            ":batchGet", "localhost:80", "example.com", "640x480", "INV-2025-0001", "cus_", "en-US", "-x2v9q",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

#[track_caller]
fn check(name: &str, urls: &UrlNormalizer, url: &str) {
    let once = urls.normalize(url);
    assert!(
        once.starts_with('/') || once == "*",
        "{name}: {url:?} -> {once:?}"
    );
    assert!(once.len() <= 1024, "{name}: {url:?} -> {} bytes", once.len());
    assert!(
        once.bytes().all(|byte| byte.is_ascii_graphic()),
        "{name}: {url:?} -> {once:?}"
    );
    assert!(
        !once.contains(['?', '#', ';', '%']),
        "{name}: {url:?} -> {once:?}"
    );
    assert!(
        once == "*" || once.split('/').count() <= 12,
        "{name}: {url:?} -> {once:?}"
    );
    let twice = urls.normalize(&once);
    assert_eq!(once, twice, "{name}: {url:?} is not stable");
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn run(cases: u32) {
    let all = normalizers();
    let mut runner = proptest::test_runner::TestRunner::new(config(cases));
    runner
        .run(
            &(pieces(), prop::collection::vec(any::<u8>(), 0..80)),
            |(text, bytes)| {
                for (name, urls) in &all {
                    check(name, urls, &text);
                    check(name, urls, &urls.normalize_bytes(&bytes));
                    check(name, urls, &String::from_utf8_lossy(&bytes));
                }
                Ok(())
            },
        )
        .expect("every input gives a stable template");
}

#[test]
fn any_input_gives_a_stable_template() {
    run(4_000);
}

#[test]
#[ignore = "reason: deep run"]
fn any_input_gives_a_stable_template_deep() {
    run(2_000_000);
}

#[test]
fn no_secret_passes() {
    let secret = "[a-z]{3,8}@[a-z]{3,8}\\.(example|com|org|co\\.uk)";
    let mut runner = proptest::test_runner::TestRunner::new(config(2_000));
    let strategy = (secret, "[a-zA-Z0-9]{6,12}", 0..9_usize);
    let all = normalizers();
    runner
        .run(&strategy, |(email, word, place)| {
            let escaped = email.replace('@', "%40");
            let url = match place {
                0 => format!("/a?{word}={email}"),
                1 => format!("/a#{email}"),
                2 => format!("https://{email}:{word}@host.example/a"),
                3 => format!("/a/{email}/b"),
                4 => format!("/a/{escaped}"),
                5 => format!("/a/{email}.json"),
                6 => format!("/a/{email}:cancel"),
                7 => format!("/a;{email}/b"),
                _ => format!("/a/x({email})"),
            };
            let (local, domain) = email.split_once('@').expect("an address has an @");
            for (name, urls) in &all {
                let got = urls.normalize(&url);
                for part in [local, domain] {
                    prop_assert!(
                        !got.contains(part) || "cancel json".contains(part),
                        "{name}: {url} -> {got}"
                    );
                }
            }
            Ok(())
        })
        .expect("no part of an address passes");
}

#[test]
fn what_stays_is_borrowed() {
    let urls = UrlNormalizer::default();
    let url = "https://example.com/api/v1/users/?page=2";
    assert!(matches!(urls.normalize(url), Cow::Borrowed("/api/v1/users")));
    assert!(matches!(urls.normalize("/health"), Cow::Borrowed("/health")));
    assert!(matches!(urls.normalize("/users/1"), Cow::Owned(_)));
}

#[test]
fn own_rules_come_first() {
    let all = normalizers();
    let check = |name: &str, url: &str, expected: &str| {
        let (_, urls) = all
            .iter()
            .find(|(known, _)| *known == name)
            .expect("a normaliser of that name");
        assert_eq!(urls.normalize(url), expected, "{name}: {url}");
    };
    check("own", "/u/alice/posts", "/u/:user/posts");
    check("own", "/f/a/b/c?x", "/f/**");
    check("own", "/any/x/thing", "/*/x/:y");
    check("own", "/c/cust-alice", "/c/:customer");
    check("own", "/c/ab12", "/c/:code");
    check(
        "own",
        "/do-not-sell-my-personal-information",
        "/do-not-sell-my-personal-information",
    );
    check("own", "/novels/1984", "/novels/1984");
    check("star", "/users/12/main.61250eb8.js", "/users/*/main.*.js");
    check("star", "/odata/Orders(10248)", "/odata/Orders(*)");
    check("untrusted", "/users/{userId}/:name", "/users/:str/:str");
    check("untrusted", "/users/:id", "/users/:id");
    check("default", "/users/{userId}/:name", "/users/{userId}/:name");
    check(
        "default",
        "/users/{deadbeef12345678deadbeef12345678}",
        "/users/:str",
    );
}

#[test]
fn the_second_level_bounds_templates() {
    let config = UrlConfig {
        per_parent: 20,
        max_templates: 100,
        idle_epochs: 2,
        ..UrlConfig::requests()
    };
    let urls = UrlNormalizer::new(&config).expect("the options are in range");
    assert!(urls.pin("/api/health"));
    let mut seen = HashSet::new();
    let word = |number: u32| -> String {
        // Words that no rule replaces.
        number
            .to_string()
            .bytes()
            .map(|digit| char::from(b'a' + (digit - b'0') * 2))
            .collect()
    };
    for number in 0..200_000_u32 {
        let (a, b, c) = (word(number % 37), word(number % 1009), word(number));
        seen.insert(urls.normalize(&format!("/{a}/{b}/{c}")).into_owned());
        seen.insert(urls.normalize(&format!("/users/{c}")).into_owned());
    }
    assert!(seen.len() <= 100, "{} templates", seen.len());
    assert_eq!(urls.templates(), 97);
    let mut children: std::collections::HashMap<&str, HashSet<&str>> = std::collections::HashMap::new();
    for template in &seen {
        for (at, _) in template.match_indices('/') {
            let child = template[at + 1..].split('/').next().unwrap_or_default();
            children.entry(&template[..at]).or_default().insert(child);
        }
    }
    for (parent, children) in children {
        assert!(children.len() <= 20, "{parent} has {}", children.len());
    }
    // What was admitted stays, what is pinned stays, the rest goes when idle.
    let first = seen
        .iter()
        .find(|template| template.starts_with("/users/"))
        .expect("a user template")
        .clone();
    assert_eq!(urls.normalize(&first), first);
    assert_eq!(urls.tick(), 0);
    assert_eq!(urls.normalize(&first), first);
    assert_eq!(urls.tick(), 95);
    assert_eq!(urls.templates(), 2);
    assert_eq!(urls.normalize("/fresh/route"), "/fresh/route");
}

#[test]
fn caches_answer_as_the_normaliser_does() {
    let urls = UrlNormalizer::default();
    let mut cache = UrlCache::new(64);
    let shared = SharedUrlCache::new(UrlNormalizer::default(), 64);
    for round in 0..3 {
        for number in 0..500_u32 {
            for url in [
                format!("/users/{}", number % 50),
                format!("/route{}", number % 90),
                "x".repeat(600),
            ] {
                let expected = urls.normalize(&url);
                assert_eq!(cache.normalize(&urls, &url), expected, "round {round}");
                assert_eq!(shared.normalize(&url), expected, "round {round}");
            }
        }
    }
    assert!(cache.hits() > 0 && cache.misses() > 0);
}

#[test]
fn a_long_url_takes_linear_time() {
    let urls = UrlNormalizer::default();
    for piece in [
        "a",
        "1",
        "/",
        "a-",
        "%41",
        "/..",
        "30692184-",
        ";",
        "a.",
        "eyJ.",
        "é",
        "Ab1",
        ".js",
    ] {
        let url = format!("/x/{}", piece.repeat((1 << 20) / piece.len()));
        #[expect(clippy::disallowed_methods, reason = "the test measures time")]
        let start = std::time::Instant::now();
        check("default", &urls, &url);
        assert!(
            start.elapsed().as_millis() < 2_000,
            "{piece}: {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn wrong_options_are_named() {
    let check = |config: UrlConfig, expected: &str| {
        let error = UrlNormalizer::new(&config).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(
        UrlConfig {
            collapse: Some("a b".to_owned()),
            ..UrlConfig::default()
        },
        "collapse is \"a b\"",
    );
    check(
        UrlConfig {
            allow: vec!["a/b".to_owned()],
            ..UrlConfig::default()
        },
        "allowed segment is \"a/b\"",
    );
    check(
        UrlConfig {
            routes: vec!["a".to_owned()],
            ..UrlConfig::default()
        },
        "route is \"a\"",
    );
    check(
        UrlConfig {
            routes: vec!["/**/a".to_owned()],
            ..UrlConfig::default()
        },
        "route is \"/**/a\"",
    );
    check(
        UrlConfig {
            per_parent: 3,
            ..UrlConfig::default()
        },
        "per_parent is 3, expected 8 or more",
    );
    let rule = SegmentRule {
        pattern: String::new(),
        name: "x".to_owned(),
    };
    check(
        UrlConfig {
            segments: vec![rule],
            ..UrlConfig::default()
        },
        "segment rule \"\"",
    );
}
