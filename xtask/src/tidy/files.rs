//! Source files: size, header, names, and words that have no place in a public repository.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::Findings;

/// Code lines from which a file is worth another look.
const WARN_LINES: usize = 250;

/// Code lines beyond which a file is split, or says why not in a line `//! Size: ...`.
const MAX_LINES: usize = 400;

/// Folders of the workspace that hold its files.
const FOLDERS: &[&str] = &["crates", "xtask", "examples", "benches", "deploy"];

/// Parts of file names that say nothing about what is in the file.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

/// How a path on one person's machine begins.
const MACHINE_PATHS: &[&str] = &["/home/", "/Users/", "/root/", r"C:\Users\"];

pub(super) fn check(root: &Path, findings: &mut Findings) -> anyhow::Result<()> {
    let own = own_folder(root);
    for (name, path) in files(root)? {
        let Ok(text) = fs::read_to_string(&path) else {
            continue; // Not text.
        };
        check_words(&name, &text, own.as_deref(), findings);
        if path.extension().is_some_and(|extension| extension == "rs") {
            check_source(&name, &text, findings);
        }
    }
    Ok(())
}

/// Returns the source files with their code lines, largest first.
pub(super) fn sizes(root: &Path) -> anyhow::Result<Vec<(usize, String)>> {
    let mut sizes = Vec::new();
    for (name, path) in files(root)? {
        if name.ends_with(".rs") && !is_test(&name) {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
            sizes.push((code_lines(&text), name));
        }
    }
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    Ok(sizes)
}

fn check_source(name: &str, text: &str, findings: &mut Findings) {
    let stem = name.rsplit('/').next().unwrap_or(name).trim_end_matches(".rs");
    if stem == "mod" {
        findings.fail(format!("{name}: write the module as x.rs beside the folder x/"));
    }
    if EMPTY_NAMES.contains(&stem) {
        findings.fail(format!("{name}: name the file by what is in it, not `{stem}`"));
    }
    if is_test(name) {
        return;
    }
    if !text
        .lines()
        .any(|line| line.starts_with("//!") || line.starts_with("#![doc = "))
    {
        findings.fail(format!("{name}: no `//!` line that says what the file holds"));
    }
    let lines = code_lines(text);
    let excused = text.lines().any(|line| line.starts_with("//! Size:"));
    if lines > MAX_LINES && !excused {
        findings.fail(format!(
            "{name}: {lines} code lines, more than {MAX_LINES}; split it, or say why not in a line `//! Size: ...`"
        ));
    } else if lines > WARN_LINES && !excused {
        findings.warn(format!("{name}: {lines} code lines, more than {WARN_LINES}"));
    }
}

fn check_words(name: &str, text: &str, own: Option<&str>, findings: &mut Findings) {
    // The list itself, and data in which such paths are what is tested.
    if name == "xtask/src/tidy/files.rs" || name.contains("/tests/data/") {
        return;
    }
    for (number, line) in text.lines().enumerate() {
        for word in MACHINE_PATHS.iter().copied().chain(own) {
            if line.contains(word) {
                findings.fail(format!("{name}:{}: a path of one machine, `{word}`", number + 1));
            }
        }
    }
}

/// Returns the folder that the clone lies in, unless it is one that any text may name.
fn own_folder(root: &Path) -> Option<String> {
    let parent = root.parent()?;
    (parent.components().count() > 2).then(|| parent.to_string_lossy().into_owned())
}

fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs")
}

/// Counts the lines that hold code: without blank lines, comments and the unit tests at the end of the file.
fn code_lines(text: &str) -> usize {
    let mut lines = text.lines().map(str::trim).peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let tests = line.starts_with("#[cfg(") && line.contains("test");
        if tests
            && lines
                .peek()
                .is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'))
        {
            break;
        }
        if !line.is_empty() && !line.starts_with("//") {
            count += 1;
        }
    }
    count
}

/// Returns the files of the workspace as name relative to the root and path, in the order of the names.
fn files(root: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    folders.retain(|folder| folder.is_dir());
    for entry in fs::read_dir(root).context("cannot read the root of the workspace")? {
        let path = entry?.path();
        if path.is_file()
            && path
                .file_name()
                .is_some_and(|name| name != "Cargo.lock" && name != ".git")
        {
            found.push(path);
        }
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            let skip = ["target", ".git", "corpus", "artifacts"];
            if path.is_dir() {
                if path
                    .file_name()
                    .is_some_and(|name| !skip.iter().any(|skip| name == *skip))
                {
                    folders.push(path);
                }
            } else {
                found.push(path);
            }
        }
    }
    let mut found: Vec<_> = found
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            (name, path)
        })
        .collect();
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_code_without_comments_and_unit_tests() {
        let text = "//! Doc.\n\nuse a;\n// why\nfn f() {\n}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
        assert_eq!(code_lines(text), 3);
        assert_eq!(code_lines("#[cfg(test)]\nmod tests;\nfn f() {}\n"), 3);
    }

    #[test]
    fn finds_what_is_wrong_with_a_file() {
        let check = |name: &str, text: &str| {
            let mut findings = Findings::default();
            check_source(name, text, &mut findings);
            check_words(name, text, None, &mut findings);
            (findings.failures.len(), findings.warnings.len())
        };
        assert_eq!(check("a/src/x.rs", "//! Doc.\nfn f() {}\n"), (0, 0));
        assert_eq!(check("a/src/x.rs", "fn f() {}\n"), (1, 0));
        assert_eq!(check("a/src/x/mod.rs", "//! Doc.\n"), (1, 0));
        assert_eq!(check("a/src/utils.rs", "//! Doc.\n"), (1, 0));
        assert_eq!(check("a/src/x.rs", "//! See /home/me/notes.\n"), (1, 0));
        let long = |lines: usize| format!("//! Doc.\n{}", "x();\n".repeat(lines));
        assert_eq!(check("a/src/x.rs", &long(250)), (0, 0));
        assert_eq!(check("a/src/x.rs", &long(251)), (0, 1));
        assert_eq!(check("a/src/x.rs", &long(401)), (1, 0));
        assert_eq!(
            check("a/src/x.rs", &format!("//! Size: a table.\n{}", long(401))),
            (0, 0)
        );
        assert_eq!(check("a/tests/it/x.rs", "fn f() {}\n"), (0, 0));
        assert_eq!(check("a/tests/it/x.rs", &long(401)), (0, 0));
    }
}
