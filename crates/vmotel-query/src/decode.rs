//! From the JSON of an answer to typed data; no IO.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, SeqAccess, Visitor};

use crate::{
    Answer, Completeness, Data, Error, Labels, RangeSeries, Sample, Stats, Timestamp, Trace, VectorSeries,
};

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    data: Option<T>,
    #[serde(default)]
    stats: WireStats,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
    trace: Option<Trace>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireStats {
    /// A number in quotes.
    series_fetched: Option<String>,
    execution_time_msec: Option<u64>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum WireData {
    Vector(Vec<WireVector>),
    Matrix(Vec<WireMatrix>),
    Scalar(WireSample),
    String((f64, String)),
}

#[derive(Deserialize)]
struct WireVector {
    metric: Labels,
    value: WireSample,
}

#[derive(Deserialize)]
struct WireMatrix {
    metric: Labels,
    values: Vec<WireSample>,
}

/// `[1795331557.123,"2"]`.
struct WireSample(Sample);

impl<'de> Deserialize<'de> for WireSample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = WireSample;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a pair of time and value")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<WireSample, A::Error> {
                let time: f64 = pair
                    .next_element()?
                    .ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let Value(value) = pair
                    .next_element()?
                    .ok_or_else(|| A::Error::invalid_length(1, &self))?;
                Ok(WireSample(Sample {
                    time: Timestamp::from_secs_f64(time),
                    value,
                }))
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

/// A number in quotes: `"1.5"`, `"+Inf"`, `"-Inf"`, `"NaN"`.
struct Value(f64);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number in quotes")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
                text.parse()
                    .map(Value)
                    .map_err(|_| E::custom(format_args!("{text:?} is not a number")))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

fn envelope<'a, T: Deserialize<'a>>(endpoint: &'static str, body: &'a [u8]) -> Result<Answer<T>, Error> {
    let failed = |reason: String| Error::Decode { endpoint, reason };
    let envelope: Envelope<T> = serde_json::from_slice(body).map_err(|e| failed(e.to_string()))?;
    let data = match envelope.data {
        Some(data) if envelope.status == "success" => data,
        _ => {
            return Err(failed(format!(
                "the status is {:?}, expected \"success\" with data",
                envelope.status
            )));
        }
    };
    let stats = Stats {
        series_fetched: envelope.stats.series_fetched.and_then(|text| text.parse().ok()),
        execution_millis: envelope.stats.execution_time_msec,
    };
    let completeness = if envelope.is_partial {
        Completeness::Partial
    } else {
        Completeness::Complete
    };
    Ok(Answer {
        data,
        completeness,
        stats,
        warnings: envelope.warnings,
        infos: envelope.infos,
        trace: envelope.trace,
    })
}

pub(crate) fn instant(body: &[u8]) -> Result<Answer<Data>, Error> {
    Ok(envelope::<WireData>("query", body)?.map(|data| match data {
        WireData::Vector(series) => Data::Vector(
            series
                .into_iter()
                .map(|s| VectorSeries {
                    labels: s.metric,
                    sample: s.value.0,
                })
                .collect(),
        ),
        WireData::Matrix(series) => Data::Matrix(matrix(series)),
        WireData::Scalar(sample) => Data::Scalar(sample.0),
        WireData::String((time, text)) => Data::String {
            time: Timestamp::from_secs_f64(time),
            text,
        },
    }))
}

pub(crate) fn range(body: &[u8]) -> Result<Answer<Vec<RangeSeries>>, Error> {
    let answer = envelope::<WireData>("query_range", body)?;
    let WireData::Matrix(_) = &answer.data else {
        return Err(Error::Decode {
            endpoint: "query_range",
            reason: "expected a matrix".to_owned(),
        });
    };
    Ok(answer.map(|data| match data {
        WireData::Matrix(series) => matrix(series),
        _ => Vec::new(),
    }))
}

/// Reads an answer that holds its content in `data`; its `status` is `success`, or `ok` for running queries.
pub(crate) fn data<T: DeserializeOwned>(endpoint: &'static str, body: &[u8]) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Wire<T> {
        status: String,
        data: Option<T>,
        #[serde(default)]
        error: String,
    }
    let wire: Wire<T> = bare(endpoint, body)?;
    match wire.data {
        Some(data) if wire.status == "success" || wire.status == "ok" => Ok(data),
        _ if wire.status == "error" => Err(Error::said(String::new(), wire.error)),
        _ => Err(Error::Decode {
            endpoint,
            reason: format!("the status is {:?}, expected \"success\" with data", wire.status),
        }),
    }
}

/// Reads an answer that holds its content at its top.
pub(crate) fn bare<T: DeserializeOwned>(endpoint: &'static str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| Error::Decode {
        endpoint,
        reason: e.to_string(),
    })
}

pub(crate) fn list<'a, T: Deserialize<'a>>(
    endpoint: &'static str,
    body: &'a [u8],
) -> Result<Answer<Vec<T>>, Error> {
    envelope(endpoint, body)
}

fn matrix(series: Vec<WireMatrix>) -> Vec<RangeSeries> {
    series
        .into_iter()
        .map(|s| RangeSeries {
            labels: s.metric,
            samples: s.values.into_iter().map(|sample| sample.0).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_of_the_server() {
        let body = br#"{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[
            {"metric":{"b":"2","__name__":"m"},"value":[1795331557.5,"+Inf"]}]},
            "stats":{"seriesFetched":"48","executionTimeMsec":1},"trace":{"x":[1]}}"#;
        let answer = instant(body).unwrap();
        assert_eq!(answer.completeness, Completeness::Partial);
        assert!(matches!(answer.clone().complete(), Err(Error::Partial)));
        assert_eq!(
            (answer.stats.series_fetched, answer.stats.execution_millis),
            (Some(48), Some(1))
        );
        let series = &answer.data.into_vector().unwrap()[0];
        assert_eq!((series.labels.name(), series.labels.get("b")), ("m", Some("2")));
        assert_eq!(
            series.sample,
            Sample {
                time: Timestamp::from_millis(1_795_331_557_500),
                value: f64::INFINITY
            }
        );
    }

    #[test]
    fn broken_answers() {
        for body in [
            &b""[..],
            b"OK",
            br#"{"status":"success"}"#,
            br#"{"status":"error","data":{"resultType":"vector","result":[]}}"#,
            br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}"#,
            br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#,
            br#"{"status":"success","data":{"resultType":"vector","result":[]}}{"status":"error","error":"late"}"#,
        ] {
            assert!(matches!(instant(body), Err(Error::Decode { .. })), "{}", String::from_utf8_lossy(body));
        }
    }
}
