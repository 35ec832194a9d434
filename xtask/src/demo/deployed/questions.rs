//! Whether what dashboards and alerts ask for is there.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use vmotel_deploy::Stack;
use vmotel_testkit::Version;

use super::{drill, running::Running};
use crate::step;

/// What 1.112 does not expose; the alert that asks for it has another way there.
const NEWER: [&str; 1] = ["vm_total_disk_space_bytes"];

const PATIENCE: Duration = Duration::from_secs(60);

/// How many of each returned data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) expressions: usize,
    pub(super) selectors: usize,
}

/// Asks every expression of the rendered dashboards and every selector of the alerts until it returns data.
pub(super) async fn ask(
    version: Version,
    running: &Running,
    stack: &Stack,
    folder: &Path,
) -> anyhow::Result<Asked> {
    let expressions = of_dashboards(&folder.join("grafana/dashboards"))?;
    let lacks = |selector: &String| {
        version == Version::Stable && NEWER.iter().any(|metric| selector.starts_with(metric))
    };
    let selectors: BTreeSet<String> = stack
        .alert_selectors()
        .into_iter()
        .filter(|selector| !lacks(selector))
        .collect();
    let mut empty: Vec<&str> = expressions.iter().chain(&selectors).map(String::as_str).collect();
    let begin = step::now();
    // Recorded series and counters that only just appeared may take a while.
    while !empty.is_empty() && begin.elapsed() < PATIENCE {
        let mut still = Vec::new();
        for text in empty {
            if !drill::has_data(running, text).await? {
                still.push(text);
            }
        }
        empty = still;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    ensure!(
        empty.is_empty(),
        "{} expressions return no data: {}",
        empty.len(),
        empty.join("; ")
    );
    Ok(Asked {
        expressions: expressions.len(),
        selectors: selectors.len(),
    })
}

/// Returns the expressions of the files of dashboards, with variables as Grafana fills them in.
fn of_dashboards(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut expressions = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let dashboard: Value = serde_json::from_str(&fs::read_to_string(&path)?)
            .with_context(|| format!("no JSON in {}", path.display()))?;
        let targets = dashboard["panels"].as_array().into_iter().flatten();
        for target in targets.flat_map(|panel| panel["targets"].as_array()).flatten() {
            let text = target["expr"]
                .as_str()
                .context("a target without an expression")?;
            expressions.insert(text.replace("$job", ".+").replace("$__rate_interval", "30s"));
        }
    }
    ensure!(!expressions.is_empty(), "no dashboard asks anything");
    Ok(expressions)
}
