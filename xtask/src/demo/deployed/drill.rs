//! The drill: half of the orders fail, the alert fires and reaches people; they succeed again, and it resolves.

use std::{future::Future, time::Duration};

use anyhow::{Context as _, bail, ensure};
use vmotel_query::InstantQuery;
use vmotel_testkit::{Answer, request};

use super::{running::Running, webhook::Webhook};
use crate::{demo::stack::blocking, step};

const ALERT: &str = "HighErrorRate";
/// A minute would do; a loaded machine may need more.
const PATIENCE: Duration = Duration::from_secs(240);
const PAUSE: Duration = Duration::from_millis(200);

/// A drill whose alert fires.
#[derive(Debug)]
pub(super) struct Drill(());

/// Waits until all targets are up, makes orders fail, and follows the alert to the webhook.
pub(super) async fn run(running: &Running, webhook: &Webhook) -> anyhow::Result<Drill> {
    let begin = step::now();
    for name in running.names() {
        let up = format!("up{{job=\"{name}\"}} == 1");
        until(&format!("{name} is scraped"), || has_data(running, &up)).await?;
    }
    println!("all targets are up after {:.0} s", begin.elapsed().as_secs_f64());
    refusals(running).await?;
    ensure!(
        !webhook.was_told(ALERT, "firing"),
        "{ALERT} fired before anything failed"
    );

    let begin = step::now();
    mood(running, "0.5").await?;
    until("the webhook is told that it fires", async || {
        Ok(webhook.was_told(ALERT, "firing"))
    })
    .await?;
    println!(
        "{ALERT} reached the webhook {:.0} s after orders began to fail",
        begin.elapsed().as_secs_f64()
    );
    let alerts = ask(&running.address("alertmanager", 9093)?, "GET", "/api/v2/alerts").await?;
    ensure!(
        alerts.text().contains(ALERT),
        "the Alertmanager does not list {ALERT}"
    );
    // The state that vmalert stores, and its API through the storage and vmauth.
    let state = format!("ALERTS{{alertname=\"{ALERT}\", alertstate=\"firing\"}}");
    until("the state of the alert is stored", || has_data(running, &state)).await?;
    until("the heartbeat arrives", async || {
        Ok(webhook.was_told("Watchdog", "firing"))
    })
    .await?;
    // What is not there is noticed too.
    for name in &running.absent {
        let down = format!("ALERTS{{alertname=\"TargetDown\", alertstate=\"firing\", job=\"{name}\"}}");
        until(&format!("{name} is reported as down"), || {
            has_data(running, &down)
        })
        .await?;
    }
    Ok(Drill(()))
}

impl Drill {
    /// Lets orders succeed again and waits until the webhook is told so.
    pub(super) async fn resolve(self, running: &Running, webhook: &Webhook) -> anyhow::Result<()> {
        let begin = step::now();
        mood(running, "0").await?;
        until("the webhook is told that it is resolved", async || {
            Ok(webhook.was_told(ALERT, "resolved"))
        })
        .await?;
        println!(
            "{ALERT} was resolved {:.0} s after orders succeeded again",
            begin.elapsed().as_secs_f64()
        );
        println!("the webhook was told: {}", webhook.summary());
        Ok(())
    }
}

/// What must be refused: everything without a password, and administration with the password of a reader or without its key.
async fn refusals(running: &Running) -> anyhow::Result<()> {
    const DELETE: &str = "/api/v1/admin/tsdb/delete_series?match[]=up";
    let storage = running.address("victoria-metrics", 8428)?;
    let proxy = running.address("vmauth", 8427)?;
    for (what, address, target) in [
        ("a query without a password", &proxy, "/api/v1/query?query=up"),
        ("deleting through the proxy", &proxy, DELETE),
        ("deleting without the key", &storage, DELETE),
        ("a snapshot without the key", &storage, "/snapshot/create"),
    ] {
        let answer = ask(address, "POST", target).await?;
        ensure!(
            (400..500).contains(&answer.status),
            "{what} was answered with {}",
            answer.status
        );
    }
    let delete = format!("up{{job=\"{}\"}}", "vmauth");
    ensure!(has_data(running, &delete).await?, "series are gone");
    Ok(())
}

async fn mood(running: &Running, share: &str) -> anyhow::Result<()> {
    let answer = ask(&running.address("app", 9464)?, "POST", &format!("/mood/{share}")).await?;
    ensure!(answer.status == 204, "the shop answered {}", answer.status);
    Ok(())
}

async fn ask(address: &str, method: &'static str, target: &str) -> anyhow::Result<Answer> {
    let (address, target) = (address.to_owned(), target.to_owned());
    blocking(move || Ok(request(&address, method, &target, &[], &[])?)).await
}

/// Tells whether an expression returns data now, asked through vmauth.
pub(super) async fn has_data(running: &Running, expression: &str) -> anyhow::Result<bool> {
    let answer = running.client().query(&InstantQuery::new(expression)).await?;
    let series = answer.complete()?.into_vector().context("no vector")?;
    Ok(!series.is_empty())
}

/// Repeats a question until the answer is yes.
pub(super) async fn until<F: Future<Output = anyhow::Result<bool>>>(
    what: &str,
    ask: impl Fn() -> F,
) -> anyhow::Result<()> {
    let begin = step::now();
    while !ask().await? {
        if begin.elapsed() > PATIENCE {
            bail!("not within {PATIENCE:?}: {what}");
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
