//! What no test from outside can hold still: a thread between finding a series and adding to it.

use std::{collections::BTreeMap, sync::Arc, thread, time::Duration};

use vmotel_cells::pin;
use vmotel_model::{Family, Kind, MetricSink, Number, Point, Timestamp, VisitConfig};

use super::{Form, Input, Key, Labels, Question, ROOM, Series};
use crate::{RegistryConfig, clock::SystemClock, definition::Definition, stats::Shared, store::Sums};

#[derive(Default)]
struct Values(BTreeMap<String, u64>);

impl MetricSink for Values {
    fn family(&mut self, _: &Family<'_>) {}

    fn series(&mut self, series: &vmotel_model::Series<'_>) {
        let mut label = String::new();
        series.labels.for_each(&mut |_, value| label.push_str(value));
        let Point::Number(Number::U64(value)) = series.point else {
            panic!("{series:?}");
        };
        assert_eq!(self.0.insert(label, value), None);
    }
}

#[test]
fn a_series_is_not_recycled_while_a_thread_is_about_to_add_to_it() {
    let config = RegistryConfig {
        idle: Some(Duration::from_nanos(1)),
        ..RegistryConfig::default()
    };
    let shared = Arc::new(Shared::new(config, Arc::new(SystemClock::new())));
    let definition = Definition::as_given("c", Kind::Counter).unwrap();
    let series = Series::<Sums<u64>>::new(definition, (), shared, None);
    let (schema, _) = series.schema(&["a"]);
    let schema = schema.unwrap().number;
    let add = |value: &str, n| {
        let key = Key::new(schema, 1, |_| value);
        series.with(&key, |chunk, at| chunk.store.add(at, n));
    };
    let visit = VisitConfig::default();
    let collect = |now| {
        series.collect(&visit, Timestamp(now), Some(&[]));
        let mut values = Values::default();
        series.visit(&visit, &mut values);
        values.0.into_iter().collect::<Vec<_>>()
    };
    let of = |label: &str, value| (label.to_owned(), value);

    add("x", 1);
    assert_eq!(collect(1_000), [of("x", 1)]);
    let key = Key::new(schema, 1, |_| "x");
    series.with(&key, |chunk, at| {
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(collect(2_000), [of("x", 1)], "handed out a last time");
                for now in 3..6 {
                    assert_eq!(collect(now * 1_000), []);
                }
                // These would take the place.
                ["y", "z"].into_iter().for_each(|value| add(value, 10));
            });
        });
        chunk.store.add(at, 5);
    });
    // What came so late is a new series of these labels.
    assert_eq!(collect(10_000), [of("x", 5), of("y", 10), of("z", 10)]);
    // Now its place is free.
    let places = series.creation().places();
    (0..3).for_each(|n| drop(collect(20_000 + n * 1_000)));
    add("w", 1);
    assert_eq!(series.creation().places(), places);
    assert_eq!(collect(30_000), [of("w", 1)]);
}

/// A thread that found a series before it was removed, and its place given to another, must find the new one.
#[test]
fn what_a_thread_found_last_does_not_outlive_a_removal() {
    let shared = Arc::new(Shared::new(
        RegistryConfig::default(),
        Arc::new(SystemClock::new()),
    ));
    let definition = Definition::as_given("c", Kind::Counter).unwrap();
    let series = Series::<Sums<u64>>::new(definition, (), shared, None);
    let (schema, _) = series.schema(&["a"]);
    let schema = schema.unwrap().number;
    let (form, (sum, salts)) = (Form::new(1), series.salts(schema, 1));
    let add = |value: &str| {
        let pin = pin();
        let mut room = ROOM;
        let mut input = Input::new(&mut room);
        input.begin(form, sum);
        input.text(salts[0], value);
        let question = Question::new(&input, series.moment(&pin));
        match question.answer(&input).and_then(|location| series.at(location)) {
            Some((chunk, at)) => chunk.store.add(at, 1),
            None => {
                let labels = Labels::new(schema, 1, |_| value);
                let read = |input: &mut Input<'_>| {
                    input.begin(form, sum);
                    input.text(salts[0], value);
                };
                series.with_labels(&pin, question, read, &labels, |chunk, at| chunk.store.add(at, 1));
            }
        }
    };
    let visit = VisitConfig::default();
    for round in 0..50_u64 {
        let (old, new) = (format!("old{round}"), format!("new{round}"));
        // Often enough that this thread knows it by heart.
        (0..10).for_each(|_| add(&old));
        assert!(series.finish(&Key::new(schema, 1, |_| &old)));
        (0..4).for_each(|n| series.collect(&visit, Timestamp(round * 10 + n), Some(&[])));
        add(&new);
        (0..3).for_each(|_| add(&old));
        series.collect(&visit, Timestamp(round * 10 + 5), Some(&[]));
        let mut values = Values::default();
        series.visit(&visit, &mut values);
        assert_eq!((values.0[&old], values.0[&new]), (3, 1), "round {round}");
    }
    assert!(series.creation().places() < 120, "places are given again");
}

/// A thread may make a series with label names of its own at any moment of a collection.
#[test]
fn a_series_is_never_handed_out_without_its_labels() {
    struct Labelled;
    impl MetricSink for Labelled {
        fn family(&mut self, _: &Family<'_>) {}
        fn series(&mut self, series: &vmotel_model::Series<'_>) {
            let text = series.text.expect("a text");
            assert_ne!(text.labels(), b"", "{series:?}");
        }
    }
    let shared = Arc::new(Shared::new(
        RegistryConfig::default(),
        Arc::new(SystemClock::new()),
    ));
    let definition = Definition::as_given("c", Kind::Counter).unwrap();
    let series = Series::<Sums<u64>>::new(definition, (), shared, None);
    let make = |label: &str, value: &str| {
        let (schema, _) = series.schema(&[label]);
        let key = Key::new(schema.unwrap().number, 1, |_| value);
        series.with(&key, |chunk, at| chunk.store.add(at, 1));
    };
    // So many that a collection takes its time to come to those that are made meanwhile.
    (0..9000).for_each(|number| make("a", &number.to_string()));
    let visit = VisitConfig::default();
    let collect = |now| series.collect(&visit, Timestamp(now), Some(&[]));
    thread::scope(|scope| {
        let making = scope.spawn(|| (0..900).for_each(|number| make(&format!("b{number}"), "x")));
        (0..).take_while(|_| !making.is_finished()).for_each(collect);
    });
    collect(u64::MAX);
    series.visit(&visit, &mut Labelled);
    assert_eq!(series.len(), 9900);
}
