//! What a deployment must survive, with real processes.
#![expect(clippy::unwrap_used, reason = "tests")]

mod drills;
