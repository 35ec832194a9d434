//! A clock set by hand, and what a collection hands out.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use vmotel_model::{
    Clock, Family, MetricSink, MetricSource, Number, Point, Series, Snapshot, Timestamp, VisitConfig,
};
use vmotel_registry::{Registry, RegistryConfig};

/// A clock that each look moves on by a hundredth of a second, so that no two starts are equal.
#[derive(Debug, Default)]
pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_nanos() as u64, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(10_000_000, Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) fn registry(config: RegistryConfig) -> (Registry, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let registry = Registry::with_clock(config, Arc::<ManualClock>::clone(&clock));
    (registry, clock)
}

/// Returns the text of a scrape: families and their series in order, each as the ready text says or the labels do.
pub(crate) fn scrape(registry: &Registry) -> String {
    scrape_with(registry, &VisitConfig::default())
}

pub(crate) fn scrape_with(registry: &Registry, config: &VisitConfig) -> String {
    lines(&*registry.snapshot(config))
}

/// Returns the text of a snapshot.
pub(crate) fn lines(snapshot: &dyn Snapshot) -> String {
    let mut lines = Lines::default();
    for index in 0..snapshot.len() {
        lines.family(&snapshot.family(index));
        snapshot.visit(index, &mut lines);
    }
    lines.out
}

/// Writes lines in the plainest way.
#[derive(Default)]
struct Lines {
    out: String,
    name: String,
}

impl Lines {
    fn line(&mut self, suffix: &str, labels: &str, own: &str, value: impl std::fmt::Display) {
        let comma = if labels.is_empty() || own.is_empty() {
            ""
        } else {
            ","
        };
        let labels = format!("{labels}{comma}{own}");
        let labels = if labels.is_empty() {
            labels
        } else {
            format!("{{{labels}}}")
        };
        self.out
            .push_str(&format!("{}{suffix}{labels} {value}\n", self.name));
    }
}

impl MetricSink for Lines {
    fn family(&mut self, family: &Family<'_>) {
        self.name = family.name.to_owned();
        if !family.help.is_empty() {
            self.out
                .push_str(&format!("# HELP {} {}\n", family.name, family.help));
        }
        self.out
            .push_str(&format!("# TYPE {} {:?}\n", family.name, family.kind));
    }

    fn series(&mut self, series: &Series<'_>) {
        let mut labels = Vec::new();
        series
            .labels
            .for_each(&mut |name, value| labels.push(format!("{name}={value:?}")));
        let labels = labels.join(",");
        if let Some(text) = series.text {
            let mut whole = Vec::new();
            text.push_to(&mut whole);
            let braces = if labels.is_empty() {
                String::new()
            } else {
                format!("{{{labels}}}")
            };
            assert_eq!(String::from_utf8_lossy(&whole), format!("{}{braces} ", self.name));
        }
        match series.point {
            Point::Number(Number::U64(n)) => self.line("", &labels, "", n),
            Point::Number(Number::I64(n)) => self.line("", &labels, "", n),
            Point::Number(Number::F64(n)) => self.line("", &labels, "", n),
            Point::Histogram(point) => {
                let bounds = point.bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
                for (bound, count) in bounds.zip(point.counts) {
                    self.line("_bucket", &labels, &format!("le={bound:?}"), count);
                }
                self.line("_sum", &labels, "", point.sum.expect("a sum"));
                self.line("_count", &labels, "", point.count);
            }
            Point::Vmrange(point) => {
                for bucket in point.buckets {
                    self.line(
                        "_bucket",
                        &labels,
                        &format!("vmrange={:?}", bucket.range),
                        bucket.count,
                    );
                }
                self.line("_sum", &labels, "", point.sum);
                self.line("_count", &labels, "", point.count);
            }
            Point::Summary(point) => {
                for quantile in point.quantiles {
                    self.line(
                        "",
                        &labels,
                        &format!("quantile=\"{}\"", quantile.quantile),
                        quantile.value,
                    );
                }
                self.line("_sum", &labels, "", point.sum);
                self.line("_count", &labels, "", point.count);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What a series was when it was handed out last, by metric, labels and start.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) values: BTreeMap<(String, String, u64), f64>,
    /// Series of the last collection.
    pub(crate) last: Vec<(String, String)>,
    family: String,
}

impl Ledger {
    /// Collects, checks that no series occurs twice, that ready text and structured labels tell the same, and that no sum shrinks.
    pub(crate) fn collect(&mut self, registry: &Registry) {
        self.last.clear();
        let config = VisitConfig::default();
        let snapshot = registry.snapshot(&config);
        for index in 0..snapshot.len() {
            self.family(&snapshot.family(index));
            snapshot.visit(index, self);
        }
        let mut names = self.last.clone();
        names.sort();
        names.dedup();
        assert_eq!(
            names.len(),
            self.last.len(),
            "a series was handed out twice: {:?}",
            self.last
        );
    }

    /// Returns the sum of a series over all its starts.
    pub(crate) fn total(&self, labels: &str) -> f64 {
        let of = |(key, value): (&(String, String, u64), &f64)| (key.1 == labels).then_some(*value);
        self.values.iter().filter_map(of).sum()
    }

    pub(crate) fn sum(&self) -> f64 {
        self.values.values().sum()
    }
}

impl MetricSink for Ledger {
    fn family(&mut self, family: &Family<'_>) {
        self.family = family.name.to_owned();
    }

    fn series(&mut self, series: &Series<'_>) {
        let mut labels = String::new();
        series.labels.for_each(&mut |name, value| {
            assert!(!value.is_empty());
            labels.push_str(&format!("{name}={value:?},"));
        });
        let labels = labels.trim_end_matches(',').to_owned();
        if let Some(text) = series.text {
            assert_eq!(String::from_utf8_lossy(text.labels()), labels);
        }
        let value = match series.point {
            Point::Number(Number::U64(n)) => n as f64,
            Point::Number(Number::I64(n)) => n as f64,
            Point::Number(Number::F64(n)) => n,
            Point::Histogram(point) => point.count as f64,
            Point::Vmrange(point) => point.count as f64,
            Point::Summary(point) => point.count as f64,
            other => panic!("{other:?}"),
        };
        let start = series.start.expect("a start").0;
        let before = self
            .values
            .insert((self.family.clone(), labels.clone(), start), value);
        assert!(
            before.is_none_or(|before| before <= value),
            "{labels} went from {before:?} to {value}"
        );
        self.last.push((self.family.clone(), labels));
    }
}
