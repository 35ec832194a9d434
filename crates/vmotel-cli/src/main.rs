//! The command `vmotel`.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    vmotel_cli::Cli::parse().run()
}
