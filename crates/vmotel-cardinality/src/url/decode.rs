//! Percent decoding of one segment.

/// Longer encoded segments are decoded on the heap.
const INLINE: usize = 256;

/// A decoded segment, on the stack where it is short.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack for one segment; a box would be an allocation"
)]
pub(crate) enum Decoded {
    Inline([u8; INLINE], usize),
    Heap(Vec<u8>),
}

impl Decoded {
    /// Decodes once, or returns `None` where an escape is broken.
    pub(crate) fn new(segment: &[u8]) -> Option<Self> {
        if segment.len() <= INLINE {
            let mut buffer = [0; INLINE];
            let mut len = 0;
            decode(segment, |byte| {
                buffer[len] = byte;
                len += 1;
            })?;
            Some(Self::Inline(buffer, len))
        } else {
            let mut bytes = Vec::with_capacity(segment.len());
            decode(segment, |byte| bytes.push(byte))?;
            Some(Self::Heap(bytes))
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Inline(buffer, len) => &buffer[..*len],
            Self::Heap(bytes) => bytes,
        }
    }
}

fn decode(segment: &[u8], mut push: impl FnMut(u8)) -> Option<()> {
    let mut rest = segment;
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let [high, low, tail @ ..] = tail else { return None };
            push(nibble(*high)? << 4 | nibble(*low)?);
            rest = tail;
        } else {
            push(*first);
            rest = tail;
        }
    }
    Some(())
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
