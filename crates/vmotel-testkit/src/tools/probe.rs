//! Whether a file is a program we can use: asked of the program itself.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::{Tool, Version};

const POLL: Duration = Duration::from_millis(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What a program said about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// Which of the two versions its flags fit; `None` if they do not tell.
    pub(super) version: Option<Version>,
}

/// Runs the program's help and looks for what we need; the error says what is missing.
pub(super) fn probe(tool: Tool, path: &Path) -> Result<Capabilities, String> {
    let help = help_text(tool, path)?;
    let missing: Vec<&str> = tool
        .required()
        .iter()
        .copied()
        .filter(|flag| !mentions(&help, flag))
        .collect();
    if !missing.is_empty() {
        return Err(format!("{} lacks {}", path.display(), missing.join(", ")));
    }
    let version = tool.newer().map(|flag| {
        if mentions(&help, flag) {
            Version::Newest
        } else {
            Version::Stable
        }
    });
    Ok(Capabilities { version })
}

/// Looks for a flag or command as a whole word.
fn mentions(help: &str, word: &str) -> bool {
    help.match_indices(word).any(|(at, _)| {
        let before = help[..at].chars().next_back();
        let after = help[at + word.len()..].chars().next();
        before.is_none_or(|c| c.is_whitespace())
            && after.is_none_or(|c| c.is_whitespace() || c == '=' || c == ',')
    })
}

fn help_text(tool: Tool, path: &Path) -> Result<String, String> {
    let failed = |e: std::io::Error| format!("{} could not be run: {e}", path.display());
    let mut child = Command::new(path)
        .arg(tool.help())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    // VictoriaMetrics prints its help to stderr, some versions to stdout.
    let readers = [
        child
            .stdout
            .take()
            .map(|mut out| thread::spawn(move || read_all(&mut out))),
        child
            .stderr
            .take()
            .map(|mut err| thread::spawn(move || read_all(&mut err))),
    ];
    let mut ended = false;
    for _ in 0..ANSWER_WITHIN.as_millis() / POLL.as_millis() {
        if child.try_wait().map_err(failed)?.is_some() {
            ended = true;
            break;
        }
        thread::sleep(POLL);
    }
    if !ended {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!(
            "{} {} did not end within {ANSWER_WITHIN:?}",
            path.display(),
            tool.help()
        ));
    }
    Ok(readers
        .into_iter()
        .flatten()
        .filter_map(|reader| reader.join().ok())
        .collect())
}

fn read_all(from: &mut impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    let _ = from.take(4 * 1024 * 1024).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words() {
        let help = "  -rule.evalDelay duration\n  --config.file=\"x\"\ncheck metrics [<flags>]\n";
        for (word, expected) in [
            ("-rule.evalDelay", true),
            ("-rule", false),
            ("--config.file", true),
            ("check metrics", true),
            ("-config.file", false),
        ] {
            assert_eq!(mentions(help, word), expected, "{word}");
        }
    }

    #[test]
    fn other_programs_are_refused() {
        assert!(
            probe(Tool::VictoriaMetrics, Path::new("/bin/cat"))
                .unwrap_err()
                .contains("lacks -storageDataPath")
        );
        assert!(
            probe(Tool::VictoriaMetrics, Path::new("/nonexistent"))
                .unwrap_err()
                .contains("could not be run")
        );
    }
}
