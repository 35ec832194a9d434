//! Asking the targets that are down.

use std::time::Duration;

use super::page::kind_at;
use crate::doctor::reading::{Readings, Scraping, Target};

/// A scraper may have thousands of targets that are down.
const MAX_PROBES: usize = 5;
const WITHIN: Duration = Duration::from_secs(3);

/// Asks the first targets that are down, and their usual path, without credentials.
pub(super) async fn probe(readings: &mut Readings) {
    let mut left = MAX_PROBES;
    if let Some(Ok(agent)) = &mut readings.agent {
        for target in targets(&mut agent.scraping).take(left) {
            ask(target).await;
            left -= 1;
        }
    }
    if let Some(Ok(storage)) = &mut readings.storage {
        for target in targets(&mut storage.scraping).take(left) {
            ask(target).await;
        }
    }
}

fn targets(scraping: &mut Option<Scraping>) -> impl Iterator<Item = &mut Target> {
    let all = scraping
        .iter_mut()
        .flat_map(|scraping| scraping.targets.iter_mut());
    all.filter(|target| !target.up)
}

async fn ask(target: &mut Target) {
    let mut answer = kind_at(&target.url, WITHIN).await;
    if let Err(unread) = &mut answer
        && let Some(usual) = usual_path(&target.url)
        && let Ok(kind) = kind_at(&usual, WITHIN).await
    {
        unread.instead.push((usual, kind));
    }
    target.probe = Some(answer);
}

/// Returns the same address with the path `/metrics`, if it has another one.
fn usual_path(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_once('/')?;
    (path != "metrics").then(|| format!("{scheme}://{authority}/metrics"))
}

#[cfg(test)]
mod tests {
    use super::usual_path;

    #[test]
    fn knows_the_usual_path() {
        assert_eq!(
            usual_path("http://a:1/x?y=1").as_deref(),
            Some("http://a:1/metrics")
        );
        assert_eq!(usual_path("http://a:1/metrics"), None);
    }
}
