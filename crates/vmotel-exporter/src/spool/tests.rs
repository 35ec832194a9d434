use bytes::Bytes;
use vmotel_model::Timestamp;

use super::*;

fn parcel(time: u64, bytes: usize) -> Parcel {
    Parcel {
        body: Bytes::from(vec![time as u8; bytes]),
        kind: ParcelKind::ALL[time as usize % 5].0,
        query: "".into(),
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
        spool.delivered(id, seconds(now));
    }
    let (id, _) = spool.front().unwrap();
    spool.failed(id);
    assert_eq!(spool.resend_window(), 2);
    let mut order = Vec::new();
    while let Some((id, parcel)) = spool.front() {
        order.push(parcel.time.0);
        spool.rejected(id);
    }
    assert_eq!(order, [2, 3, 4, 5]);
    assert_eq!(spool.keep(|| true), Kept::default());
    assert_eq!(spool.stats().memory_bytes + spool.stats().window_bytes, 0);
}
