//! Decoding of gzip (RFC 1952) in pieces of bounded size.

use bytes::{Buf as _, Bytes};
use flate2::{Decompress, FlushDecompress, Status};

/// The largest piece of decoded text.
const PIECE: usize = 64 * 1024;
/// The largest window, with flate2's offset for "expect a gzip header" already taken care of.
const WINDOW_BITS: u8 = 15;

/// Takes compressed chunks, gives decoded pieces.
#[derive(Debug)]
pub(crate) struct Decoder {
    state: Decompress,
    /// Compressed bytes not looked at yet.
    input: Bytes,
    /// Some member has begun and not ended.
    inside: bool,
    /// At least one member has ended.
    ended_one: bool,
    /// The last piece filled its buffer: the state may hold more without more input.
    may_hold_more: bool,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self {
            state: Decompress::new_gzip(WINDOW_BITS),
            input: Bytes::new(),
            inside: false,
            ended_one: false,
            may_hold_more: false,
        }
    }

    /// Returns true if any compressed byte was seen.
    pub(crate) fn started(&self) -> bool {
        self.inside || self.ended_one
    }

    /// Gives the next compressed chunk; the one before must be used up ([`Self::next`] returned `None`).
    pub(crate) fn feed(&mut self, chunk: Bytes) {
        debug_assert!(self.input.is_empty(), "the chunk before is not used up");
        self.input = chunk;
    }

    /// Returns the next decoded piece, or `None` if more input is needed.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, String> {
        while !self.input.is_empty() || self.may_hold_more {
            if !self.inside && self.ended_one {
                // Another member follows (RFC 1952, section 2.2).
                self.state = Decompress::new_gzip(WINDOW_BITS);
                self.ended_one = false;
            }
            self.inside = true;
            let mut piece = Vec::with_capacity(PIECE);
            let before = self.state.total_in();
            let status = self
                .state
                .decompress_vec(&self.input, &mut piece, FlushDecompress::None)
                .map_err(|e| e.to_string())?;
            let used = usize::try_from(self.state.total_in() - before).unwrap_or(usize::MAX);
            self.input.advance(used.min(self.input.len()));
            self.may_hold_more = piece.len() == piece.capacity();
            match status {
                Status::StreamEnd => {
                    self.inside = false;
                    self.ended_one = true;
                    self.may_hold_more = false;
                }
                Status::BufError if used == 0 && piece.is_empty() => {
                    self.may_hold_more = false;
                    if !self.input.is_empty() {
                        return Err("the decoder makes no progress".to_owned());
                    }
                }
                Status::Ok | Status::BufError => {}
            }
            if !piece.is_empty() {
                return Ok(Some(piece.into()));
            }
        }
        Ok(None)
    }

    /// Checks that the text ended where a member ended.
    pub(crate) fn finish(&self) -> Result<(), String> {
        if self.inside || !self.ended_one {
            Err("it ends too early".to_owned())
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn compressed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn decoded(body: &[u8], step: usize) -> Result<Vec<u8>, String> {
        let mut decoder = Decoder::new();
        let mut text = Vec::new();
        for chunk in body.chunks(step) {
            decoder.feed(Bytes::copy_from_slice(chunk));
            while let Some(piece) = decoder.next()? {
                assert!(piece.len() <= 2 * PIECE);
                text.extend_from_slice(&piece);
            }
        }
        decoder.finish().map(|()| text)
    }

    #[test]
    fn whole_in_any_steps() {
        let zeros = vec![0_u8; 3 * PIECE];
        let mixed: Vec<u8> = (0..40_000_u32)
            .flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes())
            .collect();
        for text in [&b""[..], b"a", &zeros, &zeros[..PIECE], &mixed] {
            let body = compressed(text);
            for step in [3, 1000, usize::MAX] {
                assert!(
                    decoded(&body, step).unwrap() == text,
                    "{} bytes, step {step}",
                    text.len()
                );
            }
        }
    }

    #[test]
    fn several_members() {
        let body = [compressed(b"one "), compressed(b"two")].concat();
        for step in [1, 5, usize::MAX] {
            assert_eq!(decoded(&body, step).unwrap(), b"one two");
        }
    }

    #[test]
    fn broken() {
        let body = compressed(b"some text, some text, some text");
        assert!(decoded(b"", 1).is_err());
        assert!(decoded(b"plain text", 3).is_err());
        for cut in 1..body.len() {
            assert!(decoded(&body[..cut], 9).is_err(), "cut at {cut}");
        }
        let mut flipped = body.clone();
        let crc = body.len() - 8;
        flipped[crc] ^= 1;
        assert!(decoded(&flipped, 9).is_err());
    }
}
