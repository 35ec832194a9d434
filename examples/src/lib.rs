//! The examples of vmotel; each is a target of its own, run as `cargo run -p vmotel-examples --example NAME`.

/// The code of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
