//! Status codes.

use http::{HeaderMap, StatusCode};

use crate::catalog::STATUSES;

/// A status of gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(u8);

impl Status {
    pub(super) const OK: Self = Self(0);
    pub(super) const CANCELLED: Self = Self(1);
    const UNKNOWN: Self = Self(2);
    pub(super) const DEADLINE_EXCEEDED: Self = Self(4);
    const PERMISSION_DENIED: Self = Self(7);
    pub(super) const UNIMPLEMENTED: Self = Self(12);
    const INTERNAL: Self = Self(13);
    pub(super) const UNAVAILABLE: Self = Self(14);
    const DATA_LOSS: Self = Self(15);
    const UNAUTHENTICATED: Self = Self(16);

    /// Returns the status that headers or trailers tell, if they do.
    pub(super) fn told(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("grpc-status")?.to_str().ok();
        let number = text.and_then(|text| text.parse().ok());
        Some(
            number
                .filter(|&number| usize::from(number) < STATUSES.len())
                .map_or(Self::UNKNOWN, Self),
        )
    }

    /// Returns the status of an answer that tells none, by gRPC's http-grpc-status-mapping.md.
    pub(super) const fn of_http(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::INTERNAL,
            401 => Self::UNAUTHENTICATED,
            403 => Self::PERMISSION_DENIED,
            404 => Self::UNIMPLEMENTED,
            429 | 502..=504 => Self::UNAVAILABLE,
            _ => Self::UNKNOWN,
        }
    }

    pub(super) fn name(self) -> &'static str {
        STATUSES[usize::from(self.0)]
    }

    /// Returns true if a server that gives it has failed, by the semantic conventions.
    pub(super) fn is_error_of_server(self) -> bool {
        matches!(
            self,
            Self::UNKNOWN
                | Self::DEADLINE_EXCEEDED
                | Self::UNIMPLEMENTED
                | Self::INTERNAL
                | Self::UNAVAILABLE
                | Self::DATA_LOSS
        )
    }
}
