//! The answer of a receiver of OTLP: whether it took everything.

/// What a receiver says that it did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partial {
    pub(super) rejected: u64,
    pub(super) message: String,
}

/// Reads an `ExportMetricsServiceResponse`; none if all was taken without a word, or if it cannot be read.
///
/// VictoriaMetrics answers with nothing; collectors may reject some points of a request and take the rest.
pub(super) fn read(body: &[u8]) -> Option<Partial> {
    let mut partial = Partial {
        rejected: 0,
        message: String::new(),
    };
    fields(body, |number, value| {
        if let (1, Value::Bytes(success)) = (number, value) {
            fields(success, |number, value| match (number, value) {
                (1, Value::Number(count)) => {
                    partial.rejected = i64::try_from(count).map_or(0, i64::unsigned_abs)
                }
                (2, Value::Bytes(text)) => partial.message = String::from_utf8_lossy(text).into_owned(),
                _ => {}
            });
        }
    })?;
    (partial.rejected > 0 || !partial.message.is_empty()).then_some(partial)
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Calls `f` for each field of a protobuf message; none if it is no message.
fn fields<'a>(mut body: &'a [u8], mut f: impl FnMut(u64, Value<'a>)) -> Option<()> {
    while !body.is_empty() {
        let key = varint(&mut body)?;
        match key & 7 {
            0 => f(key >> 3, Value::Number(varint(&mut body)?)),
            1 => body = body.get(8..)?,
            2 => {
                let len = usize::try_from(varint(&mut body)?).ok()?;
                let bytes = body.get(..len)?;
                body = &body[len..];
                f(key >> 3, Value::Bytes(bytes));
            }
            5 => body = body.get(4..)?,
            _ => return None,
        }
    }
    Some(())
}

fn varint(body: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = body.split_first()?;
        *body = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field 1 of the response is the message, whose field 1 is the number and field 2 the text.
    #[test]
    fn what_was_rejected_is_read() {
        let partial = |rejected, message: &str| {
            Some(Partial {
                rejected,
                message: message.to_owned(),
            })
        };
        assert_eq!(read(b"\x0a\x07\x08\xac\x02\x12\x02no"), partial(300, "no"));
        assert_eq!(read(b"\x0a\x04\x12\x02no"), partial(0, "no"));
        for all in [&b""[..], b"\x0a\x00", b"\x0a\x02\x08\x00"] {
            assert_eq!(read(all), None);
        }
    }

    #[test]
    fn what_is_no_message_says_nothing() {
        let whole = b"\x0a\x07\x08\xac\x02\x12\x02no";
        for len in 0..whole.len() {
            assert_eq!(read(&whole[..len]), None, "{len}");
        }
        assert_eq!(read(b"<html>ok</html>"), None);
        assert_eq!(read(&[0xff; 64]), None);
    }
}
