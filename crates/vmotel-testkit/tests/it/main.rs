//! The kit against the real programs.
#![cfg(unix)]

mod servers;
mod tools;
