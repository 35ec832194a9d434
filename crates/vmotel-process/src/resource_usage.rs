//! What only the system call `getrusage` tells, see `getrusage(2)`.

use crate::ContextSwitches;

/// Returns the context switches of the current process: `/proc` has them for each thread only, and none of those that
/// have ended.
#[cfg(target_os = "linux")]
pub(crate) fn context_switches() -> Option<ContextSwitches> {
    use nix::sys::resource::{UsageWho, getrusage};

    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    Some(ContextSwitches {
        voluntary: u64::try_from(usage.voluntary_context_switches()).ok()?,
        involuntary: u64::try_from(usage.involuntary_context_switches()).ok()?,
    })
}

/// Returns nothing.
#[cfg(not(target_os = "linux"))]
pub(crate) fn context_switches() -> Option<ContextSwitches> {
    None
}
