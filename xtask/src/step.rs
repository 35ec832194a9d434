//! Running other programs, each as a named step with its duration.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Instant, SystemTime},
};

use anyhow::{Context as _, bail};

/// Returns the root of the workspace, wherever the command was started.
pub(crate) fn workspace_root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// Returns cargo with these arguments, in the root of the workspace.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(workspace_root());
    command
}

/// Returns this program with these arguments.
pub(crate) fn xtask(args: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(env::current_exe().context("no path of the running program")?);
    command.args(args).current_dir(workspace_root());
    Ok(command)
}

/// Runs a program that writes to the terminal, and fails if it does.
pub(crate) fn run(name: &str, mut command: Command) -> anyhow::Result<()> {
    eprintln!("==> {name}: {}", text(&command));
    let begin = now();
    let status = command
        .status()
        .with_context(|| format!("cannot run `{}`", text(&command)))?;
    if !status.success() {
        bail!(
            "{name} failed ({status}); run it again alone with `{}`",
            text(&command)
        );
    }
    eprintln!("<== {name}: {:.1} s", begin.elapsed().as_secs_f64());
    Ok(())
}

/// Tells whether a program can be run and succeeds, without showing its output.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Returns the present moment.
#[expect(clippy::disallowed_methods, reason = "steps are timed in real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Returns the time that files are stamped with.
#[expect(clippy::disallowed_methods, reason = "compared with the times of files")]
pub(crate) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// Renders a command as it is typed, with the name of the program alone.
fn text(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy();
    let name = if name == "xtask" {
        "cargo xtask".into()
    } else {
        name
    };
    command.get_args().fold(name.into_owned(), |text, arg| {
        format!("{text} {}", arg.to_string_lossy())
    })
}
