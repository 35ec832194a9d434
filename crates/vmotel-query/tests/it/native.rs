//! The decoder of native exports: at every cut, and against bytes that no server sends.
#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of them")]

use proptest::prelude::*;
use vmotel_query::{
    Error, ExportFormat, ExportQuery, ImportSeries, Labels, NativeDecoder, Progress, QueryClient, Sample,
    Timestamp,
};
use vmotel_testkit::{Version, VictoriaMetrics};

use super::decoders::{Series, at_every_cut, decode, take};
use super::{T0, client_of, outcome};

fn native<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<(Series, (u64, u64)), Error> {
    decode!(NativeDecoder::new(), chunks)
}

/// What an error is, apart from its words.
fn kind<T>(outcome: Result<T, Error>) -> Result<T, std::mem::Discriminant<Error>> {
    outcome.map_err(|error| std::mem::discriminant(&error))
}

/// Series that make the server use each kind of column: constant, steps, counters, gauges, and enough of them for compression.
fn stored() -> Vec<ImportSeries> {
    let of = |name: &str, samples: usize, time: fn(i64) -> i64, value: fn(i64) -> f64| ImportSeries {
        labels: Labels::new([("__name__", name), ("ä \"\u{1}", "x\u{0}\u{1}\u{2}y")]),
        samples: (0..samples as i64)
            .map(|i| Sample {
                time: Timestamp::from_millis(T0 + time(i)),
                value: value(i),
            })
            .collect(),
    };
    vec![
        of("one", 1, |_| 0, |_| 7.5),
        of("constant", 40, |i| i * 15_000, |_| -3.0),
        of("step", 40, |i| i * 15_000, |i| i as f64),
        of("counter", 300, |i| i * 15_000 + i % 7, |i| (i * i) as f64),
        of(
            "gauge",
            300,
            |i| i * 15_000 + i % 3,
            |i| (i * 7919 % 1000) as f64 / 10.0,
        ),
        of(
            "odd",
            20,
            |i| i * 1000,
            |i| {
                if i % 3 == 0 {
                    f64::INFINITY
                } else {
                    1e-300 * i as f64
                }
            },
        ),
    ]
}

async fn body(client: &QueryClient) -> Result<Vec<u8>, Error> {
    let query = ExportQuery::new("{__name__!=''}");
    let mut stream = client.export_raw(&query, &ExportFormat::Native).await?;
    let mut body = Vec::new();
    while let Some(piece) = stream.next().await? {
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[tokio::test]
async fn exports_of_servers_at_every_cut() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let client = client_of(&server);
        client.import(stored()).await?;
        server.flush()?;
        let body = body(&client).await?;
        let (mut series, count) = at_every_cut(&body, |chunks| kind(native(chunks))).unwrap();
        assert_eq!(count, (6, 701), "{version}");
        // JSON lines of the same server tell what it stores.
        let mut wanted = Series::new();
        let mut stream = client.export(&ExportQuery::new("{__name__!=''}")).await?;
        while let Some(block) = stream.next().await? {
            take(&mut wanted, block);
        }
        series.sort();
        wanted.sort();
        assert_eq!(series, wanted, "{version}");

        // An export that ends too early never passes for a whole one.
        for end in 0..body.len() {
            match native([&body[..end]]) {
                Ok((part, _)) => assert!(part.len() < wanted.len(), "{version}: at {end} of {}", body.len()),
                Err(error) => assert!(matches!(error, Error::Truncated { .. }), "{version}: {error}"),
            }
        }
        // One byte is another, anywhere: an error or other numbers, the same at every step.
        for place in 0..body.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut broken = body.clone();
                broken[place] ^= flip;
                let whole = kind(native([&broken[..]]));
                let steps = kind(native(broken.chunks(13)));
                assert_eq!(whole, steps, "{version}: byte {place} with {flip:#x}");
            }
        }
    }
    Ok(())
}

/// An integer of seven bits a byte.
fn varint(mut bits: u64, out: &mut Vec<u8>) {
    while bits >= 0x80 {
        out.push(bits as u8 | 0x80);
        bits >>= 7;
    }
    out.push(bits as u8);
}

/// A block whose parts are of the right form, with numbers that need not fit each other.
fn block() -> impl Strategy<Value = Vec<u8>> {
    let number = || prop_oneof![Just(0), Just(u64::MAX), 0_u64..50_000, any::<u64>()];
    let column = || {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            // Well compressed, well beyond what a column can hold, and columns that fit.
            (0_usize..400_000, any::<u8>())
                .prop_map(|(len, byte)| zstd::bulk::compress(&vec![byte; len], 1).unwrap()),
            proptest::collection::vec(0_u8..0x80, 0..60)
                .prop_map(|text| zstd::bulk::compress(&text, 1).unwrap()),
        ]
    };
    let rows = prop_oneof![1_u64..40, Just(16_384), Just(16_385), number()];
    let header = (number(), number(), number(), rows, number());
    (header, 0_u8..9, 0_u8..9, column(), column(), any::<bool>()).prop_map(
        |(header, times, values, one, two, whole)| {
            let mut block = Vec::new();
            for number in [header.0, header.1, header.2, header.3, header.4] {
                varint(number, &mut block);
            }
            block.extend_from_slice(&[times, values, 64]);
            for column in [one, two] {
                varint(column.len() as u64, &mut block);
                block.extend_from_slice(&column);
            }
            if !whole {
                block.pop();
            }
            block
        },
    )
}

fn sized(part: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(part.len() as u32).to_be_bytes());
    out.extend_from_slice(part);
}

proptest! {
    #[test]
    fn blocks_that_lie(blocks in proptest::collection::vec((proptest::collection::vec(0_u8..5, 0..6), block()), 1..4)) {
        let mut body = vec![0; 8];
        body.extend_from_slice(&[0xff; 8]);
        for (name, block) in &blocks {
            sized(name, &mut body);
            sized(block, &mut body);
        }
        let whole = kind(native([&body[..]]));
        for step in [1, 7, 64, 4096] {
            prop_assert_eq!(&kind(native(body.chunks(step))), &whole);
        }
    }

    #[test]
    fn bytes_of_no_form(body in proptest::collection::vec(any::<u8>(), 0..300), step in 1_usize..40) {
        prop_assert_eq!(kind(native(body.chunks(step))), kind(native([&body[..]])));
    }
}

#[test]
fn lengths_beyond_all_bounds_are_refused_at_once() {
    for length in [4 * 1024 * 1024 + 1_u32, u32::MAX] {
        let mut body = vec![0; 16];
        body.extend_from_slice(&length.to_be_bytes());
        let mut decoder = NativeDecoder::new();
        let error = decoder.advance(&mut &body[..]).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("shorter part at byte 16"), "{error}");
    }
    let mut decoder = NativeDecoder::new();
    assert_eq!(decoder.advance(&mut &[0; 15][..]).unwrap(), Progress::NeedsInput);
    assert!(matches!(decoder.finish(), Err(Error::Truncated { .. })));
}
