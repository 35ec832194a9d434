//! Which requests are recorded, and under which route.

use std::{borrow::Cow, sync::Arc};

use opentelemetry::StringValue;

use super::HttpMetricsConfig;
use crate::RequestPath;

/// When a response that may last for hours is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StreamPolicy {
    /// With its end: it is in flight for as long as the client stays, and so long is its duration.
    #[default]
    UntilEnd,
    /// With its head, so that its duration is the time to the first byte.
    AtHead,
    /// Not at all; while its head is awaited it counts as in flight.
    Skip,
}

/// The rules for routes, ready for use.
#[derive(Debug)]
pub(super) struct Routes {
    skip: Box<[Cow<'static, str>]>,
    group: Box<[(Cow<'static, str>, RequestPath)]>,
}

impl Routes {
    pub(super) fn new(config: &HttpMetricsConfig) -> Self {
        Self {
            skip: config.skip.clone().into(),
            group: config
                .group
                .iter()
                .map(|(pattern, group)| (pattern.clone(), RequestPath::template(shared(group))))
                .collect(),
        }
    }

    /// Returns true if requests of this route, or without a route to this path, are not recorded.
    pub(super) fn skips(&self, route: &str) -> bool {
        self.skip.iter().any(|pattern| matches(pattern, route))
    }

    /// Returns the name of the group that this route, or this path without a route, is in.
    pub(super) fn group(&self, route: &str) -> Option<&RequestPath> {
        let found = self.group.iter().find(|(pattern, _)| matches(pattern, route));
        found.map(|(_, name)| name)
    }
}

/// Returns a text whose clones allocate nothing.
pub(super) fn shared(text: &str) -> StringValue {
    StringValue::from(Arc::<str>::from(text))
}

fn matches(pattern: &str, route: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => route.starts_with(beginning),
        None => route == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_at_the_end_stands_for_anything() {
        for (pattern, route, expected) in [
            ("/a", "/a", true),
            ("/a", "/a/b", false),
            ("/a*", "/a", true),
            ("/a/*", "/a", false),
            ("/a/*", "/a/b/c", true),
            ("*", "", true),
            ("", "", true),
            ("/*/b", "/a/b", false),
        ] {
            assert_eq!(matches(pattern, route), expected, "{pattern} {route}");
        }
    }
}
