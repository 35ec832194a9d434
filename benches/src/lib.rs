//! The benches of vmotel; each is a target of its own, run as `cargo xtask bench [GROUP]`.
