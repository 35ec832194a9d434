//! The families and the HTTP layer as a user's exporter sees them.

mod families;
mod harness;
