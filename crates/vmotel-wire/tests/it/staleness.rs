//! Markers that are cut out of bodies, against those that the encoders make.

use std::collections::BTreeMap;

use vmotel_model::{MetricSink, Snapshot, Timestamp};
use vmotel_wire::{
    Merge, MergeConfig, PushConfig, Request, otlp, remote_write,
    staleness::{Protocol, RollCall},
};

use crate::{
    cases::{Case, cases},
    decode,
    python::Read,
    snapshots,
};

const TIME: Timestamp = Timestamp(1_700_000_000_123_456_789);
const LATER: Timestamp = Timestamp(1_700_000_060_123_456_789);

/// Encodes cases in small requests; as staleness markers if so told.
fn encode(protocol: Protocol, cases: &[Case], time: Timestamp, stale: bool, native: bool) -> Vec<Vec<u8>> {
    let config = PushConfig {
        max_request_bytes: 200_000,
        native_exponential: native,
        ..PushConfig::default()
    };
    let snapshots: Vec<Box<dyn Snapshot + '_>> = snapshots(cases);
    let mut bodies = Vec::new();
    let mut emit = |request: Request<'_>| bodies.push(request.body.to_vec());
    let visit = |sink: &mut dyn MetricSink| {
        let _ = Merge::default().visit(&snapshots, MergeConfig::default(), sink);
    };
    match protocol {
        Protocol::Otlp => {
            let mut buffers = otlp::Buffers::default();
            let mut sink = otlp::OtlpSink::new(&config, time, &mut buffers, &mut emit);
            sink.stale(stale);
            visit(&mut sink);
            let _ = sink.finish();
        }
        _ => {
            let mut buffers = remote_write::Buffers::default();
            let mut sink = remote_write::RemoteWriteSink::new(&config, time, &mut buffers, &mut emit);
            sink.stale(stale);
            visit(&mut sink);
            let _ = sink.finish();
        }
    }
    bodies
}

/// What others read in bodies of markers: the names and labels of all series.
fn read(protocol: Protocol, bodies: &[Vec<u8>]) -> BTreeMap<(String, BTreeMap<String, String>), u64> {
    let mut all = BTreeMap::new();
    for body in bodies {
        let series: Vec<Read> = match protocol {
            Protocol::Otlp => decode::otlp(body, LATER.0, true),
            _ => decode::remote_write(body, (LATER.0 / 1_000_000) as i64),
        };
        for series in series {
            if protocol == Protocol::RemoteWrite {
                assert_eq!(series.value.to_bits(), remote_write::STALE_NAN);
            }
            *all.entry((series.name, series.labels)).or_default() += 1;
        }
    }
    all
}

fn check(protocol: Protocol, native: bool) {
    for seed in 0..4 {
        let cases = cases(seed, 60);
        let before = encode(protocol, &cases, TIME, false, native);
        // Families that stay, and others that go.
        let (stay, go): (Vec<_>, Vec<_>) = cases.into_iter().enumerate().partition(|(at, _)| at % 3 != 0);
        let [stay, go] = [stay, go].map(|cases| Vec::from_iter(cases.into_iter().map(|(_, case)| case)));
        let mut roll = RollCall::default();
        roll.begin();
        before.iter().for_each(|body| roll.note(protocol, body));
        roll.begin();
        for body in encode(protocol, &stay, LATER, false, native) {
            roll.note(protocol, &body);
        }
        let mut markers = Vec::new();
        let mut count = 0;
        for body in &before {
            let mut out = Vec::new();
            count += roll.markers(protocol, body, LATER, &mut out);
            markers.push(out);
        }
        assert_eq!(count, roll.missing() as u64);
        let expected = read(protocol, &encode(protocol, &go, LATER, true, native));
        assert!(expected.len() > 50, "{} series go", expected.len());
        let got = read(protocol, &markers);
        // A value that was NaN was not sent, so that there is nothing to end; all else is there once.
        for series in got.keys() {
            assert!(expected.contains_key(series), "{series:?} stays");
        }
        let sent = encode(protocol, &go, LATER, false, native);
        let sent = sent.iter().flat_map(|body| match protocol {
            Protocol::Otlp => decode::otlp(body, LATER.0, false),
            _ => decode::remote_write(body, (LATER.0 / 1_000_000) as i64),
        });
        for series in sent {
            let key = (series.name, series.labels);
            assert_eq!(got.get(&key), Some(&1), "{key:?} goes");
        }
    }
}

#[test]
fn otlp_ends_what_is_gone() {
    check(Protocol::Otlp, false);
    check(Protocol::Otlp, true);
}

#[test]
fn remote_write_ends_what_is_gone() {
    check(Protocol::RemoteWrite, false);
}

#[test]
fn nothing_is_made_where_all_stay_and_foreign_bytes_do_no_harm() {
    for protocol in [Protocol::Otlp, Protocol::RemoteWrite] {
        let cases = cases(1, 30);
        let before = encode(protocol, &cases, TIME, false, false);
        let mut roll = RollCall::default();
        for time in [TIME, LATER] {
            roll.begin();
            for body in encode(protocol, &cases, time, false, false) {
                roll.note(protocol, &body);
            }
        }
        assert_eq!(roll.missing(), 0);
        let mut out = Vec::new();
        for body in &before {
            assert_eq!(roll.markers(protocol, body, LATER, &mut out), 0);
        }
        assert!(out.is_empty());
        roll.begin();
        for body in &before {
            for len in (0..body.len()).step_by(97) {
                roll.note(protocol, &body[..len]);
                let _ = roll.markers(protocol, &body[len..], LATER, &mut out);
            }
        }
        roll.note(protocol, &[0xff; 100]);
    }
}
