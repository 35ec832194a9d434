//! `cargo xtask demo`: an instrumented service, scraped into a real VictoriaMetrics, every number checked.
//!
//! ```text
//! plan --> load generator == HTTP ==> service --> exporter <-- vmagent --> victoria-metrics
//!   |                                                                            |
//!   +--> truth (plain atomics) -------------> compare <-------- vmotel-query ----+
//! ```
//!
//! The truth is kept by the load generator, which knows what it asked for and what was answered; no metrics code sees it.

mod backfill;
mod compare;
mod deployed;
mod expected;
mod exposed;
mod load;
mod plan;
mod procfs;
mod queries;
mod report;
mod service;
mod stack;
mod truth;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use vmotel_exporter::Engine;
use vmotel_testkit::Version;

use crate::step;

/// Runs an instrumented service against a real VictoriaMetrics and checks every stored number.
///
/// Starts victoria-metrics and vmagent, serves real HTTP requests, lets vmagent scrape the service, reads everything back
/// through vmotel-query and compares it with what the service did. Then a day of the same shape is imported and queried.
/// The exit status is not 0 if anything differs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// How many HTTP requests to send.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    requests: u64,
    /// How many requests are in flight at the same time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1000))]
    in_flight: u64,
    /// Which VictoriaMetrics: 1.112 (stable) or 1.145 (newest).
    #[arg(long, default_value = "1.112", value_parser = version)]
    version: Version,
    /// What adds up the measurements: the registry of vmotel (native), or the SDK of OpenTelemetry (sdk).
    #[arg(long, default_value = "native", value_parser = engine)]
    engine: Engine,
    /// Instead, run the rendered deployment as processes, have an alert fire and resolve, and ask all that its dashboards ask.
    #[arg(long, conflicts_with_all = ["requests", "in_flight", "json", "keep", "all"])]
    from_deploy: bool,
    /// Take the servers from this folder only, as with `VMOTEL_BIN_DIR`.
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<PathBuf>,
    /// Write all that was compared to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Leave the servers running at the end and print their addresses.
    #[arg(long)]
    keep: bool,
    /// Print every compared row, not only a part of the equal ones.
    #[arg(long)]
    all: bool,
}

fn version(text: &str) -> Result<Version, String> {
    match text {
        "1.112" | "stable" | "trixie" => Ok(Version::Stable),
        "1.145" | "newest" | "sid" => Ok(Version::Newest),
        _ => Err("expected 1.112 (stable) or 1.145 (newest)".to_owned()),
    }
}

fn engine(text: &str) -> Result<Engine, String> {
    match text {
        "sdk" => Ok(Engine::Sdk),
        "native" => Ok(Engine::Native),
        _ => Err("expected sdk or native".to_owned()),
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(dir) = args
        .bin_dir
        .as_ref()
        .filter(|_| std::env::var_os(stack::BIN_DIR).is_none())
    {
        // The finder reads the variable; a process sets it for its child, never for itself.
        let dir = dir
            .canonicalize()
            .with_context(|| format!("no folder {}", dir.display()))?;
        let mut again = step::xtask(&[])?;
        again.args(std::env::args_os().skip(1)).env(stack::BIN_DIR, dir);
        let status = again.status().context("cannot run the demo")?;
        return if status.success() {
            Ok(())
        } else {
            bail!("the demo failed ({status})")
        };
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start a runtime")?
        .block_on(async {
            if args.from_deploy {
                deployed::run(args.version).await
            } else {
                demo(args).await
            }
        })
}

async fn demo(args: &Args) -> anyhow::Result<()> {
    let begin = step::now();
    let progress = report::Progress::new();

    progress.stage("getting the tools");
    let version = args.version;
    let found = stack::blocking(move || stack::find(version)).await?;
    progress.stage("starting victoria-metrics");
    let storage = stack::blocking(move || stack::Storage::start(version)).await?;
    let services = service::Services::start(args.engine).await?;
    progress.stage("starting vmagent");
    let targets = services.targets();
    let agent_for = storage.url();
    let agent = stack::blocking(move || stack::start_agent(version, &targets, &agent_for)).await?;

    let truth = Arc::new(truth::Truth::new());
    let before = procfs::Reading::now()?;
    let load = load::run(args, &services, &truth, &progress).await?;
    progress.stage("waiting for the last scrape");
    storage.wait_for_scrape_after(step::wall_clock(), 2).await?;

    progress.stage("reading back");
    services.check_explorer().await?;
    let stored = storage.families().await?;
    let rows = compare::rows(&expected::series(&truth, &services), &stored);
    let process = procfs::check(&before, &procfs::Reading::now()?, &storage).await?;
    let quantiles = load::check_quantiles(&load, &storage).await?;

    progress.stage("importing a day of history");
    let history = Arc::new(backfill::History::generate(step::wall_clock()));
    let imported = backfill::import(&history, &storage).await?;
    progress.stage("running the queries");
    let queries = queries::check(&history, &storage).await?;
    let charts = report::charts(&history, &storage).await?;
    progress.done();

    let mut report = report::Report {
        version: found,
        equal: false,
        load,
        imported,
        rows,
        process,
        quantiles,
        queries,
        charts,
        seconds: begin.elapsed().as_secs_f64(),
    };
    let differences = report.differences();
    report.equal = differences == 0;
    report.print(args.all);
    if let Some(path) = &args.json {
        std::fs::write(path, report.json()?).with_context(|| format!("cannot write {}", path.display()))?;
        println!("written: {}", path.display());
    }
    if args.keep {
        services.print();
        storage.keep(agent);
        println!("Ctrl-C ends the service; the servers go on.");
        tokio::signal::ctrl_c().await.context("cannot wait for Ctrl-C")?;
        services.stop().await?;
    } else {
        services.stop().await?;
        stack::blocking(move || {
            drop((agent, storage));
            Ok(())
        })
        .await?;
    }
    if differences > 0 {
        bail!("{differences} of the compared rows differ");
    }
    Ok(())
}

/// How long the demo waits for anything that takes part in it.
const PATIENCE: Duration = Duration::from_secs(30);
