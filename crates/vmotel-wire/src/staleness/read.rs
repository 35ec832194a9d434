//! Protobuf, read: just enough to find one's way in bodies that were made here.

/// A field: its number, its whole encoding, and its content if it is one of text, bytes or a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) number: u64,
    pub(super) whole: &'a [u8],
    pub(super) content: &'a [u8],
}

/// Calls `f` for each field; none if the bytes are no message.
pub(super) fn fields<'a>(message: &'a [u8], mut f: impl FnMut(Field<'a>)) -> Option<()> {
    let mut at = 0;
    while at < message.len() {
        let start = at;
        let key = varint(message, &mut at)?;
        let mut content = &message[..0];
        match key & 7 {
            0 => {
                varint(message, &mut at)?;
            }
            1 => at += 8,
            2 => {
                let len = usize::try_from(varint(message, &mut at)?).ok()?;
                content = message.get(at..at.checked_add(len)?)?;
                at += len;
            }
            5 => at += 4,
            _ => return None,
        }
        f(Field {
            number: key >> 3,
            whole: message.get(start..at)?,
            content,
        });
    }
    Some(())
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
