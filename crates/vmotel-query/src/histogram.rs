//! Native histograms of Prometheus.

use serde::Deserialize;
use serde::de::Error as _;

use crate::{Labels, Timestamp};

/// A series of native histograms in order of time; VictoriaMetrics has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistogramSeries {
    /// The labels.
    pub labels: Labels,
    /// The samples.
    pub samples: Vec<HistogramSample>,
}

/// A native histogram at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistogramSample {
    /// The time.
    pub time: Timestamp,
    /// The histogram.
    pub histogram: NativeHistogram,
}

/// A native histogram, as an expression gives it: counts may be rates, and so have fractions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NativeHistogram {
    /// The number of observations.
    pub count: f64,
    /// The sum of the observations.
    pub sum: f64,
    /// The buckets that are not empty, from the lowest to the highest.
    pub buckets: Vec<HistogramBucket>,
}

/// A bucket of a native histogram with its own count, not a cumulative one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct HistogramBucket {
    /// The lower bound.
    pub lower: f64,
    /// The upper bound.
    pub upper: f64,
    /// Whether the lower bound itself is in the bucket.
    pub includes_lower: bool,
    /// Whether the upper bound itself is in the bucket.
    pub includes_upper: bool,
    /// The number of observations.
    pub count: f64,
}

/// A number in quotes.
struct Quoted(f64);

impl<'de> Deserialize<'de> for Quoted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let value = text.parse();
        value
            .map(Self)
            .map_err(|_| D::Error::custom("expected a number in quotes"))
    }
}

#[derive(Deserialize)]
struct WireHistogram {
    count: Quoted,
    sum: Quoted,
    /// Which bounds are in the bucket, the bounds, the count. Absent where there are none.
    #[serde(default)]
    buckets: Vec<(u8, Quoted, Quoted, Quoted)>,
}

#[derive(Deserialize)]
struct WireSample(f64, WireHistogram);

/// Reads the value of the key `histogram` or, for several samples, `histograms`.
pub(crate) fn read(text: &[u8], several: bool) -> Result<Vec<HistogramSample>, serde_json::Error> {
    let samples: Vec<WireSample> = if several {
        serde_json::from_slice(text)?
    } else {
        vec![serde_json::from_slice(text)?]
    };
    samples.into_iter().map(sample).collect()
}

fn sample(WireSample(seconds, wire): WireSample) -> Result<HistogramSample, serde_json::Error> {
    let bucket = |(bounds, lower, upper, count): (u8, Quoted, Quoted, Quoted)| {
        // Open left, open right, open both, closed both, as the API of Prometheus numbers them.
        let (includes_lower, includes_upper) = match bounds {
            0 => (false, true),
            1 => (true, false),
            2 => (false, false),
            3 => (true, true),
            _ => {
                return Err(serde_json::Error::custom(
                    "expected a bucket's bounds to be 0 to 3",
                ));
            }
        };
        Ok(HistogramBucket {
            lower: lower.0,
            upper: upper.0,
            includes_lower,
            includes_upper,
            count: count.0,
        })
    };
    Ok(HistogramSample {
        time: Timestamp::from_secs_f64(seconds),
        histogram: NativeHistogram {
            count: wire.count.0,
            sum: wire.sum.0,
            buckets: wire.buckets.into_iter().map(bucket).collect::<Result<_, _>>()?,
        },
    })
}
