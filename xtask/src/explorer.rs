//! `cargo xtask explorer`: the explorer's page in a headless Chromium, in three states, by day and night, on a desk and on a phone.

mod browser;
mod checks;
mod states;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use self::{
    browser::{Browser, Page, View},
    states::Service,
};

/// Opens the page of `vmotel-explorer` in a headless Chromium: a service at work, one under attack, one without metrics. Checks what
/// it shows, that the keyboard suffices, that a phone shows all of it, that nothing hostile runs, and that no other host is asked.
///
/// Needs `chromium-headless-shell` or `chromium`, in `VMOTEL_BIN_DIR` or on `PATH`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the screenshots go.
    #[arg(long, value_name = "DIR", default_value = "target/explorer")]
    screenshots: PathBuf,
}

/// How the page is looked at.
const VIEWS: [View; 4] = [
    View {
        name: "desk-light",
        width: 1280,
        height: 900,
        dark: false,
    },
    View {
        name: "desk-dark",
        width: 1280,
        height: 900,
        dark: true,
    },
    View {
        name: "phone-light",
        width: 390,
        height: 844,
        dark: false,
    },
    View {
        name: "phone-dark",
        width: 390,
        height: 844,
        dark: true,
    },
];

/// Runs the command; every state and view is looked at, the first that is wrong ends it.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    fs::create_dir_all(&args.screenshots)
        .with_context(|| format!("cannot make {}", args.screenshots.display()))?;
    let mut browser = Browser::start()?;
    let services = [Service::normal()?, Service::attacked()?, Service::empty()?];
    for service in &services {
        for view in &VIEWS {
            let mut page = browser.open(&service.url, view)?;
            look(&mut page, service, view, &args.screenshots)
                .with_context(|| format!("{} on {}", service.name, view.name))?;
        }
    }
    println!(
        "explorer: 3 states in {} views are right; screenshots in {}",
        VIEWS.len(),
        args.screenshots.display()
    );
    Ok(())
}

fn look(page: &mut Page<'_>, service: &Service, view: &View, folder: &Path) -> anyhow::Result<()> {
    checks::loaded(page)?;
    match service.name {
        "normal" => checks::normal(page)?,
        "attack" => checks::attack(page)?,
        _ => checks::empty(page)?,
    }
    checks::readable(page, view)?;
    let name = format!("{}-{}.png", service.name, view.name);
    fs::write(folder.join(&name), page.screenshot()?).with_context(|| format!("cannot write {name}"))?;
    checks::harmless(page, &service.origin)?;
    println!("{:<8} {:<12} right", service.name, view.name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "needs a Chromium, which is large"]
    fn the_page_is_right_in_a_browser() {
        let folder = tempfile::tempdir().unwrap();
        run(&Args {
            screenshots: folder.path().to_owned(),
        })
        .unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3 * VIEWS.len());
    }
}
