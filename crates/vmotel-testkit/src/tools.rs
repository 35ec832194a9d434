//! Finds the external programs that tests, the demo and checks run: in `VMOTEL_BIN_DIR`, in the project's cache, in `PATH`, and by
//! downloading Debian packages into the cache.

mod apt;
mod error;
mod finder;
mod install;
mod probe;
mod tool;

pub use error::ToolError;
pub use finder::{Finder, Found, Origin};
pub use tool::{Tool, Version};
