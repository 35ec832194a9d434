#![doc = include_str!("../README.md")]

mod check;
mod command;
mod completions;
mod connect;
mod doctor;
mod out;
mod query;
mod style;
mod times;

pub use check::CheckArgs;
pub use command::{Cli, Command};
pub use completions::CompletionsArgs;
pub use doctor::DoctorArgs;
pub use query::QueryArgs;
