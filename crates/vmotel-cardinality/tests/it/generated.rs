//! Generated identifiers and routes: what share is kept, and how many templates come out.

use std::collections::HashSet;

use vmotel_cardinality::{UrlConfig, UrlNormalizer};

const HEX: &str = "0123456789abcdef";
const BASE36: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64URL: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn text(&mut self, alphabet: &str, len: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..len)
            .map(|_| char::from(alphabet[(self.next() % alphabet.len() as u64) as usize]))
            .collect()
    }
}

/// Families of identifiers, with the share that may be kept, in per cent. The published rules keep 25 % of base64url of eleven
/// characters and 19 % of base36 of twelve.
const FAMILIES: [(&str, &str, usize, f64); 12] = [
    ("hex 6", HEX, 6, 0.4),
    ("hex 7", HEX, 7, 0.2),
    ("hex 12", HEX, 12, 0.1),
    ("hex 24", HEX, 24, 0.0),
    ("hex 32", HEX, 32, 0.0),
    ("hex 40", HEX, 40, 0.0),
    ("base36 12", BASE36, 12, 2.0),
    ("base62 11", BASE62, 11, 3.0),
    ("base64url 8", BASE64URL, 8, 21.0),
    ("base64url 11", BASE64URL, 11, 6.5),
    ("base64url 16", BASE64URL, 16, 0.5),
    ("base64url 22", BASE64URL, 22, 0.1),
];

#[expect(clippy::print_stdout, reason = "the report is what the test is read for")]
fn kept(count: u32) {
    let urls = UrlNormalizer::default();
    for (seed, (name, alphabet, len, most)) in FAMILIES.into_iter().enumerate() {
        let mut random = Random(seed as u64);
        let kept = (0..count)
            .filter(|_| {
                let id = format!("/x/{}", random.text(alphabet, len));
                urls.normalize(&id) == id
            })
            .count();
        let share = kept as f64 * 100.0 / f64::from(count);
        println!("{name:<14}{share:>7.2} % kept, at most {most} %");
        assert!(share <= most, "{name}: {share} %");
    }
}

#[test]
fn few_identifiers_are_kept() {
    kept(20_000);
}

#[test]
#[ignore = "reason: deep run"]
fn few_identifiers_are_kept_deep() {
    kept(1_000_000);
}

/// 400 routes with 200 identifiers each.
#[test]
fn routes_give_as_many_templates() {
    const NOUNS: [&str; 20] = [
        "users", "orders", "items", "projects", "invoices", "teams", "reports", "devices", "events", "files",
        "jobs", "accounts", "payments", "tickets", "comments", "products", "sessions", "groups", "clusters",
        "messages",
    ];
    let cluster = |urls: &UrlNormalizer| -> usize {
        let mut random = Random(7);
        let mut templates = HashSet::new();
        for first in NOUNS {
            for (kind, second) in NOUNS.iter().enumerate() {
                for _ in 0..200 {
                    let id = match kind % 5 {
                        0 => (random.next() % 1_000_000).to_string(),
                        1 => random.text(HEX, 40),
                        2 => format!(
                            "{}-{}-4{}-a{}-{}",
                            random.text(HEX, 8),
                            random.text(HEX, 4),
                            random.text(HEX, 3),
                            random.text(HEX, 3),
                            random.text(HEX, 12)
                        ),
                        3 => random.text(HEX, 64),
                        _ => format!("cus_{}", random.text(BASE62, 24)),
                    };
                    templates.insert(
                        urls.normalize(&format!("/api/{first}/{id}/{second}"))
                            .into_owned(),
                    );
                }
            }
        }
        templates.len()
    };
    let without = cluster(&UrlNormalizer::default());
    assert!((400..=420).contains(&without), "{without} templates");
    let with = cluster(&UrlNormalizer::new(&UrlConfig::requests()).expect("the options are in range"));
    assert!((400..=420).contains(&with), "{with} templates");
    // No two static routes are one.
    let urls = UrlNormalizer::default();
    let routes: HashSet<String> = NOUNS
        .iter()
        .flat_map(|a| NOUNS.iter().map(move |b| format!("/v1/{a}/{b}/list")))
        .collect();
    let templates: HashSet<String> = routes
        .iter()
        .map(|route| urls.normalize(route).into_owned())
        .collect();
    assert_eq!(routes, templates);
}
