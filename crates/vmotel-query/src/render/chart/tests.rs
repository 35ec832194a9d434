use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::render::{range_table, table};
use crate::{Data, Labels, Sample, VectorSeries};

fn series(name: &str, samples: &[(i64, f64)]) -> RangeSeries {
    RangeSeries {
        labels: Labels::new([("__name__", "m"), ("a", name)]),
        samples: samples
            .iter()
            .map(|(millis, value)| Sample {
                time: Timestamp::from_millis(*millis),
                value: *value,
            })
            .collect(),
    }
}

fn lines(series: &RangeSeries, end: i64, width: usize) -> Vec<String> {
    let config = RenderConfig {
        width,
        chart_lines: 2,
        ..RenderConfig::default()
    };
    let range = (Timestamp::from_millis(0), Timestamp::from_millis(end));
    let text = chart(std::slice::from_ref(series), range.0, range.1, &config);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn draws_sparks() {
    for (values, width, line) in [
        (&[0.0, 3.5, 7.0][..], 10, "▁▅█"),
        (&[1.0, f64::NAN, 1.0], 10, "▅ ▅"),
        (&[0.0, 0.0, 7.0, 7.0], 2, "▁█"),
        (&[5.0], 10, "▅"),
        (&[f64::INFINITY, f64::NEG_INFINITY, f64::NAN], 10, "   "),
        (&[f64::MAX, f64::MIN, 0.0], 10, "█▁▅"),
        (&[f64::MAX, f64::MAX, f64::MIN, f64::MIN], 2, "█▁"),
        (&[1.0, 2.0], 0, ""),
        (&[], 10, ""),
    ] {
        assert_eq!(sparkline(values, width), line, "{values:?}");
    }
}

#[test]
fn what_is_missing_is_a_gap() {
    // Ten places, of which the last four have samples.
    let late = series("x", &[(6000, 1.0), (7000, 1.0), (8000, 9.0), (9000, 9.0)]);
    let drawn = lines(&late, 9000, 33);
    assert_eq!(drawn[1], "          9 ┤                ████");
    assert_eq!(drawn[2], "          1 ┤            ▁▁▁▁████");
    // One point stands where it is, not everywhere.
    let one = lines(&series("x", &[(5000, 3.0)]), 9000, 33);
    let bars: usize = one
        .iter()
        .map(|line| line.matches(['▁', '█', '▄', '▅']).count())
        .sum();
    assert!((1..=2).contains(&bars), "{one:?}");
    // Without any time between its ends, a range is one place.
    let now = lines(&series("x", &[(0, 3.0)]), 0, 33);
    assert!(now[2].ends_with(&"█".repeat(20)), "{now:?}");
}

#[test]
fn what_cannot_be_drawn_is_said() {
    for samples in [&[][..], &[(0, f64::NAN), (1000, f64::INFINITY)]] {
        let drawn = lines(&series("x", samples), 1000, 40);
        assert_eq!(drawn, ["m{a=\"x\"}", "  no samples"]);
    }
    let none = chart(
        &[],
        Timestamp::default(),
        Timestamp::default(),
        &RenderConfig::default(),
    );
    assert_eq!(none, "no series\n");
    let many = vec![series("x", &[(0, 1.0)]); 22];
    let drawn = chart(
        &many,
        Timestamp::default(),
        Timestamp::default(),
        &RenderConfig::default(),
    );
    assert!(drawn.ends_with("2 more series\n"), "{drawn}");
}

#[test]
fn long_numbers_and_the_ends_of_time_have_room() {
    let wide = series("x", &[(0, -999_999_999_999_999.0), (1000, 1.234_567e-200)]);
    let drawn = lines(&wide, 1000, 40);
    assert!(drawn[2].starts_with("-999999999999999 ┤▁"), "{drawn:?}");
    let ends = series("x", &[(i64::MIN, 1.0), (i64::MAX, 2.0)]);
    let config = RenderConfig::default();
    let (from, to) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    let drawn = chart(&[ends], from, to, &config);
    assert!(drawn.contains("9223372036854775807 ms"), "{drawn}");
}

#[test]
fn headers_stay_whole_where_there_is_little_room() {
    let long = series("a rather long value of a label", &[(0, 1.0), (1000, 1234.5)]);
    for (width, header) in [
        (76, "series points min mean max last course"),
        (60, "series points min mean max last"),
        (44, "series min max last"),
        (30, "series last"),
    ] {
        let config = RenderConfig {
            width,
            ..RenderConfig::default()
        };
        let drawn = range_table(std::slice::from_ref(&long), &config);
        let words: Vec<&str> = drawn.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words[1..words.len() - 1].join(" "), header, "{drawn}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn fits_and_steers_nothing(
        name in any::<String>(),
        text in "[a-z]{0,10}[\u{0}-\u{ff}]{0,10}[日本語🙂e\u{301}\u{200d}👩]{0,60}",
        values in proptest::collection::vec((any::<i64>(), any::<f64>()), 0..60),
        width in 0_usize..160,
        span in any::<(i64, i64)>(),
    ) {
        let mut one = series(&text, &values);
        one.labels = Labels::new([("__name__", "m"), (name.as_str(), text.as_str())]);
        let config = RenderConfig { width, ..RenderConfig::default() };
        let (start, end) = (Timestamp::from_millis(span.0), Timestamp::from_millis(span.1));
        let vector = Data::Vector(one.samples.iter().map(|sample| VectorSeries {
            labels: one.labels.clone(),
            sample: *sample,
        }).collect());
        let all = std::slice::from_ref(&one);
        for drawn in [
            chart(all, start, end, &config),
            table(&vector, &config),
            range_table(all, &config),
            table(&Data::Matrix(all.to_vec()), &config),
        ] {
            for line in drawn.lines() {
                prop_assert!(line.width() <= width.max(30), "{width} {}: {line}", line.width());
                prop_assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
            }
        }
    }
}
