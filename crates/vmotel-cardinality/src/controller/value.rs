//! The texts of folded and of too long values.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::config::{ControllerConfig, Fold};

/// `~` and 16 hexadecimal digits.
const SUFFIX: usize = 17;

/// Cuts a text of more than `most` bytes on a character boundary and ends it in a hash of the whole.
pub(crate) fn cut(value: &str, most: usize) -> Cow<'_, str> {
    if value.len() <= most {
        return Cow::Borrowed(value);
    }
    let end = (0..=most - SUFFIX)
        .rev()
        .find(|&at| value.is_char_boundary(at))
        .unwrap_or(0);
    let head = &value[..end];
    let digest = Sha256::digest(value);
    Cow::Owned(format!("{head}~{}", hex::encode(&digest[..8])))
}

/// Returns the bucket of a value, 0 where there is only one.
pub(crate) fn bucket(fold: &Fold, value: &str) -> u16 {
    match fold {
        Fold::Other => 0,
        Fold::Buckets { count, seed } => {
            let digest = Sha256::new().chain_update(seed).chain_update(value).finalize();
            let number = digest.first_chunk().map_or(0, |chunk| u64::from_be_bytes(*chunk));
            (number % u64::from(*count)) as u16
        }
    }
}

/// Returns how many buckets there are.
pub(crate) fn buckets(fold: &Fold) -> u16 {
    match fold {
        Fold::Other => 1,
        Fold::Buckets { count, .. } => *count,
    }
}

/// Returns the text of a bucket.
pub(crate) fn bucket_name(config: &ControllerConfig, bucket: u16) -> Cow<'_, str> {
    match config.fold {
        Fold::Other => Cow::Borrowed(&config.fold_name),
        Fold::Buckets { .. } => {
            let bytes = bucket.to_be_bytes();
            let short = if bucket < 256 { &bytes[1..] } else { &bytes[..] };
            Cow::Owned(format!("{}-{}", config.fold_name, hex::encode(short)))
        }
    }
}
