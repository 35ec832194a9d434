#![doc = include_str!("../README.md")]

mod cpu_usage;
mod process;
mod reading;
mod stat;
mod status;

pub use cpu_usage::CpuUsage;
pub use process::Process;
pub use reading::{CpuTime, Memory, Reading};
