//! Protobuf by hand: what the encoders of OTLP and remote write need of the wire format, and no more.

/// Bytes that [`begin`] keeps for the length of a message whose length is not known yet: room for 2^28 - 1.
const LATER: usize = 4;

/// The longest message that [`end`] can close.
pub(crate) const MAX_MESSAGE: usize = (1 << (7 * LATER)) - 1;

/// The key of a varint field.
pub(crate) const fn varint_key(field: u8) -> u8 {
    field << 3
}

/// The key of a 64-bit field.
pub(crate) const fn fixed64_key(field: u8) -> u8 {
    field << 3 | 1
}

/// The key of a field that begins with its length.
pub(crate) const fn bytes_key(field: u8) -> u8 {
    field << 3 | 2
}

/// Returns how many bytes a number takes.
#[inline]
pub(crate) const fn varint_len(n: u64) -> usize {
    // Seven bits a byte; zero takes one.
    (70 - (n | 1).leading_zeros() as usize) / 7
}

/// Returns how many bytes a field with a length takes, its key and length included.
#[inline]
pub(crate) const fn bytes_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

/// Appends a number.
#[inline]
pub(crate) fn push_varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends the key and the length of a field whose content follows.
#[inline]
pub(crate) fn push_head(field: u8, len: usize, out: &mut Vec<u8>) {
    out.push(bytes_key(field));
    push_varint(len as u64, out);
}

/// Writes the key and the length of a field to the beginning of `out`, which has room for them; returns how many bytes they take.
#[inline]
pub(crate) fn put_head(field: u8, len: usize, out: &mut [u8]) -> usize {
    out[0] = bytes_key(field);
    let (mut n, mut at) = (len, 1);
    while n >= 0x80 {
        out[at] = n as u8 | 0x80;
        n >>= 7;
        at += 1;
    }
    out[at] = n as u8;
    at + 1
}

/// Appends a field of text or bytes.
#[inline]
pub(crate) fn push_bytes(field: u8, bytes: &[u8], out: &mut Vec<u8>) {
    push_head(field, bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// Appends a 64-bit field.
#[inline]
pub(crate) fn push_fixed64(field: u8, bits: u64, out: &mut Vec<u8>) {
    let mut bytes = [fixed64_key(field); 9];
    bytes[1..].copy_from_slice(&bits.to_le_bytes());
    out.extend_from_slice(&bytes);
}

/// Returns a signed number as `sint32` writes it.
pub(crate) const fn zigzag(n: i32) -> u64 {
    ((n << 1) ^ (n >> 31)) as u32 as u64
}

/// Begins a message of unknown length; returns what [`end`] needs.
pub(crate) fn begin(field: u8, out: &mut Vec<u8>) -> usize {
    out.push(bytes_key(field));
    out.extend_from_slice(&[0; LATER]);
    out.len()
}

/// Ends a message: writes its length in the bytes that were kept, with leading zeros, which every reader of the format takes.
pub(crate) fn end(start: usize, out: &mut [u8]) {
    let len = out.len() - start;
    for (at, byte) in out[start - LATER..start].iter_mut().enumerate() {
        let more = if at + 1 < LATER { 0x80 } else { 0 };
        *byte = (len >> (7 * at)) as u8 & 0x7f | more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_prost() {
        let check = |n: u64| {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            push_varint(n, &mut ours);
            prost::encoding::encode_varint(n, &mut theirs);
            assert_eq!(ours, theirs);
            assert_eq!(varint_len(n), theirs.len());
        };
        for shift in 0..64 {
            for n in [1u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                check(n);
            }
        }
        for n in [0, 1, -1, 2, i32::MAX, i32::MIN, -12345] {
            let mut theirs = Vec::new();
            prost::encoding::sint32::encode(1, &n, &mut theirs);
            let mut ours = vec![varint_key(1)];
            push_varint(zigzag(n), &mut ours);
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn a_length_is_filled_in() {
        for len in [0, 1, 127, 128, 70_000] {
            let mut out = Vec::new();
            let start = begin(1, &mut out);
            out.resize(out.len() + len, 7);
            end(start, &mut out);
            let mut rest = &out[1..];
            assert_eq!(prost::encoding::decode_varint(&mut rest).unwrap(), len as u64);
            assert_eq!(rest.len(), len);
        }
    }
}
