//! The same values into VictoriaMetrics/metrics for Go and into ours: the same buckets, counts, sums and quantiles.
//!
//! `tests/data/expected.txt` is what `tests/data/generate.go` wrote.

use std::{collections::BTreeMap, fmt::Write as _};

use vmotel_model::{Family, MetricSink, MetricSource, Point, Series, VisitConfig};
use vmotel_registry::{Histogram, Registry, SummaryConfig};

const EXPECTED: &str = include_str!("../data/expected.txt");

/// The generator of the Go program: xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        let mut x = self.0;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0 = x;
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Doubles whose logarithms are spread evenly over 2^low to 2^high.
    fn value(&mut self, low: i64, high: i64) -> f64 {
        let bits = self.next();
        let exponent = (1023 + low) as u64 + (bits >> 52) % (high - low) as u64;
        f64::from_bits(exponent << 52 | bits & ((1 << 52) - 1))
    }
}

/// Writes points in the form of the expected data, with sums and quantiles apart.
#[derive(Default)]
struct Lines {
    name: String,
    lines: Vec<String>,
    numbers: BTreeMap<String, f64>,
}

impl MetricSink for Lines {
    fn family(&mut self, family: &Family<'_>) {
        self.name = family.name.to_owned();
    }

    fn series(&mut self, series: &Series<'_>) {
        match series.point {
            Point::Vmrange(point) => {
                let mut line = " buckets".to_owned();
                for bucket in point.buckets {
                    let _ = write!(line, " {}={}", start(bucket.range), bucket.count);
                }
                self.lines.push(line);
                if point.count > 0 {
                    self.lines.push(format!("  h_count {}", point.count));
                    self.numbers.insert("h_sum".to_owned(), point.sum);
                }
            }
            Point::Summary(point) => {
                if point.count > 0 {
                    self.lines.push(format!("  s_count {}", point.count));
                    self.numbers.insert("s_sum".to_owned(), point.sum);
                }
                for quantile in point.quantiles {
                    let name = format!("s{{quantile=\"{}\"}}", quantile.quantile);
                    self.numbers.insert(name, quantile.value);
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

fn start(range: &str) -> &str {
    range.split("...").next().unwrap_or_default()
}

fn visit(registry: &Registry) -> Lines {
    let config = VisitConfig::default();
    let snapshot = registry.snapshot(&config);
    let mut lines = Lines::default();
    for index in 0..snapshot.len() {
        lines.family(&snapshot.family(index));
        snapshot.visit(index, &mut lines);
    }
    lines
}

fn histogram() -> (Registry, Histogram) {
    let registry = Registry::new();
    let histogram = registry.histogram("h").expect("a name");
    (registry, histogram)
}

fn bits(text: &str) -> u64 {
    u64::from_str_radix(text, 16).expect("hexadecimal")
}

#[test]
fn buckets_are_spelled_as_in_go() {
    let mut seen = 0;
    for line in EXPECTED.lines().filter_map(|line| line.strip_prefix("range ")) {
        let (value, expected) = line.split_once(' ').unwrap();
        let (registry, histogram) = histogram();
        histogram.record(f64::from_bits(bits(value)));
        let config = VisitConfig::default();
        struct Range(String);
        impl MetricSink for Range {
            fn family(&mut self, _: &Family<'_>) {}
            fn series(&mut self, series: &Series<'_>) {
                let Point::Vmrange(point) = series.point else {
                    panic!("{series:?}");
                };
                self.0 = point.buckets[0].range.to_owned();
            }
        }
        let mut range = Range(String::new());
        registry.snapshot(&config).visit(0, &mut range);
        assert_eq!(range.0, expected);
        seen += 1;
    }
    assert_eq!(seen, 487);
}

/// 206 values around each of 487 edges, one unit in the last place from each other.
#[test]
fn every_value_at_an_edge_is_in_the_bucket_of_go() {
    let mut seen = 0;
    for line in EXPECTED.lines().filter_map(|line| line.strip_prefix("edge ")) {
        let (base, expected) = line.split_once(' ').unwrap();
        let (registry, histogram) = histogram();
        for distance in -103..103 {
            histogram.record(f64::from_bits(bits(base).wrapping_add_signed(distance)));
            seen += 1;
        }
        assert_eq!(visit(&registry).lines[0], format!(" buckets {expected}"));
    }
    assert_eq!(seen, 100_322);
}

#[test]
fn sequences_give_the_buckets_counts_sums_and_quantiles_of_go() {
    let mut lines = EXPECTED
        .lines()
        .skip_while(|line| !line.starts_with("sequence"))
        .peekable();
    let mut seen = 0;
    while let Some(head) = lines.next() {
        let registry = Registry::new();
        let histogram = registry.histogram("h").unwrap();
        let summary = registry.summary("s", &SummaryConfig::default()).unwrap();
        let fields: Vec<i64> = head.split(' ').filter_map(|field| field.parse().ok()).collect();
        let is_whole = head.starts_with("whole");
        if let [seed, n, low, high] = fields[..] {
            let mut random = Random(seed as u64 * 1000 + 77);
            for _ in 0..n {
                let value = random.value(low, high);
                histogram.record(value);
                summary.record(value);
            }
        } else {
            for i in 0..fields[0] {
                histogram.record((i * i % 977) as f64);
                summary.record((i * i % 977) as f64);
            }
            for value in [f64::NAN, -1.0, f64::NEG_INFINITY] {
                assert!(!histogram.record(value));
            }
        }
        let mut ours = visit(&registry);
        while let Some(line) = lines.next_if(|line| line.starts_with(' ')) {
            let (name, value) = line.trim_start().split_once(' ').unwrap_or((line, ""));
            if let Some(number) = ours.numbers.remove(name) {
                let expected: f64 = value.parse().unwrap();
                // Ours adds up in parts, so that the last bits of a sum may differ; quantiles and sums of whole numbers do not.
                let exact = is_whole || !name.ends_with("_sum");
                let error = if exact { 0.0 } else { 1e-12 * expected };
                assert!(
                    (number - expected).abs() <= error,
                    "{head}: {name} {number} {expected}"
                );
            } else {
                let line = line.trim_end();
                let at = ours.lines.iter().position(|own| own.trim_end() == line);
                assert!(at.is_some(), "{head}: {line:?} is not in {:?}", ours.lines);
                ours.lines.remove(at.unwrap());
            }
        }
        assert!(
            ours.lines.is_empty() && ours.numbers.is_empty(),
            "{head}: {:?} {:?}",
            ours.lines,
            ours.numbers
        );
        seen += 1;
    }
    assert_eq!(seen, 28);
}

/// By a view, instruments of the OpenTelemetry API fill the same buckets.
#[cfg(feature = "opentelemetry")]
#[test]
fn histograms_of_a_view_are_in_the_buckets_of_go() {
    use opentelemetry::metrics::{Histogram, MeterProvider};
    use vmotel_registry::{Aggregation, RegistryMeterProvider, Stream};

    let front = |registry: &Registry| {
        RegistryMeterProvider::new(registry)
            .with_view(|_| {
                Some(Stream {
                    aggregation: Aggregation::Vmrange,
                    ..Stream::default()
                })
            })
            .meter("shop")
    };
    let mut edges = 0;
    for line in EXPECTED.lines().filter_map(|line| line.strip_prefix("edge ")) {
        let (base, expected) = line.split_once(' ').unwrap();
        let registry = Registry::new();
        let histogram: Histogram<f64> = front(&registry).f64_histogram("h").build();
        for distance in -103..103 {
            histogram.record(f64::from_bits(bits(base).wrapping_add_signed(distance)), &[]);
        }
        assert_eq!(visit(&registry).lines[0], format!(" buckets {expected}"));
        edges += 1;
    }
    assert_eq!(edges, 487);

    let mut whole = EXPECTED.lines().skip_while(|line| !line.starts_with("whole"));
    let n: u64 = whole.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let registry = Registry::new();
    let (floats, sizes) = (
        front(&registry).f64_histogram("h").build(),
        front(&registry).u64_histogram("h.sizes").build(),
    );
    for i in 0..n {
        floats.record((i * i % 977) as f64, &[]);
        sizes.record(i * i % 977, &[]);
    }
    for value in [f64::NAN, -1.0, f64::INFINITY] {
        floats.record(value, &[]);
    }
    assert_eq!(registry.stats().refused, 3);
    let expected: Vec<_> = whole.take_while(|line| line.starts_with(' ')).collect();
    let ours = visit(&registry);
    let buckets: Vec<_> = ours
        .lines
        .iter()
        .filter(|line| line.starts_with(" buckets"))
        .collect();
    assert_eq!(buckets.len(), 2);
    for line in buckets {
        assert!(
            expected.contains(&line.as_str()),
            "{line:?} is not in {expected:?}"
        );
    }
}
