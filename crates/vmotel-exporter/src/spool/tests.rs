mod disk;
mod model;

use bytes::Bytes;
use vmotel_model::Timestamp;

use super::*;

const SHOP: &str = "extra_label=job=shop";

/// A parcel that its time tells apart, with as many samples.
fn parcel(time: u64, bytes: usize) -> Parcel {
    Parcel {
        body: Bytes::from(vec![time as u8; bytes]),
        kind: ParcelKind::ALL[time as usize % 5].0,
        query: SHOP.into(),
        samples: time,
        series: 1,
        time: Timestamp(time),
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_was_acknowledged_lately_comes_again_in_order() {
    let mut spool = Spool::open(SpoolConfig::default()).unwrap();
    for time in 1..=5 {
        assert_eq!(spool.push(parcel(time, 10)), Pushed::default());
    }
    for now in [0, 10, 16] {
        let (id, _) = spool.front().unwrap();
        assert!(spool.delivered(id, seconds(now)));
    }
    let (id, _) = spool.front().unwrap();
    spool.failed(id);
    assert_eq!(spool.resend_window(), 2);
    let mut order = Vec::new();
    while let Some((id, parcel)) = spool.front() {
        order.push((parcel.time.0, spool.delivered(id, seconds(20))));
    }
    assert_eq!(order, [(2, false), (3, false), (4, true), (5, true)]);
    assert_eq!(spool.keep(|| true), Kept::default());
    assert_eq!(spool.stats().memory_bytes, 0);
}

#[test]
fn one_that_has_no_room_pushes_nothing_out() {
    let config = SpoolConfig {
        memory_bytes: 1000,
        ..SpoolConfig::default()
    };
    let mut spool = Spool::open(config).unwrap();
    let _ = spool.push(parcel(1, 100));
    let pushed = spool.push(parcel(2, 1000));
    assert_eq!((pushed.dropped_parcels, pushed.dropped_samples), (1, 2));
    assert_eq!(spool.front().unwrap().1, parcel(1, 100));
}

#[test]
fn a_bound_of_zero_is_refused() {
    let config = SpoolConfig {
        memory_bytes: 0,
        ..SpoolConfig::default()
    };
    let error = Spool::open(config).unwrap_err();
    assert_eq!(error.to_string(), "the spool's memory_bytes is 0, expected more");
}

#[test]
fn no_text_of_a_parcel_is_in_its_debug_form() {
    assert!(!format!("{:?}", parcel(1, 10)).contains("shop"));
}
