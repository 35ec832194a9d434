//! Labels that are kept from push to push: what is pushed is the same as without.

use proptest::{collection::vec, prelude::*};
use vmotel_model::{
    Family, HistogramPoint, Kind, MetricSink, Number, Pairs, Point, Series, SeriesId, SeriesText, Timestamp,
};
use vmotel_wire::{PushConfig, PushReport, Request, otlp, remote_write};

use crate::{decode, python::Read};

const TIME: Timestamp = Timestamp(1_700_000_000_123_456_789);
const MILLIS: i64 = 1_700_000_000_123;

/// A series of a source that keeps texts.
#[derive(Debug, Clone)]
struct Kept {
    id: SeriesId,
    label: u8,
    value: f64,
}

/// What happens between two pushes, and in which way the next one goes.
#[derive(Debug, Clone)]
enum Change {
    /// A series comes, at a place.
    Add(usize, u8),
    /// One goes.
    Remove(usize),
    /// The source renders its texts anew.
    Renew,
    /// The source changes its order.
    Reverse,
    /// Every value changes; some become NaN.
    Record(u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..20usize, 0..40u8).prop_map(|(at, label)| Change::Add(at, label)),
        (0..20usize).prop_map(Change::Remove),
        Just(Change::Renew),
        Just(Change::Reverse),
        any::<u8>().prop_map(Change::Record),
        any::<u8>().prop_map(Change::Record),
    ]
}

fn apply(change: &Change, series: &mut Vec<Kept>) {
    match *change {
        Change::Add(at, label) => {
            if series.iter().all(|known| known.label != label) {
                let id = SeriesId::unique();
                let new = Kept {
                    id,
                    label,
                    value: 1.0,
                };
                series.insert(at.min(series.len()), new);
            }
        }
        Change::Remove(at) if at < series.len() => drop(series.remove(at)),
        Change::Remove(_) => {}
        Change::Renew => series.iter_mut().for_each(|one| one.id = SeriesId::unique()),
        Change::Reverse => series.reverse(),
        Change::Record(by) => {
            for (at, one) in series.iter_mut().enumerate() {
                let nan = by > 200 && at % 3 == 0;
                one.value = if nan { f64::NAN } else { f64::from(by) + at as f64 };
            }
        }
    }
}

/// Visits a family of numbers and one of histograms; `keeps` tells whether the sink may know the series again.
fn visit(series: &[Kept], keeps: bool, sink: &mut dyn MetricSink) {
    for (name, kind) in [("size", Kind::Histogram), ("used", Kind::Gauge)] {
        sink.family(&Family {
            name,
            kind,
            unit: "",
            help: "Help.",
        });
        for one in series {
            // Long ones are beyond the limit of the server.
            let value = "x".repeat(usize::from(one.label) * 110);
            let (labels, text) = match one.label {
                0 => (vec![], format!("{name} ")),
                label => (
                    vec![("label", value.as_str()), ("zz", "y")],
                    format!("{name}{{label=\"{}\"}} ", "x".repeat(usize::from(label))),
                ),
            };
            let counts = [one.label.into(), 2];
            let point = if kind == Kind::Gauge {
                Point::Number(Number::F64(one.value))
            } else {
                Point::Histogram(HistogramPoint {
                    bounds: &[1.0],
                    counts: &counts,
                    sum: Some(one.value),
                    count: counts.iter().sum(),
                })
            };
            let text = SeriesText::new(text.as_bytes(), name.len());
            sink.series(&Series {
                labels: &Pairs(&labels),
                text: Some(if keeps { text.with_id(one.id) } else { text }),
                point,
                start: Some(Timestamp(u64::from(one.label) * 1_000_000)),
            });
        }
    }
}

fn by_otlp(
    buffers: &mut otlp::Buffers,
    series: &[Kept],
    keeps: bool,
    config: &PushConfig,
) -> (Vec<String>, PushReport) {
    let mut read = Vec::new();
    let mut emit = |request: Request<'_>| read.extend(decode::otlp(request.body, TIME.0, false));
    let mut sink = otlp::OtlpSink::new(config, TIME, buffers, &mut emit);
    visit(series, keeps, &mut sink);
    let report = sink.finish();
    (sorted(&read), report)
}

fn by_remote_write(
    buffers: &mut remote_write::Buffers,
    series: &[Kept],
    keeps: bool,
    config: &PushConfig,
) -> (Vec<String>, PushReport) {
    let mut read = Vec::new();
    let mut emit = |request: Request<'_>| read.extend(decode::remote_write(request.body, MILLIS));
    let mut sink = remote_write::RemoteWriteSink::new(config, TIME, buffers, &mut emit);
    visit(series, keeps, &mut sink);
    let report = sink.finish();
    (sorted(&read), report)
}

/// Series as text; their order is free.
fn sorted(read: &[Read]) -> Vec<String> {
    let mut all: Vec<_> = read.iter().map(|series| format!("{series:?}")).collect();
    all.sort();
    all
}

/// What must be equal: requests may be cut elsewhere.
fn counts(report: &PushReport) -> String {
    let PushReport {
        series,
        samples,
        skipped,
        rejected,
        ..
    } = report;
    format!(
        "{series} {samples} {skipped:?} {} {}",
        rejected.long_label_value,
        rejected.total()
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pushes_are_those_of_fresh_buffers(
        changes in vec(vec(change(), 0..4), 1..12),
        max in prop_oneof![Just(1 << 20), Just(9000usize)],
    ) {
        let config = PushConfig {
            max_request_bytes: max,
            ..PushConfig::default()
        };
        let mut series: Vec<Kept> = Vec::new();
        for label in 0..6 {
            apply(&Change::Add(0, label * 7), &mut series);
        }
        let mut otlp = otlp::Buffers::default();
        let mut write = remote_write::Buffers::default();
        for step in &changes {
            step.iter().for_each(|change| apply(change, &mut series));
            let (kept, report) = by_otlp(&mut otlp, &series, true, &config);
            let (fresh, expected) = by_otlp(&mut otlp::Buffers::default(), &series, false, &config);
            prop_assert_eq!(kept, fresh);
            prop_assert_eq!(counts(&report), counts(&expected));
            let (kept, report) = by_remote_write(&mut write, &series, true, &config);
            let (fresh, expected) = by_remote_write(&mut remote_write::Buffers::default(), &series, false, &config);
            prop_assert_eq!(kept, fresh);
            prop_assert_eq!(counts(&report), counts(&expected));
        }
    }
}

#[test]
fn series_that_stay_are_sorted() {
    let mut series = Vec::new();
    for label in [5, 3, 9, 1, 7] {
        apply(&Change::Add(usize::MAX, label), &mut series);
    }
    let config = PushConfig::default();
    let mut buffers = otlp::Buffers::default();
    let mut order = |series: &[Kept]| {
        let mut lengths = Vec::new();
        let mut emit = |request: Request<'_>| {
            let read = decode::otlp(request.body, TIME.0, false);
            let used = read.iter().filter(|series| series.name == "used");
            lengths = used.map(|series| series.labels["label"].len() / 110).collect();
        };
        let mut sink = otlp::OtlpSink::new(&config, TIME, &mut buffers, &mut emit);
        visit(series, true, &mut sink);
        let _ = sink.finish();
        lengths
    };
    assert_eq!(order(&series), [5, 3, 9, 1, 7]);
    assert_eq!(order(&series), [5, 3, 9, 1, 7], "known for the first time");
    // By their bytes, which begin with the low bits of their length.
    assert_eq!(order(&series), [1, 7, 5, 3, 9]);
    assert_eq!(order(&series), [1, 7, 5, 3, 9]);
    series.remove(2);
    assert_eq!(order(&series).len(), 4);
}
