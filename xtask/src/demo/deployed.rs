//! `cargo xtask demo --from-deploy`: the rendered deployment, alive.
//!
//! ```text
//! values -> rendered folder -> docker-compose config -> processes on loopback
//! customers ==> shop <-- vmagent --> victoria-metrics <-- vmalert --> alertmanager --> webhook
//! ```
//!
//! Every process gets the flags and files of the compose file as compose itself reads it; only hosts, ports and folders are mapped to
//! this machine. Containers, networks and Grafana are what it does not have.

mod compose;
mod drill;
mod layout;
mod questions;
mod running;
mod webhook;

use std::path::Path;

use anyhow::Context as _;
use vmotel_deploy::Deployment;
use vmotel_testkit::Version;

use crate::{demo::stack::blocking, deploy, step};

/// How much faster than in production the rules look and wait.
const TIME_SCALE: f64 = 0.02;

/// Renders the deployment into a folder of its own, runs it, and has an alert fire and resolve.
pub(super) async fn run(version: Version) -> anyhow::Result<()> {
    let begin = step::now();
    let webhook = webhook::Webhook::start().await?;
    let values = values(&webhook.url());
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let deployment = folder.path().join("deploy");
    let stack = deploy::stack_of(values.clone())?;
    deploy::write(&stack, &deployment)?;

    println!(
        "building the service of the compose file: cargo build --locked {}",
        arguments(&values)
    );
    let service = blocking(move || build(&values)).await?;
    let parts = compose::read(version, &deployment)?;
    let (work, at) = (folder.path().to_path_buf(), deployment.clone());
    let running =
        blocking(move || running::Running::start(version, &parts, &at, &work.join("work"), &service)).await?;
    running.print();

    let drill = drill::run(&running, &webhook).await?;
    let asked = questions::ask(version, &running, &stack, &deployment).await?;
    drill.resolve(&running, &webhook).await?;
    println!(
        "{} with {} expressions of dashboards and {} selectors of alerts that return data, in {:.0} s",
        version.tested(),
        asked.expressions,
        asked.selectors,
        begin.elapsed().as_secs_f64()
    );
    blocking(move || {
        drop(running);
        Ok(())
    })
    .await
}

/// The default deployment with scrapes every second, quick rules, and somewhere to send notifications.
fn values(webhook: &str) -> Deployment {
    let mut values = Deployment::default();
    values.scraping.interval = vmotel_deploy::Span::seconds(1);
    values.scraping.timeout = vmotel_deploy::Span::seconds(1);
    values.thresholds.time_scale = TIME_SCALE;
    values.alerting.webhook = Some(webhook.to_owned());
    values.alerting.heartbeat = Some(webhook.to_owned());
    // A budget that cannot burn, as a critical alert about it would mute `HighErrorRate`.
    values.slo.objective = 0.5;
    values
}

fn arguments(values: &Deployment) -> &str {
    values
        .application
        .build
        .as_ref()
        .map_or("", |build| build.cargo_arguments.as_str())
}

/// Builds the application by the command of its Dockerfile, without `--release`, and returns its program.
fn build(values: &Deployment) -> anyhow::Result<std::path::PathBuf> {
    let build = values
        .application
        .build
        .as_ref()
        .context("the application is not built here")?;
    let mut cargo = step::cargo(&["build", "--quiet", "--locked"]);
    cargo.args(build.cargo_arguments.split(' '));
    step::run("service", cargo)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || step::workspace_root().join("target"),
        |target| step::workspace_root().join(target),
    );
    let program = target.join("debug").join(Path::new(&build.binary));
    anyhow::ensure!(program.exists(), "cargo made no {}", program.display());
    Ok(program)
}

#[cfg(test)]
mod tests;
