//! The statistics of samplers, over 2,000 seeds each.

use std::{f64::consts::SQRT_2, thread, time::Duration};

use vmotel_aggregate::{
    AdaptiveConfig, AdaptiveSampler, BlockSampler, RateSampler, SamplerError, ThresholdSampler, Weight,
    check_kind,
};
use vmotel_model::Kind;

const SEEDS: u64 = 2000;

/// The errors of estimates, one per seed.
struct Errors(Vec<f64>);

impl Errors {
    fn of(estimate_minus_truth: impl Fn(u64) -> f64) -> Self {
        Self(
            (0..SEEDS)
                .map(|seed| estimate_minus_truth(seed * 7919 + 1))
                .collect(),
        )
    }

    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.0.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (self.0.len() - 1) as f64
    }

    /// The mean error is zero within 3.3 standard errors.
    #[track_caller]
    fn assert_unbiased(&self, what: &str) {
        let limit = 3.3 * (self.variance() / self.0.len() as f64).sqrt();
        assert!(
            self.mean().abs() <= limit,
            "{what}: mean error {}, limit {limit}",
            self.mean()
        );
    }

    /// The variance is the theory's within 10 % (the standard error of a variance of 2,000 values is 3 %).
    #[track_caller]
    fn assert_variance(&self, what: &str, theory: f64) {
        let ratio = self.variance() / theory;
        assert!(
            (0.9..=1.1).contains(&ratio),
            "{what}: variance {} of theory's {theory}",
            self.variance()
        );
    }

    /// The Kolmogorov-Smirnov distance to a normal distribution of this variance is below the 0.1 % point.
    #[track_caller]
    fn assert_normal(&self, what: &str, theory: f64) {
        let mut z: Vec<f64> = self.0.iter().map(|e| e / theory.sqrt()).collect();
        z.sort_by(f64::total_cmp);
        let n = z.len() as f64;
        let distance = z
            .iter()
            .enumerate()
            .map(|(i, z)| {
                let normal = 0.5 * (1.0 + erf(z / SQRT_2));
                (normal - i as f64 / n)
                    .abs()
                    .max(((i + 1) as f64 / n - normal).abs())
            })
            .fold(0.0, f64::max);
        assert!(distance < 1.95 / n.sqrt(), "{what}: distance {distance}");
    }
}

/// Abramowitz and Stegun 7.1.26; good to 1.5e-7.
fn erf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let series = t
        * (0.254_829_592
            + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    (1.0 - series * (-x * x).exp()).copysign(x)
}

/// Values of very different sizes.
fn value(i: u64) -> f64 {
    [1.0, 2.0, 5.0, 40.0, 300.0][(i % 5) as usize] + (i % 7) as f64
}

fn counts(events: u64, decide: impl Fn() -> Option<Weight>) -> f64 {
    (0..events)
        .filter_map(|_| decide())
        .map(|weight| weight.get() as f64)
        .sum::<f64>()
        - events as f64
}

fn sums(events: u64, decide: impl Fn() -> Option<Weight>) -> f64 {
    let estimate: f64 = (0..events)
        .filter_map(|i| decide().map(|w| w.get() as f64 * value(i)))
        .sum();
    estimate - (0..events).map(value).sum::<f64>()
}

#[test]
fn rate_is_unbiased_with_the_variance_of_theory() {
    for (rate, events) in [
        (0.1, 20_000),
        (0.5, 2_000),
        (0.01, 50),
        (1.0 / 3.0, 1),
        (0.3, 3_000),
    ] {
        let what = format!("rate {rate}, {events} events");
        let sampler = |seed| RateSampler::seeded(rate, seed).unwrap();
        let errors = Errors::of(|seed| {
            let s = sampler(seed);
            counts(events, || s.decide())
        });
        errors.assert_unbiased(&what);
        Errors::of(|seed| {
            let s = sampler(seed);
            sums(events, || s.decide())
        })
        .assert_unbiased(&what);
        if (1.0 / rate).fract() == 0.0 && events > 1000 {
            let theory = events as f64 * (1.0 - rate) / rate;
            errors.assert_variance(&what, theory);
            errors.assert_normal(&what, theory);
        }
    }
}

#[test]
fn rate_one_keeps_all() {
    let sampler = RateSampler::new(1.0).unwrap();
    assert!((0..10_000).all(|_| sampler.decide().map(Weight::get) == Some(1)));
    let stats = sampler.stats();
    assert_eq!(
        (stats.kept, stats.estimated, stats.variance),
        (10_000, 10_000, 0.0)
    );
}

#[test]
fn block_is_unbiased_and_always_within_a_block() {
    for (every, events) in [(10_u64, 1_003_u64), (100, 30), (7, 7_777), (1, 100)] {
        let what = format!("one of {every}, {events} events");
        let sampler = |seed| BlockSampler::seeded(every, seed).unwrap();
        let errors = Errors::of(|seed| {
            let s = sampler(seed);
            counts(events, || s.decide())
        });
        errors.assert_unbiased(&what);
        // The blocks of the first thousand writes are shared by the threads, so there is one more than threads.
        assert!(errors.0.iter().all(|e| e.abs() < 2.0 * every as f64), "{what}");
        Errors::of(|seed| {
            let s = sampler(seed);
            sums(events, || s.decide())
        })
        .assert_unbiased(&what);
    }
}

#[test]
fn a_periodic_input_gets_its_share_everywhere() {
    const EVERY: u64 = 20;
    const EVENTS: u64 = 40_000;
    for period in [EVERY, EVERY - 1, EVERY + 1, 2 * EVERY] {
        let sampler = BlockSampler::seeded(EVERY, period).unwrap();
        let mut estimate = vec![0.0; period as usize];
        (0..EVENTS).for_each(|i| {
            let series = &mut estimate[(i % period) as usize];
            *series += sampler.decide().map_or(0.0, |weight| weight.get() as f64);
        });
        let expected = EVENTS as f64 / period as f64;
        let deviation = (expected * (EVERY - 1) as f64).sqrt();
        let worst = estimate
            .iter()
            .map(|e| (e - expected).abs() / deviation)
            .fold(0.0, f64::max);
        assert!(
            worst < 4.0,
            "period {period}: a series is off by {worst} deviations"
        );
    }
}

#[test]
fn threads_of_their_own_blocks_stay_within_a_block_each() {
    const EVERY: u64 = 1000;
    let sampler = BlockSampler::new(EVERY).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                (0..123_456)
                    .for_each(|_| assert!(sampler.decide().is_none_or(|weight| weight.get() == EVERY)))
            });
        }
    });
    let error = sampler.stats().estimated.abs_diff(8 * 123_456);
    assert!(error < EVERY * 9, "error {error}");
}

#[test]
fn threshold_is_unbiased_and_keeps_large_values() {
    const THRESHOLD: f64 = 50.0;
    const EVENTS: u64 = 5_000;
    let total: f64 = (0..EVENTS).map(value).sum();
    let run = |seed| {
        let sampler = ThresholdSampler::seeded(THRESHOLD, seed).unwrap();
        let (mut sum, mut count) = (0.0, 0);
        for i in 0..EVENTS {
            match sampler.decide(value(i)) {
                Some((kept, weight)) => {
                    sum += kept;
                    count += weight.get();
                    assert!(kept >= THRESHOLD);
                }
                None => assert!(value(i) < THRESHOLD),
            }
        }
        (sum - total, count as f64 - EVENTS as f64)
    };
    let errors = Errors::of(|seed| run(seed).0);
    errors.assert_unbiased("sum");
    assert!(errors.variance() <= THRESHOLD * total);
    let theory: f64 = (0..EVENTS)
        .map(value)
        .filter(|v| *v < THRESHOLD)
        .map(|v| v * (THRESHOLD - v))
        .sum();
    errors.assert_variance("sum", theory);
    Errors::of(|seed| run(seed).1).assert_unbiased("count");
}

#[test]
fn threshold_ignores_what_changes_no_sum() {
    let sampler = ThresholdSampler::new(1.0).unwrap();
    assert_eq!(sampler.decide(0.0), None);
    assert_eq!(sampler.decide(f64::NAN), None);
    assert_eq!(
        sampler.decide(f64::NEG_INFINITY).map(|(value, _)| value),
        Some(f64::NEG_INFINITY)
    );
    let negative = (0..1000).find_map(|_| sampler.decide(-0.5)).unwrap();
    assert_eq!(negative.0, -1.0);
}

fn adaptive(budget: u64, seed: u64) -> AdaptiveSampler {
    let config = AdaptiveConfig {
        budget,
        interval: Duration::from_secs(1),
    };
    AdaptiveSampler::seeded(config, seed).expect("a budget above 0")
}

/// Feeds the sampler one interval's events; returns how many it kept.
fn interval(sampler: &AdaptiveSampler, number: u64, events: u64) -> u64 {
    let kept = (0..events).filter(|_| sampler.decide().is_some()).count();
    sampler.tick(Duration::from_secs(number + 1));
    kept as u64
}

#[test]
fn adaptive_returns_to_its_budget_within_two_intervals() {
    const BUDGET: u64 = 2000;
    let sampler = adaptive(BUDGET, 42);
    for (number, events) in [
        20_000, 20_000, 200_000, 200_000, 200_000, 2_000_000, 2_000_000, 10_000, 10_000,
    ]
    .into_iter()
    .enumerate()
    {
        let kept = interval(&sampler, number as u64, events);
        assert!(kept < 2 * BUDGET, "interval {number}: kept {kept}");
        if [1, 4, 8].contains(&number) {
            assert!(
                kept.abs_diff(BUDGET) <= BUDGET / 10,
                "interval {number}: kept {kept}"
            );
        }
    }
}

#[test]
fn adaptive_is_unbiased_under_bursts() {
    let loads = [50, 4000, 100, 2500];
    let total: u64 = loads.iter().sum();
    let errors = Errors::of(|seed| {
        let sampler = adaptive(100, seed);
        loads.iter().enumerate().for_each(|(number, events)| {
            interval(&sampler, number as u64, *events);
        });
        sampler.stats().estimated as f64 - total as f64
    });
    errors.assert_unbiased("bursts");
}

#[test]
fn adaptive_below_its_budget_is_exact() {
    let sampler = adaptive(1000, 3);
    (0..5).for_each(|number| assert_eq!(interval(&sampler, number, 900), 900));
    assert_eq!(sampler.stats().estimated, 4500);
}

#[test]
fn unusable_parameters_are_refused() {
    for rate in [0.0, -0.1, 1.000_001, f64::NAN, f64::INFINITY] {
        let error = RateSampler::new(rate).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("sampling rate {rate}: expected a number above 0 and at most 1")
        );
    }
    for every in [0, u64::from(u32::MAX) + 1] {
        let error = BlockSampler::new(every).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("sampling block of {every} events: expected 1 to 4294967295")
        );
    }
    for threshold in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            ThresholdSampler::new(threshold),
            Err(SamplerError::Threshold { .. })
        ));
    }
    assert_eq!(
        AdaptiveSampler::new(AdaptiveConfig {
            budget: 0,
            ..AdaptiveConfig::default()
        })
        .unwrap_err(),
        SamplerError::Budget
    );
    for kind in [Kind::UpDownCounter, Kind::Gauge, Kind::Summary, Kind::Unknown] {
        assert_eq!(check_kind(kind), Err(SamplerError::Kind { kind }));
    }
    assert_eq!(check_kind(Kind::Counter).and(check_kind(Kind::Histogram)), Ok(()));
}
