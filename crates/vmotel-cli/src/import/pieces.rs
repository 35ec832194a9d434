//! A source, read piece by piece.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::archive::hex;

const PIECE: usize = 256 * 1024;

/// The pieces of a source. If it is checked and differs, the last piece is an error, which breaks the import off.
pub(super) struct Pieces {
    source: Box<dyn Read + Send>,
    hash: Option<(Sha256, String)>,
    ended: bool,
}

impl Pieces {
    pub(super) fn file(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::new(file))
    }

    pub(super) fn stdin() -> Self {
        Self::new(io::stdin())
    }

    /// Compares the whole with the hash of a manifest.
    pub(super) fn checked(self, sha256: &str) -> Self {
        Self {
            hash: Some((Sha256::new(), sha256.to_owned())),
            ..self
        }
    }

    fn new(source: impl Read + Send + 'static) -> Self {
        Self {
            source: Box::new(source),
            hash: None,
            ended: false,
        }
    }

    fn piece(&mut self) -> io::Result<Option<Bytes>> {
        let mut piece = Vec::with_capacity(PIECE);
        self.source.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        if let Some((hash, expected)) = &mut self.hash {
            hash.update(&piece);
            if piece.is_empty() && hex(&hash.finalize_reset()) != *expected {
                return Err(io::Error::other(
                    "the file is not as it was exported: its sha256 differs from the manifest's",
                ));
            }
        }
        Ok((!piece.is_empty()).then(|| piece.into()))
    }
}

impl Iterator for Pieces {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let piece = self.piece().transpose();
        self.ended = !matches!(piece, Some(Ok(_)));
        piece
    }
}
