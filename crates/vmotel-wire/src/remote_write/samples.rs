//! The messages of series: a `TimeSeries` for each sample.

use super::STALE_NAN;
use crate::{
    kept::Encoded,
    protobuf::{bytes_len, push_bytes, push_fixed64, push_head},
};

/// The series that one visited series becomes.
pub(super) struct Samples<'a> {
    pub(super) name: &'a str,
    pub(super) labels: Encoded<'a>,
    pub(super) time: &'a [u8],
    pub(super) stale: bool,
    /// The label of the type.
    pub(super) own: &'static str,
    pub(super) count: u64,
    pub(super) out: &'a mut Vec<u8>,
}

impl Samples<'_> {
    /// Appends a `TimeSeries` with one sample; `own` is the value of the type's label, empty for none.
    #[inline]
    pub(super) fn push(&mut self, suffix: &str, own: &[u8], value: f64) {
        const NAME: &[u8] = b"__name__";
        let Encoded {
            bytes,
            name_at,
            own_at,
        } = self.labels;
        let name = self.name;
        let name_len = name.len() + suffix.len();
        let name_label = bytes_len(NAME.len()) + bytes_len(name_len);
        let own_label = bytes_len(self.own.len()) + bytes_len(own.len());
        let own_field = if own.is_empty() { 0 } else { bytes_len(own_label) };
        let sample = 9 + self.time.len();
        let len = bytes.len() + bytes_len(name_label) + own_field + bytes_len(sample);
        let out = &mut *self.out;
        out.reserve(len + 6);
        push_head(1, len, out);
        out.extend_from_slice(&bytes[..name_at]);
        push_head(1, name_label, out);
        push_bytes(1, NAME, out);
        push_head(2, name_len, out);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(suffix.as_bytes());
        if own.is_empty() {
            out.extend_from_slice(&bytes[name_at..]);
        } else {
            out.extend_from_slice(&bytes[name_at..own_at]);
            push_head(1, own_label, out);
            push_bytes(1, self.own.as_bytes(), out);
            push_bytes(2, own, out);
            out.extend_from_slice(&bytes[own_at..]);
        }
        push_head(2, sample, out);
        let bits = if self.stale { STALE_NAN } else { value.to_bits() };
        push_fixed64(1, bits, out);
        out.extend_from_slice(self.time);
        self.count += 1;
    }

    pub(super) fn sum_and_count(&mut self, sum: Option<f64>, count: u64) {
        if let Some(sum) = sum {
            self.push("_sum", b"", sum);
        }
        self.push("_count", b"", count as f64);
    }
}

/// Appends a `Label` as field 1 of a `TimeSeries`.
pub(super) fn push_label(name: &str, value: &str, out: &mut Vec<u8>) {
    let len = bytes_len(name.len()) + bytes_len(value.len());
    out.reserve(len + 4);
    push_head(1, len, out);
    push_bytes(1, name.as_bytes(), out);
    push_bytes(2, value.as_bytes(), out);
}
