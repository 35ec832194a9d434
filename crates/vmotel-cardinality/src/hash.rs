//! A keyed hash of short texts: two folded multiplications, as in wyhash.

/// Random keys of one label of one process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys(u64, u64);

impl Keys {
    pub(crate) fn new(random: &ahash::RandomState, index: usize) -> Self {
        Self(random.hash_one(2 * index), random.hash_one(2 * index + 1))
    }

    /// Hashes a text. The empty text, which is no label, has the hash 0.
    #[inline]
    pub(crate) fn hash(self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        let (a, b) = match bytes.len() {
            0 => return 0,
            1..=3 => {
                let len = bytes.len();
                let three =
                    u64::from(bytes[0]) << 16 | u64::from(bytes[len / 2]) << 8 | u64::from(bytes[len - 1]);
                (three, 0)
            }
            4..=7 => (read_u32(bytes, 0), read_u32(bytes, bytes.len() - 4)),
            8..=16 => (read_u64(bytes, 0), read_u64(bytes, bytes.len() - 8)),
            len => {
                let mut state = self.1;
                let mut at = 0;
                while at + 16 < len {
                    state = fold(read_u64(bytes, at) ^ self.0, read_u64(bytes, at + 8) ^ state);
                    at += 16;
                }
                (read_u64(bytes, len - 16) ^ state, read_u64(bytes, len - 8))
            }
        };
        fold(fold(a ^ self.0, b ^ self.1) ^ bytes.len() as u64, self.0 | 1)
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

#[inline]
fn read_u64(bytes: &[u8], at: usize) -> u64 {
    bytes[at..]
        .first_chunk()
        .map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

#[inline]
fn read_u32(bytes: &[u8], at: usize) -> u64 {
    bytes[at..]
        .first_chunk()
        .map_or(0, |chunk| u64::from(u32::from_le_bytes(*chunk)))
}
