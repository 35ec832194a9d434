//! Data points.

use vmotel_model::{ExponentialBuckets, ExponentialPoint, Number, SummaryPoint, Timestamp};

use crate::{
    Skipped,
    exponential::{MAX_SCALE, for_each_index},
    protobuf::{
        begin, bytes_len, end, fixed64_key, push_bytes, push_fixed64, push_head, push_varint, put_head,
        varint_key, varint_len, zigzag,
    },
    shape::{Explicit, stored_quantile},
};

/// What all points begin and end with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) start: Option<Timestamp>,
    pub(crate) time: Timestamp,
    pub(crate) stale: bool,
}

/// The bytes of a 64-bit field.
const FIXED64: usize = 9;

impl Head {
    /// Returns the bytes of times and flags.
    #[inline]
    const fn len(&self) -> usize {
        FIXED64 + if self.start.is_some() { FIXED64 } else { 0 } + if self.stale { 2 } else { 0 }
    }

    #[inline]
    fn push_times(&self, out: &mut Vec<u8>) {
        if let Some(start) = self.start {
            push_fixed64(2, start.0, out);
        }
        push_fixed64(3, self.time.0, out);
    }

    /// Appends `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
    #[inline]
    fn push_flags(&self, field: u8, out: &mut Vec<u8>) {
        if self.stale {
            out.extend_from_slice(&[varint_key(field), 1]);
        }
    }
}

/// Appends a `KeyValue` with a string as field `FIELD` of a point.
pub(crate) fn push_attribute<const FIELD: u8>(name: &str, value: &str, out: &mut Vec<u8>) {
    push_pair(FIELD, name.as_bytes(), value.as_bytes(), out);
}

#[inline]
fn push_pair(field: u8, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    let any = bytes_len(value.len());
    let len = bytes_len(name.len()) + bytes_len(any);
    out.reserve(len + 6);
    push_head(field, len, out);
    push_bytes(1, name, out);
    push_head(2, any, out);
    push_bytes(1, value, out);
}

/// Returns the bytes of a `NumberDataPoint`.
#[inline]
pub(crate) const fn number_len(head: &Head, attributes: usize) -> usize {
    head.len() + FIXED64 + attributes
}

/// Appends a `NumberDataPoint`.
#[inline]
pub(crate) fn push_number(head: &Head, number: Number, attributes: &[&[u8]], len: usize, out: &mut Vec<u8>) {
    let integer = match number {
        Number::U64(n) => i64::try_from(n).ok(),
        Number::I64(n) => Some(n),
        Number::F64(_) => None,
    };
    let (key, bits) = match integer {
        Some(n) => (fixed64_key(6), n as u64),
        None => (fixed64_key(4), crate::shape::as_f64(number).to_bits()),
    };
    // All that has no length of its own, put together first: key, length and three fields of 64 bits.
    let mut fixed = [0; 6 + 3 * FIXED64];
    let mut at = put_head(1, len, &mut fixed);
    let mut put = |key: u8, bits: u64| {
        fixed[at] = key;
        fixed[at + 1..at + FIXED64].copy_from_slice(&bits.to_le_bytes());
        at += FIXED64;
    };
    if let Some(start) = head.start {
        put(fixed64_key(2), start.0);
    }
    put(fixed64_key(3), head.time.0);
    put(key, bits);
    out.reserve(len + 6);
    out.extend_from_slice(&fixed[..at]);
    for part in attributes {
        out.extend_from_slice(part);
    }
    head.push_flags(8, out);
}

/// Returns the bytes of a `HistogramDataPoint`.
pub(crate) const fn explicit_len(
    head: &Head,
    point: &Explicit<'_>,
    sum: Option<f64>,
    attributes: usize,
) -> usize {
    let bounds = if point.bounds.is_empty() {
        0
    } else {
        bytes_len(8 * point.bounds.len())
    };
    let sum = if sum.is_some() { FIXED64 } else { 0 };
    head.len() + FIXED64 + sum + bytes_len(8 * point.counts.len()) + bounds + attributes
}

/// Appends a `HistogramDataPoint`.
pub(crate) fn push_explicit(
    head: &Head,
    point: &Explicit<'_>,
    sum: Option<f64>,
    attributes: &[u8],
    len: usize,
    out: &mut Vec<u8>,
) {
    out.reserve(len + 6);
    push_head(1, len, out);
    head.push_times(out);
    push_fixed64(4, point.count, out);
    if let Some(sum) = sum {
        push_fixed64(5, sum.to_bits(), out);
    }
    push_head(6, 8 * point.counts.len(), out);
    for count in point.counts {
        out.extend_from_slice(&count.to_le_bytes());
    }
    if !point.bounds.is_empty() {
        push_head(7, 8 * point.bounds.len(), out);
        for bound in point.bounds {
            out.extend_from_slice(&bound.to_le_bytes());
        }
    }
    out.extend_from_slice(attributes);
    head.push_flags(10, out);
}

/// Appends the content of a `SummaryDataPoint`; returns how many quantiles it has.
///
/// A sum that is NaN is written, as the message cannot be without one; the server drops it.
pub(crate) fn push_summary(
    head: &Head,
    point: &SummaryPoint<'_>,
    attributes: &[u8],
    skipped: &mut Skipped,
    out: &mut Vec<u8>,
) -> u64 {
    head.push_times(out);
    push_fixed64(4, point.count, out);
    push_fixed64(5, point.sum.to_bits(), out);
    skipped.nan += u64::from(point.sum.is_nan() && !head.stale);
    let mut quantiles = 0;
    for quantile in point.quantiles {
        if stored_quantile(quantile.quantile, quantile.value, head.stale, skipped) {
            push_head(6, 2 * FIXED64, out);
            push_fixed64(1, quantile.quantile.to_bits(), out);
            push_fixed64(2, quantile.value.to_bits(), out);
            quantiles += 1;
        }
    }
    out.extend_from_slice(attributes);
    head.push_flags(8, out);
    quantiles
}

/// Appends the content of an `ExponentialHistogramDataPoint`; returns how many buckets are not empty.
pub(crate) fn push_native(
    head: &Head,
    point: &ExponentialPoint<'_>,
    sum: Option<f64>,
    attributes: &[u8],
    runs: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> u64 {
    let scale = point.scale.min(MAX_SCALE);
    let shift = (point.scale - scale).unsigned_abs();
    out.extend_from_slice(attributes);
    head.push_times(out);
    push_fixed64(4, point.count, out);
    if let Some(sum) = sum {
        push_fixed64(5, sum.to_bits(), out);
    }
    out.push(varint_key(6));
    push_varint(zigzag(scale), out);
    push_fixed64(7, point.zero_count, out);
    let mut buckets = u64::from(point.zero_count > 0);
    buckets += push_run(8, point.positive, shift, runs, out);
    buckets += push_run(9, point.negative, shift, runs, out);
    head.push_flags(10, out);
    push_fixed64(14, point.zero_threshold.to_bits(), out);
    buckets
}

/// Appends a run of buckets at a scale that is coarser by `shift`, without empty ones at its ends.
fn push_run(
    field: u8,
    buckets: ExponentialBuckets<'_>,
    shift: u32,
    runs: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> u64 {
    runs.clear();
    let mut offset = None;
    let mut next = 0;
    let mut filled = 0;
    for_each_index(
        buckets,
        shift,
        (i32::MIN.into(), i32::MAX.into()),
        false,
        |index, count| {
            if offset.is_none() {
                offset = Some(index);
                next = index;
            }
            while next < index {
                runs.push(0);
                next += 1;
            }
            push_varint(count, runs);
            next += 1;
            filled += 1;
        },
    );
    let Some(offset) = offset else { return 0 };
    let offset = zigzag(offset as i32);
    push_head(field, 1 + varint_len(offset) + bytes_len(runs.len()), out);
    out.push(varint_key(1));
    push_varint(offset, out);
    push_bytes(2, runs, out);
    filled
}

/// Appends one of the points that a histogram in ranges becomes.
#[inline]
pub(crate) fn push_part(head: &Head, number: Number, attributes: &[&[u8]], out: &mut Vec<u8>) {
    let len = attributes.iter().map(|part| part.len()).sum();
    push_number(head, number, attributes, number_len(head, len), out);
}

/// Appends a metric whose points are ready.
pub(crate) fn push_metric(
    name: [&str; 2],
    help: &str,
    field: u8,
    points: &[u8],
    tail: &[u8],
    out: &mut Vec<u8>,
) {
    let metric = begin(2, out);
    push_names(name, help, out);
    push_head(field, points.len() + tail.len(), out);
    out.extend_from_slice(points);
    out.extend_from_slice(tail);
    end(metric, out);
}

/// Appends name and description of a metric.
pub(crate) fn push_names(name: [&str; 2], help: &str, out: &mut Vec<u8>) {
    push_head(1, name[0].len() + name[1].len(), out);
    out.extend_from_slice(name[0].as_bytes());
    out.extend_from_slice(name[1].as_bytes());
    if !help.is_empty() {
        push_bytes(2, help.as_bytes(), out);
    }
}
