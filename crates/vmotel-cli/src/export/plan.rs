//! What is exported: a new range, or the one of a manifest.

use std::path::Path;

use super::{ExportArgs, checked_labels, differs};
use crate::archive::Manifest;
use crate::command::usage;
use crate::times::{self, When};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 86_400_000;
/// Parts of a range, where nobody chose their length.
const PARTS: i64 = 100;

/// Returns the manifest of the folder if it is of the same export, else a new one.
pub(super) fn manifest(args: &ExportArgs, folder: &Path) -> anyhow::Result<Manifest> {
    checked_labels(args)?;
    let Some(manifest) = Manifest::read(folder)? else {
        return fresh(args, range(args)?);
    };
    let check = |name: &str, old: &str, new: &str| {
        if old == new {
            Ok(())
        } else {
            Err(differs(name, old, new, folder))
        }
    };
    check(
        "the list of selectors",
        &manifest.selectors.join(" "),
        &args.selectors.join(" "),
    )?;
    check("--format", manifest.format.ending(), args.format.ending())?;
    check("--labels", &manifest.labels.join(","), &args.labels.join(","))?;
    let tenant = |tenant: &Option<String>| tenant.clone().unwrap_or_else(|| "none".to_owned());
    check("--tenant", &tenant(&manifest.tenant), &tenant(&args.tenant()))?;
    // Times that move with the clock are those of the first run.
    for (name, old, new) in [
        ("--start", manifest.start, args.start),
        ("--end", manifest.end, args.end),
    ] {
        if let Some(When::At(new)) = new {
            check(name, &format!("{old} ms"), &format!("{new} ms"))?;
        }
    }
    if let Some(part) = args.part {
        let new = i64::try_from(part.as_millis())?;
        check(
            "--part",
            &format!("{} ms", manifest.part_millis),
            &format!("{new} ms"),
        )?;
    }
    Ok(manifest)
}

/// Returns a manifest without parts.
pub(super) fn fresh(args: &ExportArgs, range: (i64, i64)) -> anyhow::Result<Manifest> {
    checked_labels(args)?;
    let part = match args.part {
        Some(part) => i64::try_from(part.as_millis())?,
        None => ((range.1 - range.0) / PARTS).clamp(HOUR, DAY),
    };
    let mut manifest = Manifest::new(args.selectors.clone(), args.format, range, part);
    manifest.labels.clone_from(&args.labels);
    manifest.tenant = args.tenant();
    Ok(manifest)
}

/// Returns the first and the last millisecond.
pub(super) fn range(args: &ExportArgs) -> anyhow::Result<(i64, i64)> {
    let now = times::now();
    let end = args
        .end
        .unwrap_or(When::Ago(std::time::Duration::ZERO))
        .resolve(now)
        .as_millis();
    let start = match (args.last, args.start) {
        (Some(last), _) => end - i64::try_from(last.as_millis())?,
        (None, Some(start)) => start.resolve(now).as_millis(),
        (None, None) => {
            return Err(usage(
                "there is no beginning, expected --last or --start".to_owned(),
            ));
        }
    };
    if start > end {
        return Err(usage(format!(
            "--start is {start} ms, expected a time before the end, {end} ms"
        )));
    }
    Ok((start, end))
}
