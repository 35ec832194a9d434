#![doc = include_str!("../README.md")]

mod archive;
mod check;
mod command;
mod completions;
mod connect;
#[cfg(unix)]
#[doc(hidden)]
pub mod deploy;
mod doctor;
mod export;
mod import;
mod out;
mod query;
mod style;
mod times;

pub use check::CheckArgs;
pub use command::{Cli, Command};
pub use completions::CompletionsArgs;
pub use doctor::DoctorArgs;
pub use export::ExportArgs;
pub use import::ImportArgs;
pub use query::QueryArgs;
