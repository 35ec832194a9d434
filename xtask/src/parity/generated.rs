//! Generated cases: the same ones for a seed.

use vmotel_model::{Kind, Naming, Number, Quantile};

use super::case::{Case, Value};

/// The seed of all runs; another one finds other cases.
pub(crate) const SEED: u64 = 0x766d_6f74_656c;

const KINDS: [Kind; 6] = [
    Kind::Counter,
    Kind::UpDownCounter,
    Kind::Gauge,
    Kind::Histogram,
    Kind::Summary,
    Kind::Unknown,
];
const UNITS: [&str; 14] = [
    "", "", "", "s", "ms", "By", "KiBy", "1", "%", "{item}", "By/s", "Cel", "USD", "{x}/min",
];
/// What names are made of.
const WORDS: [&str; 24] = [
    "http",
    "server",
    "total",
    "bucket",
    "count",
    "sum",
    "seconds",
    "bytes",
    "ratio",
    "9",
    "42x",
    "A",
    "é",
    "世",
    "created",
    "info",
    "per",
    "x",
    "le",
    "\u{1f600}",
    "TOTAL",
    "milliseconds",
    "z9",
    "",
];
const SEPARATORS: [&str; 10] = [".", ".", "_", "_", "__", "-", "/", ":", " ", "._"];
/// Labels that something owns, or that fall together.
const KEYS: [&str; 22] = [
    "job",
    "instance",
    "exported_job",
    "le",
    "quantile",
    "vmrange",
    "__name__",
    "__meta",
    "_x",
    "9",
    "a.b",
    "a_b",
    "a-b",
    "path_",
    "größe",
    "x__y",
    "",
    "http.route",
    "Host",
    "host",
    "k8s.pod.name",
    "#",
];
/// What values are made of.
const TEXTS: [&str; 24] = [
    "a",
    "GET",
    "/api/v1",
    " ",
    "\"",
    "\\",
    "\n",
    "\r",
    "\t",
    "\0",
    "{",
    "}",
    ",",
    "=",
    "é",
    "世界",
    "\u{2028}",
    "\u{feff}",
    "\u{1f600}",
    "\\n",
    "+Inf",
    "0",
    "# ",
    "\u{7f}",
];

/// Returns `n` families.
pub(crate) fn cases(seed: u64, n: usize) -> Vec<Case> {
    let mut random = Random(seed);
    let mut cases = Vec::with_capacity(n);
    while cases.len() < n {
        let case = case(&mut random, cases.len());
        // What cannot have a name is refused before any path.
        if Naming::Parity
            .metric_name(&case.name, &case.unit, case.kind)
            .is_ok()
        {
            cases.push(case);
        }
    }
    cases
}

/// `SplitMix64`: enough for choices, and equal everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// A number between 0 and 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn case(random: &mut Random, at: usize) -> Case {
    let kind = random.of(&KINDS);
    let mut case = Case::new("generated", kind, name(random, at), super::case::ONE);
    random.of(&UNITS).clone_into(&mut case.unit);
    case.series.clear();
    for nth in 0..=random.below(3) {
        let mut labels: Vec<(String, String)> = Vec::new();
        for _ in 0..random.below(6) {
            let key = if random.one_in(3) {
                random.of(&KEYS).to_owned()
            } else {
                words(random, 2)
            };
            labels.push((key, text(random)));
        }
        // Series differ by this label.
        labels.insert(random.below(labels.len() + 1), ("zz".to_owned(), nth.to_string()));
        case.series.push((labels, value(random, kind)));
    }
    case
}

/// Mostly a name of its own; now and then one that may fall together with another.
fn name(random: &mut Random, at: usize) -> String {
    let words = words(random, 4);
    match random.below(12) {
        0 => words,
        1 => format!("_{at}{words}"),
        2 => format!("{at}.g{words}"),
        _ => format!("g{at}.{words}"),
    }
}

fn words(random: &mut Random, most: usize) -> String {
    let mut name = random.of(&WORDS).to_owned();
    for _ in 0..random.below(most) {
        name.push_str(random.of(&SEPARATORS));
        name.push_str(random.of(&WORDS));
    }
    name
}

fn text(random: &mut Random) -> String {
    if random.one_in(150) {
        return "long ".repeat(random.below(1000));
    }
    (0..random.below(5)).map(|_| random.of(&TEXTS)).collect()
}

fn float(random: &mut Random) -> f64 {
    match random.below(8) {
        0 => f64::from_bits(random.next()),
        1 => random.of(&[f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0, 5e-324, 1e308]),
        2 | 3 => random.below(1000) as f64,
        _ => (random.unit() - 0.3) * 10f64.powi(random.below(12) as i32 - 3),
    }
}

fn counts(random: &mut Random, n: usize) -> Vec<u64> {
    let most = random.of(&[1, 10, 100_000]);
    (0..n).map(|_| random.below(most + 1) as u64).collect()
}

fn value(random: &mut Random, kind: Kind) -> Value {
    let sum = |random: &mut Random| (!random.one_in(6)).then(|| float(random));
    match kind {
        Kind::Histogram if random.one_in(2) => {
            let mut bounds: Vec<f64> = (0..random.below(9))
                .map(|_| (random.unit() - 0.1) * 1e4)
                .collect();
            bounds.sort_by(f64::total_cmp);
            let counts = counts(random, bounds.len() + 1);
            Value::histogram(&bounds, &counts, sum(random))
        }
        Kind::Histogram => {
            let run = |random: &mut Random, most: usize| {
                let len = random.below(most);
                (random.below(200) as i32 - 100, counts(random, len))
            };
            Value::Exponential {
                scale: random.below(10) as i32 - 3,
                zero: random.of(&[(0, 0.0), (0, 0.0), (3, 0.0), (2, 1e-6)]),
                positive: run(random, 30),
                negative: if random.one_in(3) {
                    run(random, 6)
                } else {
                    (0, Vec::new())
                },
                sum: sum(random),
            }
        }
        Kind::Summary => {
            let quantile = |random: &mut Random| Quantile {
                quantile: random.unit(),
                value: float(random),
            };
            Value::Summary {
                quantiles: (0..random.below(5)).map(|_| quantile(random)).collect(),
                sum: float(random),
                count: random.next() >> 20,
            }
        }
        Kind::Counter => match random.below(3) {
            0 => Value::Number(Number::F64(float(random).abs())),
            _ => Value::Number(Number::U64(random.next() >> random.below(64))),
        },
        _ => Value::Number(match random.below(3) {
            0 => Number::U64(random.next() >> random.below(64)),
            1 => Number::I64(random.next() as i64 >> random.below(64)),
            _ => Number::F64(float(random)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_families_of_all_kinds() {
        let [a, b] = [cases(SEED, 200), cases(SEED, 200)];
        assert_eq!(format!("{a:?}"), format!("{b:?}"));
        assert_ne!(format!("{a:?}"), format!("{:?}", cases(SEED + 1, 200)));
        for kind in KINDS {
            assert!(a.iter().filter(|case| case.kind == kind).count() > 10, "{kind:?}");
        }
    }
}
