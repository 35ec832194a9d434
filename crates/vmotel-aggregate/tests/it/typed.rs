//! Typed labels against the same series by attributes.

use std::{sync::Arc, time::Duration};

use opentelemetry::KeyValue;
use vmotel_aggregate::{Aggregator, AggregatorConfig, AggregatorError, Counter, LabelValue, Typed};
use vmotel_model::{Clock, Timestamp};

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Debug, Clone, Copy)]
struct Of<const N: usize>(usize);

const TEXTS: [&str; 300] = {
    let mut texts = ["zero"; 300];
    texts[1] = "one";
    texts[2] = "two";
    texts
};

impl<const N: usize> LabelValue for Of<N> {
    const VALUES: &'static [&'static str] = TEXTS.split_at(N).0;

    fn index(self) -> usize {
        self.0
    }
}

fn counter() -> Counter {
    let aggregator = Aggregator::new(AggregatorConfig::default(), Arc::new(Stopped));
    aggregator.counter("events").expect("a good name")
}

#[test]
fn every_combination_is_the_series_of_its_attributes() {
    let counter = counter();
    let typed: Typed<_, (Of<3>, bool, Of<2>)> =
        Typed::new(counter.clone(), ["a", "b", "c"]).expect("few values");
    let all = || {
        (0..3).flat_map(|a| {
            [false, true]
                .into_iter()
                .flat_map(move |b| (0..2).map(move |c| (a, b, c)))
        })
    };
    for (number, (a, b, c)) in all().enumerate() {
        typed.with((Of(a), b, Of(c))).add(number as u64 + 1);
    }
    for (number, (a, b, c)) in all().enumerate() {
        let handle = counter.with(&[
            KeyValue::new("c", TEXTS[c]),
            KeyValue::new("a", TEXTS[a]),
            KeyValue::new("b", if b { "true" } else { "false" }),
        ]);
        let shown = format!("{handle:?}");
        assert!(shown.ends_with(&format!("value: {} }}", number + 1)), "{shown}");
    }
}

#[test]
fn an_index_out_of_range_never_meets_another_combination() {
    let counter = counter();
    let typed: Typed<_, (Of<3>, Of<2>)> = Typed::new(counter.clone(), ["a", "b"]).expect("few values");
    typed.with((Of(0), Of(2))).add(1);
    typed.with((Of(3), Of(0))).add(1);
    typed.with((Of(usize::MAX), Of(usize::MAX))).add(1);
    let other = counter.with(&[KeyValue::new("a", "other"), KeyValue::new("b", "other")]);
    assert!(format!("{other:?}").ends_with("value: 3 }"));
}

#[test]
fn labels_that_cannot_be_are_refused() {
    let combinations = |found: Result<AggregatorError, usize>, expected: usize| match found {
        Ok(AggregatorError::Combinations { combinations, .. }) => assert_eq!(combinations, expected),
        other => panic!("{other:?}"),
    };
    let none = Typed::<_, (Of<0>,)>::new(counter(), ["a"]);
    combinations(none.err().ok_or(0), 0);
    let many = Typed::<_, (Of<300>, Of<300>)>::new(counter(), ["a", "b"]);
    combinations(many.err().ok_or(0), 90_000);
    let twice = Typed::<_, (bool, bool)>::new(counter(), ["a", "a"]);
    assert_eq!(
        twice.err().map(|error| error.to_string()).as_deref(),
        Some("metric events: the label \"a\" is there twice, expected a name of its own for each label")
    );
}
