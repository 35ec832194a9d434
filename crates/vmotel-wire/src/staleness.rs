//! Staleness markers for series that a push no longer has: cut out of the bodies of the push before.
//!
//! A scraper remembers the last scrape and ends what the next one lacks. Here the one who pushes does it, and what it remembers is a number
//! per series, and the requests that it has sent anyway.

mod otlp;
mod read;
mod remote_write;

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use vmotel_model::Timestamp;

/// The protocol of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// As [`otlp`](crate::otlp) encodes it.
    Otlp,
    /// As [`remote_write`](crate::remote_write) encodes it.
    RemoteWrite,
}

/// Which series two pushes in a row have.
///
/// ```
/// use vmotel_model::{Family, Kind, MetricSink, Number, Pairs, Point, Series, Timestamp};
/// use vmotel_wire::{PushConfig, Request, remote_write, staleness::{Protocol, RollCall}};
///
/// let push = |shops: &[&str]| {
///     let (config, mut buffers, mut body) = (PushConfig::default(), remote_write::Buffers::default(), Vec::new());
///     let mut emit = |request: Request<'_>| body = request.body.to_vec();
///     let mut sink = remote_write::RemoteWriteSink::new(&config, Timestamp(1_700_000_000_000_000_000), &mut buffers, &mut emit);
///     sink.family(&Family { name: "orders_total", kind: Kind::Counter, unit: "", help: "" });
///     for shop in shops {
///         let labels = [("shop", *shop)];
///         sink.series(&Series { labels: &Pairs(&labels), text: None, point: Point::Number(Number::U64(3)), start: None });
///     }
///     let _ = sink.finish();
///     body
/// };
/// let mut roll = RollCall::default();
/// let before = push(&["Bern", "Basel"]);
/// roll.begin();
/// roll.note(Protocol::RemoteWrite, &before);
/// roll.begin();
/// roll.note(Protocol::RemoteWrite, &push(&["Bern"]));
/// assert_eq!(roll.missing(), 1);
/// let mut markers = Vec::new();
/// let time = Timestamp(1_700_000_010_000_000_000);
/// assert_eq!(roll.markers(Protocol::RemoteWrite, &before, time, &mut markers), 1);
/// assert!(String::from_utf8_lossy(&markers).contains("Basel"));
/// ```
#[derive(Debug, Default)]
pub struct RollCall {
    now: HashSet<u64, FixedState>,
    before: HashSet<u64, FixedState>,
}

impl RollCall {
    /// Begins the next push: what was noted so far is the one before.
    pub fn begin(&mut self) {
        std::mem::swap(&mut self.now, &mut self.before);
        self.now.clear();
    }

    /// Notes the series of one body of this push.
    pub fn note(&mut self, protocol: Protocol, body: &[u8]) {
        let now = &mut self.now;
        // A body that is not from here is passed over from where it cannot be read.
        let _ = match protocol {
            Protocol::Otlp => otlp::for_each(body, |name, point, _| {
                now.insert(otlp::number(name, point));
            }),
            Protocol::RemoteWrite => remote_write::for_each(body, |labels| {
                now.insert(number(&[labels]));
            }),
        };
    }

    /// Returns how many series of the push before are not in this one.
    #[must_use]
    pub fn missing(&self) -> usize {
        let missing = |series: &&u64| !self.now.contains(*series);
        self.before.iter().filter(missing).count()
    }

    /// Appends a body to `out` that ends at `time` those series of a body of the push before that are missing in this one; returns how many.
    ///
    /// The markers repeat the whole shape of their series, and nothing is appended where none is missing. As the points of OTLP grow by
    /// some bytes, the body may be a fifth larger than the one that it is made from.
    pub fn markers(&self, protocol: Protocol, before: &[u8], time: Timestamp, out: &mut Vec<u8>) -> u64 {
        let missing = |series| !self.now.contains(&series);
        match protocol {
            Protocol::Otlp => otlp::markers(before, time, missing, out),
            Protocol::RemoteWrite => remote_write::markers(before, time, missing, out),
        }
    }
}

/// Returns the number of a series, by the bytes that tell it from others.
fn number(parts: &[&[u8]]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    for part in parts {
        hasher.write(part);
        // Where one part ends and the next begins is part of it.
        hasher.write_usize(part.len());
    }
    hasher.finish()
}
