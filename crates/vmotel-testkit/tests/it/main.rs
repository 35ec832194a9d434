//! The kit against the real programs.
#![cfg(unix)]

mod faults;
mod servers;
mod tools;
