//! The alerts about vmauth: whether those outside reach what is inside.

use super::Growth;
use crate::rules::{Context, Group, Severity};

/// Whether the proxy passes on what it may.
pub(in crate::rules) fn group(context: Context<'_>) -> Group {
    let grows = |name, counter, texts| {
        Growth {
            name,
            job: "vmauth",
            counter,
            by: &[("username", "reader")],
            hold_minutes: 5,
            severity: Severity::Warning,
            texts,
        }
        .alert(context)
    };
    Group {
        name: "proxy",
        records: Vec::new(),
        alerts: vec![
            grows(
                "ProxyBackendErrors",
                "vmauth_user_request_backend_errors_total",
                [
                    "vmauth cannot reach the storage for {{ $labels.username }}",
                    "Requests from outside fail.",
                    "Is the storage up? vmauth's log has the error.",
                ],
            ),
            grows(
                "ProxyOverloaded",
                "vmauth_user_concurrent_requests_limit_reached_total",
                [
                    "{{ $labels.username }} is refused: too many requests at once",
                    "Requests beyond the limit of the user are answered with 429.",
                    "Look at who sends so many; slow queries hold their place for long.",
                ],
            ),
        ],
    }
}
