//! The command against real servers.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod command;
mod deploy;
mod doctor;
mod query;
mod transfer;

use std::process::{Command, Output};
use std::thread;

use vmotel_testkit::Version;

/// Returns the command, without what the environment of the test might set.
fn vmotel() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmotel"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VMOTEL_") {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1").env_remove("COLUMNS");
    command
}

/// Runs the command with arguments.
fn run(args: &[&str]) -> Output {
    vmotel().args(args).output().expect("the command can be run")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("the output is text")
}

/// Runs a test on both versions at once.
fn on_both(test: impl Fn(Version) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        for version in Version::BOTH {
            scope.spawn(move || test(version));
        }
    });
}
