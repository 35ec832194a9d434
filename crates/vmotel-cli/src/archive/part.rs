//! Writing one part.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use super::{Format, Part};

/// A part on its way to disk; dropped before [`Self::finish`], it leaves nothing that counts.
pub(crate) struct PartWriter {
    file: BufWriter<File>,
    partial: PathBuf,
    path: PathBuf,
    hash: Sha256,
    bytes: u64,
    /// Only of lines of JSON: whether the next byte begins a line.
    line_start: Option<bool>,
}

impl PartWriter {
    pub(crate) fn create(folder: &Path, name: &str, format: Format) -> anyhow::Result<Self> {
        let path = folder.join(name);
        let partial = folder.join(format!("{name}.partial"));
        let file = File::create(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
        Ok(Self {
            file: BufWriter::new(file),
            partial,
            path,
            hash: Sha256::new(),
            bytes: 0,
            line_start: (format == Format::Jsonl).then_some(true),
        })
    }

    pub(crate) fn write(&mut self, piece: &[u8]) -> anyhow::Result<()> {
        if let Some(start) = &mut self.line_start {
            check_lines(piece, start)?;
        }
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        let written = self.file.write_all(piece);
        written.with_context(|| format!("cannot write {}", self.partial.display()))
    }

    /// Puts the part into its place.
    pub(crate) fn finish(mut self, start: i64, end: i64) -> anyhow::Result<Part> {
        if self.line_start == Some(false) {
            bail!("the last line of {} is cut off", self.path.display());
        }
        let place = |file: &mut BufWriter<File>| -> io::Result<()> {
            file.flush()?;
            file.get_ref().sync_all()?;
            fs::rename(&self.partial, &self.path)
        };
        place(&mut self.file).with_context(|| format!("cannot write {}", self.path.display()))?;
        let name = self.path.file_name().unwrap_or_default();
        Ok(Part {
            file: name.to_string_lossy().into_owned(),
            start,
            end,
            bytes: self.bytes,
            sha256: hex(&self.hash.finalize()),
        })
    }
}

/// Refuses lines that are not objects: the server puts what goes wrong on the way behind what it has sent.
fn check_lines(piece: &[u8], start: &mut bool) -> anyhow::Result<()> {
    let mut rest = piece;
    while let Some((first, _)) = rest.split_first() {
        if *start && *first != b'{' && *first != b'\n' {
            let text: String = String::from_utf8_lossy(rest).chars().take(200).collect();
            bail!("the export holds what is not a series: {text:?}");
        }
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                *start = true;
                rest = &rest[end + 1..];
            }
            None => {
                *start = false;
                return Ok(());
            }
        }
    }
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_appears_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = PartWriter::create(folder.path(), "p.jsonl", Format::Jsonl).unwrap();
        writer.write(b"{\"a\":1}\n{\"b").unwrap();
        assert!(!folder.path().join("p.jsonl").exists());
        writer.write(b"\":2}\n").unwrap();
        let part = writer.finish(0, 9).unwrap();
        assert_eq!((part.bytes, part.file.as_str()), (16, "p.jsonl"));
        // By sha256sum.
        assert_eq!(
            part.sha256,
            "3881dc2ee848fe04d776737c86afbc783e482e7c5be6431d3aab36fa8fa2c928"
        );
        assert_eq!(
            fs::read(folder.path().join("p.jsonl")).unwrap(),
            b"{\"a\":1}\n{\"b\":2}\n"
        );
    }

    #[test]
    fn what_is_no_series_is_refused_wherever_it_is_cut() {
        let text = b"{\"a\":1}\ncannot read: oops\n";
        for cut in 0..text.len() {
            let mut start = true;
            let whole =
                check_lines(&text[..cut], &mut start).and_then(|()| check_lines(&text[cut..], &mut start));
            assert!(whole.is_err(), "{cut}");
        }
        let folder = tempfile::tempdir().unwrap();
        let mut writer = PartWriter::create(folder.path(), "p", Format::Jsonl).unwrap();
        writer.write(b"{\"a\":1}").unwrap();
        assert!(writer.finish(0, 1).is_err());
        assert!(!folder.path().join("p").exists());
    }
}
