use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use vmotel_cli::deploy::{DEFAULTS, catalog, folder};
use vmotel_deploy::{Deployment, Stack};

use super::*;

/// What is appended to a name that is changed.
const ENDING: &str = "_renamed";

/// Returns the families with one metric under another name, and its old names: as it is exposed, and those of its instruments. It has
/// several where two families offer the same metric.
fn renamed(family: usize, metric: usize) -> (Vec<Family>, String, Vec<&'static str>) {
    let mut families = families();
    let exposed = |def: &MetricDef| def.exposed_name(Naming::default()).unwrap();
    let old = exposed(&families[family].metrics[metric]);
    let mut own = Vec::new();
    for def in families.iter_mut().flat_map(|family| &mut family.metrics) {
        if exposed(def) == old {
            own.push(def.name);
            let stem = def.name.strip_suffix("_total").unwrap_or(def.name);
            def.name = Box::leak(format!("{stem}{ENDING}").into_boxed_str());
        }
    }
    (families, old, own)
}

/// Tells whether a line has a name, or that of a part of it, as a word.
fn has(line: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    line.split(|c| !is_word(c)).any(|word| {
        let parts = ["_bucket", "_sum", "_count"].map(|part| word.strip_suffix(part));
        word == name || parts.contains(&Some(name))
    })
}

/// Every place in the repository where someone wrote the name of a metric is found once the metric is called otherwise.
#[test]
fn a_renamed_metric_fails_wherever_it_is_written() {
    let root = step::workspace_root();
    let reference = fs::read_to_string(root.join(REFERENCE)).unwrap();
    let words = mentions::read(&root).unwrap();
    assert_eq!(
        mentions::unknown(&root, &words, &families(), &reference).unwrap(),
        []
    );
    let texts = [
        "README.md",
        "METRICS.md",
        "crates/vmotel-instruments/README.md",
        "crates/vmotel-instruments/src/names.rs",
    ];
    let mut places = 0;
    for (family, known) in families().iter().enumerate() {
        for metric in 0..known.metrics.len() {
            let (families, old, own) = renamed(family, metric);
            let found = mentions::unknown(&root, &words, &families, &reference).unwrap();
            places += found.len();
            let strange: Vec<_> = found
                .iter()
                .filter(|mention| !has(&mention.name, &old) && !own.contains(&mention.name.as_str()))
                .collect();
            assert!(strange.is_empty(), "{old}: {strange:?}");
            let found: BTreeSet<_> = found
                .iter()
                .map(|mention| (mention.file.as_str(), mention.line))
                .collect();
            // Looked for in the plainest way, where no word but a name looks like one.
            for file in texts {
                let text = fs::read_to_string(root.join(file)).unwrap();
                for (at, line) in text.lines().enumerate().filter(|(_, line)| has(line, &old)) {
                    assert!(found.contains(&(file, at + 1)), "{file}:{}: {line}", at + 1);
                }
            }
            assert_ne!(
                reference,
                reference::render(&families).unwrap(),
                "{old} in the reference"
            );
        }
    }
    assert!(places > 100, "{places} places");
}

/// Every rendered file that shows or asks for a metric differs from what is rendered once the metric is called otherwise.
#[test]
fn a_renamed_metric_fails_in_dashboards_rules_and_their_tests() {
    let folder = DEFAULTS[0].path(&step::workspace_root());
    let files = rendered_files(&folder);
    let known = catalog(false).unwrap();
    let mut uses = 0;
    for (index, metric) in known.metrics.iter().enumerate() {
        let new = format!("{}{ENDING}", metric.name);
        let mut catalog = known.clone();
        catalog.metrics[index].name.clone_from(&new);
        let signals = &mut catalog.signals;
        for signal in [
            &mut signals.requests,
            &mut signals.duration,
            &mut signals.memory,
            &mut signals.users,
            &mut signals.dropped_series,
            &mut signals.scrape_errors,
            &mut signals.folded_values,
            &mut signals.folded_sets,
            &mut signals.source_up,
            &mut signals.callback_panics,
            &mut signals.open_fds,
            &mut signals.max_fds,
            &mut signals.cache_hits,
            &mut signals.cache_misses,
            &mut signals.pool_timeouts,
            &mut signals.pool_pending,
            &mut signals.runtime_busy,
            &mut signals.runtime_workers,
        ] {
            if signal.as_ref() == Some(&metric.name) {
                *signal = Some(new.clone());
            }
        }
        let tree = Stack::new(Deployment::default(), catalog)
            .unwrap()
            .compose()
            .unwrap();
        let error = folder::compare(&tree, &folder).unwrap_err().to_string();
        for (file, text) in &files {
            // Servers have some of the same metrics; theirs stay.
            let rendered = tree
                .files()
                .find(|(path, _)| path == file)
                .map_or("", |(_, text)| text);
            let goes = text.lines().filter(|line| has(line, &metric.name)).count();
            let stays = rendered.lines().filter(|line| has(line, &metric.name)).count();
            if goes > stays {
                uses += 1;
                assert!(
                    error.contains(file.as_str()),
                    "{}: {file} is not in {error}",
                    metric.name
                );
            }
        }
        assert!(error.contains("dashboards"), "{}: {error}", metric.name);
    }
    assert!(uses > known.metrics.len(), "{uses} files");
}

fn rendered_files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.push((name, text));
            }
        }
    }
    found
}

/// The same with the real commands: a copy of the workspace in which one metric of each family has another name.
#[test]
#[ignore = "builds the workspace once more"]
fn a_copy_with_renamed_metrics_fails_its_checks() {
    let root = step::workspace_root();
    // Always the same place, so that what is built there is built again only where it changed.
    let copy = root.join("target/renamed");
    let _ = fs::remove_dir_all(&copy);
    copy_sources(&root, &copy);
    let mut olds = Vec::new();
    for family in 0..families().len() {
        let (all, old, own) = renamed(family, 0);
        let before = own[0];
        let after = all[family].metrics[0].name;
        let mut replaced = 0;
        for source in [
            "crates/vmotel-instruments/src/names.rs",
            "crates/vmotel-exporter/src/self_metrics/catalog.rs",
        ] {
            let path = copy.join(source);
            let text = fs::read_to_string(&path).unwrap();
            replaced += text.matches(&format!("\"{before}\"")).count();
            fs::write(
                &path,
                text.replace(&format!("\"{before}\""), &format!("\"{after}\"")),
            )
            .unwrap();
        }
        assert_eq!(replaced, 1, "{before} is defined once");
        olds.push(old);
    }
    let run = |arguments: &[&str]| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let output = cargo
            .args(["run", "--quiet", "--package", "xtask", "--"])
            .args(arguments)
            .current_dir(&copy)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .output()
            .unwrap();
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!output.status.success(), "{arguments:?} passes: {text}");
        text
    };
    let catalog = run(&["catalog", "--check"]);
    for old in &olds {
        let line = |line: &&str| line.starts_with("failure: METRICS.md:") && has(line, old);
        assert!(
            catalog.lines().any(|text| line(&text)),
            "{old} in the reference: {catalog}"
        );
    }
    for place in [
        "README.md",
        "crates/vmotel-instruments/README.md",
        "examples/src/",
        "xtask/src/demo/",
    ] {
        assert!(
            catalog.contains(&format!("failure: {place}")),
            "{place}: {catalog}"
        );
    }
    assert!(
        catalog.contains("METRICS.md is not as the catalog has it"),
        "{catalog}"
    );
    let deploy = run(&["deploy", "check"]);
    for file in [
        "vmalert/application.yml",
        "grafana/dashboards/vmotel-business.json",
    ] {
        assert!(deploy.contains(file), "{file}: {deploy}");
    }
    fs::remove_dir_all(&copy).unwrap();
}

fn copy_sources(from: &Path, to: &Path) {
    let skip = ["target", ".git"];
    let mut folders: Vec<PathBuf> = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        fs::create_dir_all(to.join(&folder)).unwrap();
        for entry in fs::read_dir(from.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if skip.iter().any(|skip| entry.file_name() == *skip) {
            } else if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                fs::copy(entry.path(), to.join(path)).unwrap();
            }
        }
    }
}
