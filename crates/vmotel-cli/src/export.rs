//! `vmotel export`.

mod plan;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use vmotel_query::{CsvFormat, Error, ExportFormat, ExportQuery, QueryClient, ReadOptions, Timestamp};

use crate::archive::{Format, Manifest, PartWriter};
use crate::command::usage;
use crate::connect::Server;
use crate::times::{self, When};

/// Copies stored samples to files, in parts by time; run again with the same folder, it goes on where it was interrupted.
///
/// Samples are exported as they are stored. The end is fixed when the export begins, so that going on later gives the same samples.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Selectors, as in '{job="api"}'; a series that fits one of them counts.
    #[arg(required = true)]
    selectors: Vec<String>,
    /// The folder for the parts and their manifest; `-` writes to standard output, in one go.
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,
    /// A range until now, as in 30d.
    #[arg(long, value_name = "DURATION", value_parser = times::duration, conflicts_with_all = ["start", "end"])]
    last: Option<Duration>,
    /// The beginning.
    #[arg(long, value_name = "TIME", value_parser = times::when, allow_hyphen_values = true, required_unless_present = "last")]
    start: Option<When>,
    /// The end [default: now].
    #[arg(long, value_name = "TIME", value_parser = times::when, allow_hyphen_values = true)]
    end: Option<When>,
    /// The form.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The columns of CSV besides value and time, as in __name__,job.
    #[arg(long, value_delimiter = ',', required_if_eq("format", "csv"))]
    labels: Vec<String>,
    /// The length of a part [default: a hundredth of the range, from an hour to a day].
    #[arg(long, value_name = "DURATION", value_parser = times::duration)]
    part: Option<Duration>,
    /// The time for one part.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = times::duration)]
    part_timeout: Duration,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = args.server.bulk_client(args.part_timeout)?;
    if args.output == Path::new("-") {
        runtime.block_on(to_stdout(args, &client))?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = &args.output;
    let mut manifest = plan::manifest(args, folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    manifest.write(folder)?;
    runtime.block_on(to_folder(args, &client, &mut manifest))?;
    let bytes: u64 = manifest.parts.iter().map(|part| part.bytes).sum();
    writeln!(
        std::io::stderr(),
        "{}: {} parts, {bytes} bytes, {} to {}",
        folder.display(),
        manifest.parts.len(),
        Timestamp::from_millis(manifest.start).to_rfc3339(),
        Timestamp::from_millis(manifest.end).to_rfc3339()
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn to_folder(args: &ExportArgs, client: &QueryClient, manifest: &mut Manifest) -> anyhow::Result<()> {
    let folder = &args.output;
    let missing = manifest.missing(folder);
    let windows = manifest.windows().len();
    let bar = progress(args.quiet, windows as u64);
    bar.set_position((windows - missing.len()) as u64);
    let mut bytes = 0;
    for (start, end) in missing {
        let name = manifest.file(start);
        let mut part = PartWriter::create(folder, &name, manifest.format)?;
        let again = || format!("part {name} is not complete; run the same command again to go on from there");
        let mut stream = open(client, args, manifest, (start, end))
            .await
            .with_context(again)?;
        while let Some(piece) = stream.next().await.with_context(again)? {
            bytes += piece.len() as u64;
            part.write(&piece).with_context(again)?;
            bar.set_message(indicatif::HumanBytes(bytes).to_string());
            bar.tick();
        }
        manifest.add(part.finish(start, end)?);
        manifest.write(folder)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

async fn to_stdout(args: &ExportArgs, client: &QueryClient) -> anyhow::Result<()> {
    let range = plan::range(args)?;
    let manifest = plan::fresh(args, range)?;
    let mut stream = open(client, args, &manifest, range).await?;
    let mut out = std::io::stdout().lock();
    while let Some(piece) = stream.next().await.context("what was written is not all")? {
        out.write_all(&piece)?;
    }
    out.flush()?;
    Ok(())
}

async fn open(
    client: &QueryClient,
    args: &ExportArgs,
    manifest: &Manifest,
    (start, end): (i64, i64),
) -> Result<vmotel_query::RawStream, Error> {
    let query = ExportQuery {
        selectors: manifest.selectors.clone(),
        start: Some(Timestamp::from_millis(start)),
        end: Some(Timestamp::from_millis(end)),
        options: ReadOptions {
            timeout: Some(args.part_timeout),
            ..ReadOptions::default()
        },
        ..ExportQuery::default()
    };
    let format = match manifest.format {
        Format::Jsonl => ExportFormat::JsonLines,
        Format::Text => ExportFormat::Text,
        Format::Native => ExportFormat::Native,
        Format::Csv => ExportFormat::Csv(CsvFormat::of_labels(manifest.labels.iter().cloned())),
    };
    client.export_raw(&query, &format).await
}

/// Shows how far it is, on a terminal only.
pub(crate) fn progress(quiet: bool, length: u64) -> ProgressBar {
    let target = if quiet {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(length), target);
    // The template is checked by a test.
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style);
    }
    bar
}

const TEMPLATE: &str = "{bar:30} {pos}/{len} parts  {msg}  {elapsed}, {eta} left";

impl ExportArgs {
    /// Returns the tenant as it stands in the manifest.
    fn tenant(&self) -> Option<String> {
        self.server.connection.tenant_text()
    }
}

fn differs(name: &str, old: &str, new: &str, folder: &Path) -> anyhow::Error {
    usage(format!(
        "{name} is {new}, but the export in {} has {old}; expected the same, or another folder",
        folder.display()
    ))
}

fn checked_labels(args: &ExportArgs) -> anyhow::Result<()> {
    if args.format != Format::Csv && !args.labels.is_empty() {
        return Err(usage("--labels is for --format csv only".to_owned()));
    }
    if args.selectors.iter().any(|selector| selector.trim().is_empty()) {
        bail!("a selector is empty, expected one as in '{{job=\"api\"}}'");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
