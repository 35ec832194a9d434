//! From the SDK's data points to ours.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{
    ExponentialHistogramDataPoint, GaugeDataPoint, HistogramDataPoint, SumDataPoint,
};
use vmotel_model::{ExponentialBuckets, ExponentialPoint, HistogramPoint, Number, Point, Timestamp};

/// Memory for the buckets of one point.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    bounds: Vec<f64>,
    counts: Vec<u64>,
    negative: Vec<u64>,
}

/// A data point of any kind.
pub(super) trait DataPoint {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue>;
    fn point<'b>(&self, buckets: &'b mut Buckets) -> Point<'b>;
}

/// A type of values of the SDK.
pub(super) trait SdkNumber: Copy {
    fn number(self) -> Number;
    fn float(self) -> f64;
}

impl SdkNumber for u64 {
    fn number(self) -> Number {
        Number::U64(self)
    }

    fn float(self) -> f64 {
        self as f64
    }
}

impl SdkNumber for i64 {
    fn number(self) -> Number {
        Number::I64(self)
    }

    fn float(self) -> f64 {
        self as f64
    }
}

impl SdkNumber for f64 {
    fn number(self) -> Number {
        Number::F64(self)
    }

    fn float(self) -> f64 {
        self
    }
}

impl<T: SdkNumber> DataPoint for SumDataPoint<T> {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
        self.attributes()
    }

    fn point<'b>(&self, _: &'b mut Buckets) -> Point<'b> {
        Point::Number(self.value().number())
    }
}

impl<T: SdkNumber> DataPoint for GaugeDataPoint<T> {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
        self.attributes()
    }

    fn point<'b>(&self, _: &'b mut Buckets) -> Point<'b> {
        Point::Number(self.value().number())
    }
}

impl<T: SdkNumber> DataPoint for HistogramDataPoint<T> {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
        self.attributes()
    }

    fn point<'b>(&self, buckets: &'b mut Buckets) -> Point<'b> {
        buckets.bounds.clear();
        buckets.bounds.extend(self.bounds());
        buckets.counts.clear();
        buckets.counts.extend(self.bucket_counts());
        // Without bounds the SDK counts in no bucket.
        if buckets.counts.len() != buckets.bounds.len() + 1 {
            buckets.bounds.clear();
            buckets.counts.clear();
            buckets.counts.push(self.count());
        }
        Point::Histogram(HistogramPoint {
            bounds: &buckets.bounds,
            counts: &buckets.counts,
            sum: Some(self.sum().float()),
            count: self.count(),
        })
    }
}

impl<T: SdkNumber> DataPoint for ExponentialHistogramDataPoint<T> {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
        self.attributes()
    }

    fn point<'b>(&self, buckets: &'b mut Buckets) -> Point<'b> {
        let (positive, negative) = (self.positive_bucket(), self.negative_bucket());
        buckets.counts.clear();
        buckets.counts.extend(positive.counts());
        buckets.negative.clear();
        buckets.negative.extend(negative.counts());
        Point::Exponential(ExponentialPoint {
            scale: i32::from(self.scale()),
            zero_count: self.zero_count(),
            zero_threshold: self.zero_threshold(),
            positive: ExponentialBuckets {
                offset: positive.offset(),
                counts: &buckets.counts,
            },
            negative: ExponentialBuckets {
                offset: negative.offset(),
                counts: &buckets.negative,
            },
            sum: Some(self.sum().float()),
            count: self.count() as u64,
        })
    }
}

/// Returns a time as nanoseconds since the epoch, none before it.
pub(super) fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok().map(Timestamp)
}
