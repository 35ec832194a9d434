//! The explorer over real connections, with an exporter and with a registry alone.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod page;
