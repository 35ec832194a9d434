//! The data points of an `ExportMetricsServiceRequest`.

use vmotel_model::Timestamp;

use super::{
    number as number_of,
    read::{Field, fields},
};
use crate::protobuf::{begin, bytes_len, end, push_fixed64, push_head, push_varint, varint_key};

/// The fields of a metric that hold its points: of a gauge, a sum, a histogram, an exponential histogram, a summary.
const DATA: [u64; 5] = [5, 7, 9, 10, 11];

/// The points of one kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// The field of the metric.
    data: u64,
    /// The field of a point that holds its attributes.
    attributes: u64,
    /// The field of a point that holds its flags.
    flags: u8,
}

const fn form(data: u64) -> Form {
    let (attributes, flags) = match data {
        9 => (9, 10),
        10 => (1, 10),
        _ => (7, 8),
    };
    Form {
        data,
        attributes,
        flags,
    }
}

/// A point with its form.
pub(super) type Point<'a> = (Form, &'a [u8]);

/// Calls `f` with the name of the metric, the point, and the fields of its data that are not points.
pub(super) fn for_each<'a>(
    body: &'a [u8],
    mut f: impl FnMut(&'a [u8], Point<'a>, &[Field<'a>]),
) -> Option<()> {
    each_metric(body, |metric| {
        let mut name = &metric[..0];
        let mut data = None;
        let _ = fields(metric, |field| {
            if field.number == 1 {
                name = field.content;
            } else if DATA.contains(&field.number) {
                data = Some(field);
            }
        });
        let Some(data) = data else { return };
        let mut rest = Vec::new();
        let _ = fields(data.content, |field| {
            if field.number != 1 {
                rest.push(field);
            }
        });
        let _ = fields(data.content, |field| {
            if field.number == 1 {
                f(name, (form(data.number), field.content), &rest);
            }
        });
    })
}

fn each_metric<'a>(body: &'a [u8], mut f: impl FnMut(&'a [u8])) -> Option<()> {
    fields(body, |resource| {
        if resource.number == 1 {
            let _ = fields(resource.content, |scope| {
                if scope.number == 2 {
                    let _ = fields(scope.content, |metric| {
                        if metric.number == 2 {
                            f(metric.content);
                        }
                    });
                }
            });
        }
    })
}

/// Returns the number of the series of a point: by the name of its metric and its attributes.
pub(super) fn number(name: &[u8], (form, point): Point<'_>) -> u64 {
    // Attributes stand side by side, so that one stretch of bytes holds them.
    let (mut start, mut len, mut at) = (0, 0, 0);
    let _ = fields(point, |field| {
        if field.number == form.attributes {
            if len == 0 {
                start = at;
            }
            len = at + field.whole.len() - start;
        }
        at += field.whole.len();
    });
    number_of(&[name, &point[start..start + len]])
}

pub(super) fn markers(body: &[u8], time: Timestamp, missing: impl Fn(u64) -> bool, out: &mut Vec<u8>) -> u64 {
    let whole = out.len();
    let resource = begin(1, out);
    let scope = begin(2, out);
    let mut count = 0;
    // One metric for each point: few are missing at once, and servers take it.
    let mut data = Vec::new();
    let _ = for_each(body, |name, point, rest| {
        if !missing(number(name, point)) {
            return;
        }
        let (form, point) = point;
        data.clear();
        // Of a field that is there twice the last one counts.
        let more = 9 + 2;
        push_head(1, point.len() + more, &mut data);
        data.extend_from_slice(point);
        push_fixed64(3, time.0, &mut data);
        data.push(varint_key(form.flags));
        push_varint(1, &mut data);
        for field in rest {
            data.extend_from_slice(field.whole);
        }
        push_head(2, bytes_len(name.len()) + bytes_len(data.len()), out);
        push_head(1, name.len(), out);
        out.extend_from_slice(name);
        push_head(form.data as u8, data.len(), out);
        out.extend_from_slice(&data);
        count += 1;
    });
    if count == 0 {
        out.truncate(whole);
        return 0;
    }
    end(scope, out);
    end(resource, out);
    count
}
