//! What of a folder is imported already, by server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::archive::Part;

const FILE: &str = "imported.json";

/// The parts that are done, for one server; other servers' are kept.
#[derive(Debug)]
pub(super) struct State {
    path: PathBuf,
    server: String,
    /// By server: the hashes of the parts.
    done: BTreeMap<String, BTreeSet<String>>,
}

impl State {
    pub(super) fn read(folder: &Path, server: &str) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let done = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .with_context(|| format!("{} is damaged; remove it to import all again", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Self {
            path,
            server: server.to_owned(),
            done,
        })
    }

    pub(super) fn is_done(&self, part: &Part) -> bool {
        self.done
            .get(&self.server)
            .is_some_and(|parts| parts.contains(&id(part)))
    }

    pub(super) fn done(&mut self, part: &Part) -> anyhow::Result<()> {
        self.done.entry(self.server.clone()).or_default().insert(id(part));
        let next = self.path.with_extension("json.next");
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&next)?;
            file.write_all(serde_json::to_string_pretty(&self.done)?.as_bytes())?;
            file.sync_all()?;
            fs::rename(&next, &self.path)
        };
        write().with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn id(part: &Part) -> String {
    format!("{} {}", part.file, part.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let part = Part {
            file: "p".to_owned(),
            start: 0,
            end: 1,
            bytes: 2,
            sha256: "h".to_owned(),
        };
        State::read(folder.path(), "a").unwrap().done(&part).unwrap();
        assert!(State::read(folder.path(), "a").unwrap().is_done(&part));
        assert!(!State::read(folder.path(), "b").unwrap().is_done(&part));
        // Exported anew, it is another part.
        let other = Part {
            sha256: "i".to_owned(),
            ..part
        };
        assert!(!State::read(folder.path(), "a").unwrap().is_done(&other));
    }
}
