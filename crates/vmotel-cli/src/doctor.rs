//! `vmotel doctor`.

mod text;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use vmotel_query::doctor::{DoctorConfig, Endpoint, Report, Severity, examine};

use crate::command::usage;
use crate::connect::{Connection, Unchecked};
use crate::style::Color;
use crate::{out, times};

/// The statuses for what was found.
const WARNING: u8 = 3;
const CRITICAL: u8 = 4;

/// Examines an app, vmagent, VictoriaMetrics and vmalert: what is wrong, with numbers, and how it is mended.
///
/// It only reads. Give as many of the addresses as you can: many checks compare two of them.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// The app: the address of its metrics, or of its server; then they are at /metrics.
    #[arg(long, env = "VMOTEL_APP_URL", hide_env_values = true)]
    app: Option<Unchecked>,
    /// vmagent, whose default port is 8429.
    #[arg(long, env = "VMOTEL_VMAGENT_URL", hide_env_values = true)]
    vmagent: Option<Unchecked>,
    /// VictoriaMetrics, whose default port is 8428.
    #[arg(long, env = "VMOTEL_URL", hide_env_values = true)]
    vm: Option<Unchecked>,
    /// vmalert, whose default port is 8880.
    #[arg(long, env = "VMOTEL_VMALERT_URL", hide_env_values = true)]
    vmalert: Option<Unchecked>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Also list the checks that found nothing, and those that could not be made.
    #[arg(long, short)]
    verbose: bool,
    /// The time between the two readings that tell what grows.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = times::duration)]
    pause: Duration,
    /// Ask no address but those given: neither targets that are down nor other ports of an app that does not answer.
    #[arg(long)]
    no_probe: bool,
    /// When to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let config = config(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(examine(&config))?;
    let text = if args.json {
        format!("{:#}\n", to_json(&report))
    } else {
        text::render(&report, args.verbose, args.color.style(), out::width())
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(match report.worst() {
        Some(Severity::Critical) => ExitCode::from(CRITICAL),
        Some(Severity::Warning) => ExitCode::from(WARNING),
        _ => ExitCode::SUCCESS,
    })
}

fn config(args: &DoctorArgs) -> anyhow::Result<DoctorConfig> {
    let connection = &args.connection;
    // Each server gets its own credentials alone.
    let endpoint =
        |option: &str, url: &Option<Unchecked>, prefix: &str| -> anyhow::Result<Option<Endpoint>> {
            let Some(url) = url else { return Ok(None) };
            let url = url.address(option)?;
            let http = if prefix == "VMOTEL" {
                connection.config(prefix)?
            } else {
                connection.config_without_headers(prefix)?
            };
            let mut endpoint = Endpoint::new(url);
            endpoint.http = http;
            Ok(Some(endpoint))
        };
    let config = DoctorConfig {
        app: endpoint("--app", &args.app, "VMOTEL_APP")?,
        vmagent: endpoint("--vmagent", &args.vmagent, "VMOTEL_VMAGENT")?,
        vm: endpoint("--vm", &args.vm, "VMOTEL")?,
        vmalert: endpoint("--vmalert", &args.vmalert, "VMOTEL_VMALERT")?,
        tenant: connection.tenant(),
        pause: args.pause,
        probe: !args.no_probe,
    };
    if config.app.is_none() && config.vmagent.is_none() && config.vm.is_none() && config.vmalert.is_none() {
        return Err(usage(
            "nothing to examine, expected at least one of --app, --vmagent, --vm, --vmalert".to_owned(),
        ));
    }
    Ok(config)
}

fn to_json(report: &Report) -> serde_json::Value {
    json!({
        "worst": report.worst(),
        "critical": report.count(Severity::Critical),
        "warnings": report.count(Severity::Warning),
        "notes": report.count(Severity::Note),
        "checks": report.checks,
    })
}
