//! A parcel as a file.
//!
//! All numbers are little-endian. The first checksum covers the body, the second one all before it and the query, so that the head of a
//! file can be trusted without reading its body.
//!
//! ```text
//! 0   magic, 8 bytes       24  samples, u64           52  CRC-32 of 0..52 and the query, u32
//! 8   kind, u32            32  series, u64            56  query
//! 12  query length, u32    40  time, ns, u64          ..  body
//! 16  body length, u64     48  CRC-32 of body, u32
//! ```

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use bytes::Bytes;
use vmotel_model::Timestamp;

use super::{Parcel, ParcelKind};

const MAGIC: [u8; 8] = *b"vmspool\x01";
const HEAD: usize = 56;
/// A longer query is no query.
const MAX_QUERY: u32 = 64 * 1024;

/// All of a parcel but its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: ParcelKind,
    pub(super) query: Arc<str>,
    pub(super) samples: u64,
    pub(super) series: u64,
    pub(super) time: Timestamp,
    pub(super) body_bytes: u64,
}

impl Head {
    pub(super) fn of(parcel: &Parcel) -> Self {
        Self {
            kind: parcel.kind,
            query: Arc::clone(&parcel.query),
            samples: parcel.samples,
            series: parcel.series,
            time: parcel.time,
            body_bytes: parcel.body.len() as u64,
        }
    }

    pub(super) fn with_body(&self, body: Bytes) -> Parcel {
        Parcel {
            body,
            kind: self.kind,
            query: Arc::clone(&self.query),
            samples: self.samples,
            series: self.series,
            time: self.time,
        }
    }

    /// What the file takes.
    pub(super) fn file_bytes(&self) -> u64 {
        (HEAD + self.query.len()) as u64 + self.body_bytes
    }
}

/// Why a file was not understood.
#[derive(Debug)]
pub(super) enum Unread {
    Damaged,
    Io,
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged,
            _ => Self::Io,
        }
    }
}

/// Writes a parcel.
pub(super) fn write(parcel: &Parcel, out: &mut impl Write) -> io::Result<()> {
    let code = ParcelKind::ALL.iter().find(|(kind, _)| *kind == parcel.kind);
    let query = u32::try_from(parcel.query.len()).ok();
    let (Some((_, code)), Some(query)) = (code, query.filter(|bytes| *bytes <= MAX_QUERY)) else {
        return Err(io::Error::other("the query has more than 64 KiB"));
    };
    let mut head = Vec::with_capacity(HEAD + parcel.query.len());
    head.extend(MAGIC);
    head.extend(u32::from(*code).to_le_bytes());
    head.extend(query.to_le_bytes());
    for number in [
        parcel.body.len() as u64,
        parcel.samples,
        parcel.series,
        parcel.time.0,
    ] {
        head.extend(number.to_le_bytes());
    }
    head.extend(crc32fast::hash(&parcel.body).to_le_bytes());
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&head);
    checksum.update(parcel.query.as_bytes());
    head.extend(checksum.finalize().to_le_bytes());
    head.extend(parcel.query.as_bytes());
    out.write_all(&head)?;
    out.write_all(&parcel.body)
}

/// Reads the head of a file that has `file_bytes` in all; returns it and the checksum of the body, which follows.
pub(super) fn read_head(file: &mut impl Read, file_bytes: u64) -> Result<(Head, u32), Unread> {
    let mut fixed = [0; HEAD];
    file.read_exact(&mut fixed)?;
    let u32_at = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| fixed[at + i]));
    let u64_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| fixed[at + i]));
    let query_bytes = u32_at(12);
    if fixed[..8] != MAGIC || query_bytes > MAX_QUERY {
        return Err(Unread::Damaged);
    }
    let mut query = vec![0; query_bytes as usize];
    file.read_exact(&mut query)?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&fixed[..HEAD - 4]);
    checksum.update(&query);
    let kind = ParcelKind::ALL
        .iter()
        .find(|(_, code)| u32::from(*code) == u32_at(8));
    let (true, Some((kind, _)), Ok(query)) =
        (checksum.finalize() == u32_at(52), kind, String::from_utf8(query))
    else {
        return Err(Unread::Damaged);
    };
    let head = Head {
        kind: *kind,
        query: query.into(),
        samples: u64_at(24),
        series: u64_at(32),
        time: Timestamp(u64_at(40)),
        body_bytes: u64_at(16),
    };
    if head.file_bytes() != file_bytes {
        return Err(Unread::Damaged);
    }
    Ok((head, u32_at(48)))
}

/// Reads a whole file that has `file_bytes` in all.
pub(super) fn read(file: &mut impl Read, file_bytes: u64) -> Result<Parcel, Unread> {
    let (head, checksum) = read_head(file, file_bytes)?;
    // Its length is that of the file, so this is no wild allocation.
    let mut body = vec![0; usize::try_from(head.body_bytes).map_err(|_| Unread::Damaged)?];
    file.read_exact(&mut body)?;
    if crc32fast::hash(&body) != checksum {
        return Err(Unread::Damaged);
    }
    Ok(head.with_body(body.into()))
}
