#![doc = include_str!("../README.md")]

mod cpu_usage;
mod io;
mod process;
mod reading;
mod resource_usage;
mod stat;
mod status;

pub use cpu_usage::{CpuUsage, CpuUtilization};
pub use process::Process;
pub use reading::{ContextSwitches, CpuTime, DiskIo, Memory, PageFaults, Reading};
