//! What an export is of, and which of its parts are complete.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::Format;

const FILE: &str = "manifest.json";
/// A reader of another version must not guess.
const VERSION: u32 = 1;

/// The manifest of a folder. Times are milliseconds since 1970, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) version: u32,
    pub(crate) selectors: Vec<String>,
    pub(crate) format: Format,
    /// The columns of CSV, besides value and time.
    #[serde(default)]
    pub(crate) labels: Vec<String>,
    /// The tenant, as on the command line; none of a single node.
    #[serde(default)]
    pub(crate) tenant: Option<String>,
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// The length of a part.
    pub(crate) part_millis: i64,
    /// The parts that are complete.
    pub(crate) parts: Vec<Part>,
}

/// A part that is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) file: String,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Manifest {
    pub(crate) fn new(selectors: Vec<String>, format: Format, range: (i64, i64), part_millis: i64) -> Self {
        Self {
            version: VERSION,
            selectors,
            format,
            labels: Vec::new(),
            tenant: None,
            start: range.0,
            end: range.1,
            part_millis,
            parts: Vec::new(),
        }
    }

    /// Reads the manifest of a folder; none if there is no folder, or nothing in it.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let manifest: Self =
            serde_json::from_str(&text).with_context(|| format!("{} is not a manifest", path.display()))?;
        if manifest.version != VERSION {
            bail!(
                "{} has version {}, expected {VERSION}",
                path.display(),
                manifest.version
            );
        }
        // The file names come from outside; a part lies in the folder and nowhere else.
        for part in &manifest.parts {
            if Path::new(&part.file)
                .file_name()
                .is_none_or(|name| name != part.file.as_str())
            {
                bail!(
                    "{} names the part {:?}, expected a file of the same folder",
                    path.display(),
                    part.file
                );
            }
        }
        if manifest.part_millis < 1 || manifest.end < manifest.start {
            bail!(
                "{} has no valid range, expected start before end and parts of at least 1 ms",
                path.display()
            );
        }
        Ok(Some(manifest))
    }

    /// Replaces the manifest of a folder; a reader sees the old one or the new one.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(FILE);
        let next = folder.join("manifest.json.next");
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&next)?;
            file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&next, &path)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Returns the ranges of all parts, in order, complete or not.
    pub(crate) fn windows(&self) -> Vec<(i64, i64)> {
        let mut windows = Vec::new();
        let mut start = self.start;
        while start <= self.end {
            let end = start.saturating_add(self.part_millis - 1).min(self.end);
            windows.push((start, end));
            start = end.saturating_add(1);
            if end == i64::MAX {
                break;
            }
        }
        windows
    }

    /// Returns the ranges that are still to be exported: not in the manifest, or without a file of the right size.
    pub(crate) fn missing(&self, folder: &Path) -> Vec<(i64, i64)> {
        let there: BTreeSet<(i64, i64)> = self
            .parts
            .iter()
            .filter(|part| size(&folder.join(&part.file)) == Some(part.bytes))
            .map(|part| (part.start, part.end))
            .collect();
        self.windows()
            .into_iter()
            .filter(|window| !there.contains(window))
            .collect()
    }

    /// Returns the file of a part.
    pub(crate) fn file(&self, start: i64) -> String {
        let number = (start - self.start) / self.part_millis + 1;
        format!("part-{number:06}.{}", self.format.ending())
    }

    /// Puts a complete part into the manifest, in order of time.
    pub(crate) fn add(&mut self, part: Part) {
        self.parts.retain(|other| other.start != part.start);
        let at = self.parts.partition_point(|other| other.start < part.start);
        self.parts.insert(at, part);
    }

    /// Returns the parts with their paths, once all are there.
    pub(crate) fn complete(&self, folder: &Path) -> anyhow::Result<Vec<(&Part, PathBuf)>> {
        let missing = self.missing(folder);
        if !missing.is_empty() {
            bail!(
                "{} of {} parts of {} are missing; finish the export first: run it again with the same folder",
                missing.len(),
                self.windows().len(),
                folder.display()
            );
        }
        Ok(self
            .parts
            .iter()
            .map(|part| (part, folder.join(&part.file)))
            .collect())
    }
}

fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|meta| meta.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(manifest: &Manifest, (start, end): (i64, i64), bytes: u64) -> Part {
        Part {
            file: manifest.file(start),
            start,
            end,
            bytes,
            sha256: String::new(),
        }
    }

    #[test]
    fn windows_cover_the_range_once() {
        let manifest = Manifest::new(Vec::new(), Format::Jsonl, (5, 24), 10);
        assert_eq!(manifest.windows(), [(5, 14), (15, 24)]);
        let manifest = Manifest::new(Vec::new(), Format::Jsonl, (5, 25), 10);
        assert_eq!(manifest.windows(), [(5, 14), (15, 24), (25, 25)]);
        assert_eq!(manifest.file(25), "part-000003.jsonl");
    }

    #[test]
    fn what_is_missing_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), None);
        let mut manifest = Manifest::new(vec!["m".to_owned()], Format::Jsonl, (0, 29), 10);
        for (window, bytes) in [((20, 29), 1), ((0, 9), 3)] {
            let part = part(&manifest, window, 3);
            fs::write(folder.path().join(&part.file), vec![b'x'; bytes]).unwrap();
            manifest.add(part);
        }
        manifest.write(folder.path()).unwrap();
        let read = Manifest::read(folder.path()).unwrap().unwrap();
        assert_eq!(read, manifest);
        assert_eq!(read.parts[0].start, 0);
        // The last one is shorter than it was.
        assert_eq!(read.missing(folder.path()), [(10, 19), (20, 29)]);
        let error = read.complete(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with("2 of 3 parts"), "{error}");
    }

    #[test]
    fn a_manifest_cannot_name_files_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::new(Vec::new(), Format::Jsonl, (0, 9), 10);
        let evil = Part {
            file: "../secret".to_owned(),
            ..part(&manifest, (0, 9), 1)
        };
        manifest.add(evil);
        manifest.write(folder.path()).unwrap();
        let error = Manifest::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("expected a file of the same folder"), "{error}");
    }
}
