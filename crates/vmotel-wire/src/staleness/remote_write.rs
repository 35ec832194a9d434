//! The time series of a `WriteRequest`.

use vmotel_model::Timestamp;

use super::{number, read::fields};
use crate::{
    protobuf::{bytes_len, push_fixed64, push_head, push_varint, varint_key, varint_len},
    remote_write::STALE_NAN,
};

/// Calls `f` with the encoded labels of each series.
pub(super) fn for_each<'a>(body: &'a [u8], mut f: impl FnMut(&'a [u8])) -> Option<()> {
    fields(body, |field| {
        if field.number == 1 {
            f(labels(field.content));
        }
    })
}

/// Labels come first in a series, samples follow.
fn labels(series: &[u8]) -> &[u8] {
    let mut len = 0;
    let mut only_labels = true;
    let _ = fields(series, |field| {
        only_labels &= field.number == 1;
        if only_labels {
            len += field.whole.len();
        }
    });
    &series[..len]
}

pub(super) fn markers(body: &[u8], time: Timestamp, missing: impl Fn(u64) -> bool, out: &mut Vec<u8>) -> u64 {
    let millis = time.as_millis();
    let sample = 9 + 1 + varint_len(millis);
    let mut count = 0;
    let _ = for_each(body, |labels| {
        if missing(number(&[labels])) {
            push_head(1, labels.len() + bytes_len(sample), out);
            out.extend_from_slice(labels);
            push_head(2, sample, out);
            push_fixed64(1, STALE_NAN, out);
            out.push(varint_key(2));
            push_varint(millis, out);
            count += 1;
        }
    });
    count
}
