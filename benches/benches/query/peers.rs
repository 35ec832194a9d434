//! What others make of the same bodies and exchanges.

use std::collections::HashMap;
use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId};
use serde::{Deserialize, Deserializer, de};
use vmotel_query::{InstantQuery, RangeQuery};

use crate::data::Filled;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// The envelope of prometheus-http-query 0.9, which is private there.
#[derive(Deserialize)]
#[serde(tag = "status")]
enum ApiResponse<D> {
    #[serde(alias = "success")]
    Success { data: D },
}

#[derive(Deserialize)]
struct Envelope {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    #[expect(dead_code, reason = "decoded as ours are")]
    metric: HashMap<String, String>,
    values: Vec<(f64, Number)>,
}

/// A number in quotes.
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Number;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number in quotes")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                text.parse().map(Number).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[derive(Deserialize)]
struct Line {
    #[expect(dead_code, reason = "decoded as ours are")]
    metric: HashMap<String, String>,
    values: Vec<f64>,
    timestamps: Vec<i64>,
}

fn sum(envelope: &Envelope) -> f64 {
    let samples = envelope.data.result.iter().flat_map(|series| &series.values);
    samples.map(|(time, value)| value.0 + time * 0.0).sum()
}

pub(crate) fn range(group: &mut Group<'_>, case: &str, body: &[u8]) {
    group.bench_function(BenchmarkId::new(case, "sonic-rs typed"), |b| {
        b.iter(|| sum(&sonic_rs::from_slice::<Envelope>(black_box(body)).expect("a good body")))
    });
    group.bench_function(BenchmarkId::new(case, "prometheus-http-query"), |b| {
        b.iter(|| {
            let answer: ApiResponse<prometheus_http_query::response::PromqlResult> =
                serde_json_of(black_box(body));
            let ApiResponse::Success { data } = answer;
            data.data().as_matrix().map(Vec::len)
        })
    });
}

fn serde_json_of<T: de::DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).expect("a good body")
}

/// Decodes into the crate's own tree.
pub(crate) fn value(body: &[u8]) -> sonic_rs::Value {
    sonic_rs::from_slice(body).expect("a good body")
}

pub(crate) fn lines(group: &mut Group<'_>, case: &str, body: &[u8]) {
    group.bench_function(BenchmarkId::new(case, "sonic-rs typed"), |b| {
        b.iter(|| {
            let lines = black_box(body)
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty());
            lines
                .map(|line| {
                    let line: Line = sonic_rs::from_slice(line).expect("a good line");
                    line.values.iter().sum::<f64>() + line.timestamps.len() as f64
                })
                .sum::<f64>()
        })
    });
}

pub(crate) fn range_exchange(group: &mut Group<'_>, case: &str, filled: &Filled, query: &RangeQuery) {
    let client = client(filled);
    group.bench_function(BenchmarkId::new(case, "prometheus-http-query"), |b| {
        b.iter(|| {
            let answer = client
                .query_range(
                    query.query.as_str(),
                    query.start.as_millis() / 1000,
                    query.end.as_millis() / 1000,
                    query.step.as_secs_f64(),
                )
                .query("nocache", "1")
                .get();
            filled.run(answer).expect("an answer").data().is_empty()
        })
    });
}

pub(crate) fn small_exchange(group: &mut Group<'_>, case: &str, filled: &Filled, query: &InstantQuery) {
    let client = client(filled);
    let time = query.time.expect("a time").as_millis() / 1000;
    group.bench_function(BenchmarkId::new(case, "prometheus-http-query"), |b| {
        b.iter(|| {
            let answer = client.query(query.query.as_str()).at(time).get();
            filled.run(answer).expect("an answer").data().is_empty()
        })
    });
}

fn client(filled: &Filled) -> prometheus_http_query::Client {
    filled._server.url().parse().expect("a good address")
}
