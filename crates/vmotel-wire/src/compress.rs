//! Compression of whole bodies into a buffer that is reused.

use std::io;
#[cfg(feature = "gzip")]
use std::io::{Read, Write};

/// Compresses with gzip at level 0 to 9 (values above are taken as 9), replacing what is in `out`.
///
/// # Errors
/// Returns an error if the compressor fails; it has no reason to, as it writes to memory.
///
/// ```
/// let mut out = Vec::new();
/// vmotel_wire::compress::gzip(b"up 1\n", 1, &mut out)?;
/// assert_eq!(out[..2], [0x1f, 0x8b]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "gzip")]
pub fn gzip(body: &[u8], level: u32, out: &mut Vec<u8>) -> io::Result<()> {
    out.clear();
    let mut encoder =
        flate2::write::GzEncoder::new(std::mem::take(out), flate2::Compression::new(level.min(9)));
    encoder.write_all(body)?;
    *out = encoder.finish()?;
    Ok(())
}

/// Compresses with zstd at level 1 to 22 (others are brought into that range), replacing what is in `out`.
///
/// # Errors
/// Returns an error if the compressor cannot get its memory.
///
/// ```
/// let mut out = Vec::new();
/// vmotel_wire::compress::zstd(b"up 1\n", 1, &mut out)?;
/// assert_eq!(out[..4], [0x28, 0xb5, 0x2f, 0xfd]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "zstd")]
pub fn zstd(body: &[u8], level: i32, out: &mut Vec<u8>) -> io::Result<()> {
    out.clear();
    out.reserve(zstd::zstd_safe::compress_bound(body.len()));
    let mut compressor = zstd::bulk::Compressor::new(level.clamp(1, 22))?;
    compressor.compress_to_buffer(body, out)?;
    Ok(())
}

/// Compresses with snappy's block format, that of remote write, replacing what is in `out`.
///
/// # Errors
/// Returns an error if the body is larger than 4 GiB.
///
/// ```
/// let mut out = Vec::new();
/// vmotel_wire::compress::snappy(b"up 1\n", &mut out)?;
/// assert_eq!(out[0], 5, "the length comes first");
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "snappy")]
pub fn snappy(body: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let max = snap::raw::max_compress_len(body.len());
    out.resize(max, 0);
    let len = snap::raw::Encoder::new().compress(body, out)?;
    out.truncate(len);
    Ok(())
}

/// Decompresses what [`gzip`] made, replacing what is in `out`. For bodies from here: the size is not bounded.
///
/// # Errors
/// Returns an error if the bytes are not such a body.
#[cfg(feature = "gzip")]
pub fn gunzip(packed: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    out.clear();
    flate2::read::GzDecoder::new(packed).read_to_end(out).map(drop)
}

/// Decompresses what [`zstd()`] made, replacing what is in `out`. For bodies from here: the size is not bounded.
///
/// # Errors
/// Returns an error if the bytes are not such a body.
#[cfg(feature = "zstd")]
pub fn unzstd(packed: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    out.clear();
    zstd::stream::copy_decode(packed, out)
}

/// Decompresses what [`snappy`] made, replacing what is in `out`.
///
/// # Errors
/// Returns an error if the bytes are not such a body.
#[cfg(feature = "snappy")]
pub fn unsnappy(packed: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    out.resize(snap::raw::decompress_len(packed)?, 0);
    let len = snap::raw::Decoder::new().decompress(packed, out)?;
    out.truncate(len);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    #[test]
    #[cfg(feature = "gzip")]
    fn gzip_reads_back() {
        let body = b"http_requests_total 1\n".repeat(1000);
        let mut out = b"old".to_vec();
        super::gzip(&body, 6, &mut out).unwrap();
        assert!(out.len() < body.len() / 20);
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(out.as_slice())
            .read_to_end(&mut back)
            .unwrap();
        assert_eq!(back, body);
        super::gunzip(&out, &mut back).unwrap();
        assert_eq!(back, body);
        assert!(super::gunzip(&out[..20], &mut back).is_err());
    }

    #[test]
    #[cfg(feature = "zstd")]
    fn zstd_reads_back() {
        let body = b"http_requests_total 1\n".repeat(1000);
        let mut out = b"old".to_vec();
        super::zstd(&body, 1, &mut out).unwrap();
        assert!(out.len() < body.len() / 20);
        assert_eq!(zstd::decode_all(out.as_slice()).unwrap(), body);
        let mut back = b"old".to_vec();
        super::unzstd(&out, &mut back).unwrap();
        assert_eq!(back, body);
        assert!(super::unzstd(&out[..20], &mut back).is_err());
    }

    #[test]
    #[cfg(feature = "snappy")]
    fn snappy_reads_back() {
        let body = b"http_requests_total 1\n".repeat(1000);
        let mut out = b"old".to_vec();
        super::snappy(&body, &mut out).unwrap();
        assert!(out.len() < body.len() / 10);
        assert_eq!(snap::raw::Decoder::new().decompress_vec(&out).unwrap(), body);
        let mut back = b"old".to_vec();
        super::unsnappy(&out, &mut back).unwrap();
        assert_eq!(back, body);
        assert!(super::unsnappy(&out[..20], &mut back).is_err());
    }
}
