//! The examples of vmotel; each is a target of its own, run as `cargo run -p vmotel-examples --example NAME`.
