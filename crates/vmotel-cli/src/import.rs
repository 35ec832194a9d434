//! `vmotel import`.

mod pieces;
mod state;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use vmotel_query::{CsvFormat, ImportFormat, ImportOptions, QueryClient};

use crate::archive::{Format, Manifest};
use crate::command::usage;
use crate::connect::{Server, pair};
use crate::export::progress;
use crate::times;
use pieces::Pieces;
use state::State;

/// Servers make their own metrics anew once a second.
const METRICS_AGE: Duration = Duration::from_millis(1100);

/// Stores samples from files, or from a folder that `export` made.
///
/// A folder is imported part by part, and what is done is noted in it: run again after an interruption, it goes on with the part that was
/// under way. The samples of that part may then be stored twice; queries do not show it, and -dedup.minScrapeInterval=1ms removes it.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// Folders, files, or `-` for standard input.
    #[arg(required = true)]
    sources: Vec<PathBuf>,
    /// The form [default: by the manifest or the file's ending].
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// CSV only: the columns before value and time, as in job,instance [default: by the manifest].
    #[arg(long, value_delimiter = ',')]
    labels: Vec<String>,
    /// CSV only: the name of the metric; a column `__name__` cannot carry it.
    #[arg(long)]
    metric: Option<String>,
    /// A label for every series, in place of its own of that name, as in restored=yes; may be repeated.
    #[arg(long = "extra-label", value_name = "NAME=VALUE", value_parser = pair)]
    extra_labels: Vec<(String, String)>,
    /// The time for one part or file.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = times::duration)]
    part_timeout: Duration,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = args.server.bulk_client(args.part_timeout)?;
    let bytes = runtime.block_on(async {
        let before = unparsable(&client).await;
        let mut bytes = 0;
        for source in &args.sources {
            bytes += one(args, &client, source).await?;
        }
        // Without a first reading there is nothing to compare.
        let Some(before) = before else { return Ok(bytes) };
        tokio::time::sleep(METRICS_AGE).await;
        if let Some(after) = unparsable(&client).await
            && after > before
        {
            bail!(
                "the server could not parse {} rows meanwhile; it answers with success all the same (vm_rows_invalid_total)",
                after - before
            );
        }
        anyhow::Ok(bytes)
    })?;
    let said = if bytes == 0 {
        "nothing to import: the sources are empty, or their parts were imported before (imported.json in their folder)".to_owned()
    } else {
        format!("{bytes} bytes imported; new samples are visible to queries after some seconds")
    };
    writeln!(std::io::stderr(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}

async fn one(args: &ImportArgs, client: &QueryClient, source: &Path) -> anyhow::Result<u64> {
    if source == Path::new("-") {
        let format = args
            .format
            .ok_or_else(|| usage("--format is needed for standard input".to_owned()))?;
        return send(args, client, Pieces::stdin(), format, &args.labels).await;
    }
    if source.is_dir() {
        return folder(args, client, source).await;
    }
    let format = args.format.or_else(|| Format::of_file(source)).ok_or_else(|| {
        usage(format!(
            "{}: the ending does not tell the form, expected --format",
            source.display()
        ))
    })?;
    send(args, client, Pieces::file(source)?, format, &args.labels).await
}

async fn folder(args: &ImportArgs, client: &QueryClient, folder: &Path) -> anyhow::Result<u64> {
    let Some(manifest) = Manifest::read(folder)? else {
        bail!(
            "{} has no manifest.json, expected a folder that `vmotel export` made",
            folder.display()
        );
    };
    if args.format.is_some_and(|format| format != manifest.format) {
        return Err(usage(format!(
            "--format differs from that of {}",
            folder.display()
        )));
    }
    let parts = manifest.complete(folder)?;
    let mut state = State::read(folder, &args.server.identity()?)?;
    let bar = progress(args.quiet, parts.len() as u64);
    let mut bytes = 0;
    for (part, path) in parts {
        if !state.is_done(part) {
            let pieces = Pieces::file(&path)?.checked(&part.sha256);
            bytes += send(args, client, pieces, manifest.format, &manifest.labels)
                .await
                .with_context(|| {
                    format!(
                        "{} is not imported; run the same command again to go on from there",
                        path.display()
                    )
                })?;
            state.done(part)?;
        }
        bar.inc(1);
        bar.set_message(indicatif::HumanBytes(bytes).to_string());
    }
    bar.finish_and_clear();
    Ok(bytes)
}

async fn send(
    args: &ImportArgs,
    client: &QueryClient,
    pieces: Pieces,
    format: Format,
    labels: &[String],
) -> anyhow::Result<u64> {
    let format = match format {
        Format::Jsonl => ImportFormat::JsonLines,
        Format::Text => ImportFormat::Text,
        Format::Native => ImportFormat::Native,
        Format::Csv => ImportFormat::Csv {
            format: CsvFormat::of_labels(labels.iter().cloned()),
            metric: args
                .metric
                .clone()
                .ok_or_else(|| usage("--metric is needed for CSV: the name of the metric".to_owned()))?,
        },
    };
    let options = ImportOptions {
        extra_labels: args.extra_labels.clone(),
        timeout: Some(args.part_timeout),
        ..ImportOptions::default()
    };
    Ok(client.import_raw(pieces, &format, &options).await?)
}

/// Returns how many rows the server could not parse so far; none where it does not tell.
async fn unparsable(client: &QueryClient) -> Option<u64> {
    let text = client.own_metrics().await.ok()?;
    let rows = text
        .lines()
        .filter(|line| line.starts_with("vm_rows_invalid_total{"));
    Some(
        rows.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum(),
    )
}
