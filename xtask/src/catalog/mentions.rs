//! Where the texts of the repository name metrics, so that none names one that is not there.
//!
//! Names that come from the catalog change with it, and rendered files are compared with what is rendered. What is left are names that
//! somebody wrote: in documentation, examples, queries, and what the demo expects.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use anyhow::Context as _;
use proc_macro2::{TokenStream, TokenTree};
use vmotel_model::{Kind, Naming};

use super::Family;

/// Where names are looked for, and of which families; without one, of all.
const PLACES: &[(&str, Option<&str>)] = &[
    ("README.md", None),
    ("METRICS.md", None),
    ("crates/vmotel-instruments", None),
    ("crates/vmotel-cli/README.md", None),
    ("crates/vmotel-cli/src", None),
    ("crates/vmotel-exporter", Some("exporter")),
    ("examples", None),
    ("xtask/src", None),
];

/// Files with metrics of their own.
const OWN_METRICS: &[&str] = &[
    "examples/src/native_metrics.rs",
    "examples/src/typed_labels.rs",
    "xtask/src/catalog/tests.rs",
];

/// What parts of a histogram or summary are called.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// A name that is not in the catalog, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mention {
    /// Relative to the root.
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) name: String,
}

impl fmt::Display for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, name } = self;
        write!(
            f,
            "{file}:{line}: names the metric {name}, which is not in the catalog"
        )
    }
}

/// The names that a text may have.
#[derive(Debug, Default)]
struct Names {
    known: BTreeSet<String>,
    /// How names begin, such as `http_`, and the families that have such names.
    stems: BTreeMap<String, BTreeSet<&'static str>>,
    /// Words that begin like a metric and are none: labels and examples.
    others: BTreeSet<String>,
}

/// A word of a text, and the family whose names alone it could be; none if any.
#[derive(Debug)]
pub(super) struct Word {
    mention: Mention,
    family: Option<&'static str>,
}

/// Returns all words of the texts below a root that could be names of metrics.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<Word>> {
    let mut found = Vec::new();
    for (place, family) in PLACES {
        for path in files(&root.join(place))? {
            let file = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            if OWN_METRICS.contains(&file.as_str()) {
                continue;
            }
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
            let texts = if file.ends_with(".rs") {
                literals(&text).with_context(|| format!("cannot read {file} as Rust"))?
            } else {
                vec![(1, text)]
            };
            for (first, text) in texts {
                let names = words(&text).filter(|(_, word)| word.contains(['_', '.']));
                for (offset, word) in names {
                    found.push(Word {
                        mention: Mention {
                            file: file.clone(),
                            line: first + offset,
                            name: word.to_owned(),
                        },
                        family: *family,
                    });
                }
            }
        }
    }
    Ok(found)
}

/// Returns the words that name a metric which is not in the catalog. `reference` is the one of the last state: how its names begin,
/// names still begin.
pub(super) fn unknown(
    root: &Path,
    words: &[Word],
    families: &[Family],
    reference: &str,
) -> anyhow::Result<Vec<Mention>> {
    let all = names(root, families, reference)?;
    let begins = |word: &Word| {
        let name = word.mention.name.as_str();
        all.stems.iter().any(|(stem, of)| {
            word.family.is_none_or(|family| of.contains(family))
                && name.starts_with(stem.as_str())
                && name != stem.trim_end_matches('_')
        })
    };
    // One that ends with an underscore goes on in another literal.
    let is_known = |name: &str| name.ends_with('_') || all.known.contains(name) || all.others.contains(name);
    let unknown = words
        .iter()
        .filter(|word| begins(word) && !is_known(&word.mention.name));
    let mut unknown: Vec<Mention> = unknown.map(|word| word.mention.clone()).collect();
    unknown.sort();
    unknown.dedup();
    Ok(unknown)
}

fn names(root: &Path, families: &[Family], reference: &str) -> anyhow::Result<Names> {
    let mut names = Names::default();
    for family in families {
        for (def, exposed) in family.metrics.iter().zip(family.exposed()?) {
            for name in [exposed.as_str(), def.name] {
                names.stems.entry(stem(name)).or_default().insert(family.name);
            }
            if matches!(def.kind, Kind::Histogram | Kind::Summary) {
                names.known.extend(PARTS.map(|part| format!("{exposed}{part}")));
            }
            names.known.insert(exposed);
            names.known.insert(def.name.to_owned());
            let labels = def
                .labels
                .iter()
                .map(|label| Naming::default().label_name(label.name).into_owned());
            names.others.extend(labels);
            names
                .others
                .extend(def.labels.iter().map(|label| label.name.to_owned()));
        }
    }
    // A flag of the compiler, and a metric of the conventions that is none of ours.
    names
        .others
        .extend(["tokio_unstable", "db.client.operation.duration"].map(str::to_owned));
    // The first cell of a row of the reference is a name.
    let rows = reference
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let named = rows
        .map(|(name, _)| name)
        .filter(|name| !names.others.contains(*name));
    for name in named.filter(|name| name.contains('_')) {
        names.stems.entry(stem(name)).or_default();
    }
    for file in files(&root.join("examples/src"))? {
        names
            .others
            .extend(file.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    Ok(names)
}

/// Returns how a name begins: up to its first underscore or second dot; what the exporter tells of itself begins with its own name.
fn stem(name: &str) -> String {
    const OWN: &str = "vmotel_exporter_";
    if name.starts_with(OWN) {
        return OWN.to_owned();
    }
    if name.contains('.') {
        return name.split_inclusive('.').take(2).collect();
    }
    name.split_inclusive('_').next().unwrap_or(name).to_owned()
}

/// Returns the literals of a Rust source, documentation among them, with their lines.
fn literals(source: &str) -> anyhow::Result<Vec<(usize, String)>> {
    let tokens = TokenStream::from_str(source).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut found = Vec::new();
    collect(tokens, &mut found);
    Ok(found)
}

fn collect(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => {
                // `\n` in a text is no part of the word behind it.
                let text = literal.to_string().replace("\\n", "  ");
                found.push((literal.span().start().line, text));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Returns the words of a text that could be names, each with the number of its line, from 0.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().flat_map(|(line, text)| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '/' | '-' | '.');
        text.split(move |c| !is_name(c))
            .map(move |word| (line, word.trim_matches('.')))
    })
}

/// Returns the sources and texts below a path, sorted.
fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(path) else {
        return Ok(found);
    };
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot read {}", path.display()))?
            .path();
        let is_text = path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "md");
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if is_text {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
