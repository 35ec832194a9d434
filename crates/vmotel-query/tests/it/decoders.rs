//! The decoders against `serde_json`, cut at every place.
#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of them")]

use proptest::prelude::*;
use serde_json::Value;
use vmotel_query::{
    Answer, Completeness, CsvColumn, CsvDecoder, CsvFormat, Cut, Error, JsonLinesDecoder, Labels,
    MatrixDecoder, Progress, ResultKind, TimeFormat, is_stale,
};

/// Series as they were decoded, values as bits.
pub(super) type Series = Vec<(Labels, Vec<(i64, u64)>)>;

pub(super) fn take(series: &mut Series, block: vmotel_query::Block<'_>) {
    assert_eq!(block.times.len(), block.values.len());
    if block.first {
        series.push((block.labels.clone(), Vec::new()));
    }
    let (labels, samples) = series.last_mut().expect("the first block of a series says so");
    assert_eq!(labels, block.labels);
    samples.extend(
        block
            .times
            .iter()
            .zip(block.values)
            .map(|(time, value)| (*time, value.to_bits())),
    );
}

macro_rules! decode {
    ($decoder:expr, $chunks:expr) => {{
        let mut decoder = $decoder;
        let mut series = Series::new();
        let mut fed: Result<(), Error> = Ok(());
        'all: for chunk in $chunks {
            let mut chunk: &[u8] = chunk;
            loop {
                match decoder.advance(&mut chunk) {
                    Ok(Progress::Block) => take(&mut series, decoder.block()),
                    Ok(_) => break,
                    Err(error) => {
                        fed = Err(error);
                        break 'all;
                    }
                }
            }
            assert!(chunk.is_empty(), "it asks for more and leaves some");
        }
        fed.and_then(|()| decoder.finish()).map(|end| (series, end))
    }};
}

#[cfg(feature = "unstable-native")]
pub(super) use decode;

fn matrix<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<(Series, Answer<()>), Error> {
    decode!(MatrixDecoder::new(), chunks)
}

fn lines<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<(Series, (u64, u64)), Error> {
    decode!(JsonLinesDecoder::new(), chunks)
}

fn csv<'a>(
    format: &CsvFormat,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Series, (u64, u64)), Error> {
    decode!(CsvDecoder::new(format)?, chunks)
}

/// Checks that every cut, and every small step, gives what the whole gives.
pub(super) fn at_every_cut<T: PartialEq + std::fmt::Debug>(
    body: &[u8],
    decode: impl Fn(Vec<&[u8]>) -> T,
) -> T {
    let whole = decode(vec![body]);
    for cut in 0..=body.len() {
        let (one, two) = body.split_at(cut);
        assert_eq!(
            decode(vec![one, two]),
            whole,
            "cut at {cut} of {}",
            String::from_utf8_lossy(body)
        );
    }
    for step in [1, 2, 3, 7, 64] {
        assert_eq!(decode(body.chunks(step).collect()), whole, "steps of {step}");
    }
    whole
}

fn label_map(metric: &Value) -> Labels {
    Labels::new(
        metric
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name, value.as_str().unwrap())),
    )
}

/// What `serde_json` makes of an answer.
fn matrix_by_serde(body: &[u8]) -> Option<Series> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let sample = |sample: &Value| {
        let seconds = sample[0].as_f64().unwrap();
        let value: f64 = sample[1].as_str().unwrap().parse().unwrap();
        ((seconds * 1e3).round() as i64, value.to_bits())
    };
    let series = answer["data"]["result"].as_array().unwrap().iter().map(|series| {
        let samples = match series.get("values") {
            Some(values) => values.as_array().unwrap().iter().map(sample).collect(),
            None => vec![sample(&series["value"])],
        };
        (label_map(&series["metric"]), samples)
    });
    Some(series.collect())
}

fn lines_by_serde(body: &[u8]) -> Series {
    let mut all = Series::new();
    for line in body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
    {
        let line: Value = serde_json::from_slice(line).unwrap();
        let values = line["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| match value {
                Value::Null => vmotel_query::STALE_NAN.to_bits(),
                Value::String(text) => text.parse::<f64>().unwrap().to_bits(),
                number => number.as_f64().unwrap().to_bits(),
            });
        let times = line["timestamps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|time| time.as_i64().unwrap());
        let (labels, samples) = (label_map(&line["metric"]), times.zip(values).collect::<Vec<_>>());
        match all.last_mut() {
            Some((last, before)) if *last == labels => before.extend(samples),
            _ => all.push((labels, samples)),
        }
    }
    all
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_:.]{0,12}",
        any::<String>(),
        Just("quote \" backslash \\ newline \n tab \t nul \0 ä€😀".to_owned()),
    ]
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    proptest::collection::vec((text(), text()), 0..5).prop_map(|pairs| {
        let map: std::collections::BTreeMap<_, _> = pairs.into_iter().collect();
        map.into_iter().collect()
    })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<i32>().prop_map(f64::from),
        (any::<i64>(), 0_i32..12).prop_map(|(digits, places)| digits as f64 / 10_f64.powi(places)),
        any::<f64>().prop_filter("finite", |value| value.is_finite()),
        Just(0.1 + 0.2),
        Just(1e300),
        Just(-0.0),
    ]
}

/// A quoted text, some characters written as escapes that need not be.
fn quoted(text: &str, odd: bool) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    if odd {
        quoted
            .replace('a', "\\u0061")
            .replace('/', "\\/")
            .replace('😀', "\\ud83d\\ude00")
    } else {
        quoted
    }
}

fn object(labels: &[(String, String)], odd: bool) -> String {
    let pairs = labels
        .iter()
        .map(|(name, value)| format!("{}:{}", quoted(name, odd), quoted(value, odd)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// Puts white space around the structure of JSON, but not into texts.
fn spaced(json: &str, space: &str) -> String {
    let mut out = String::new();
    let (mut inside, mut escaped) = (false, false);
    for c in json.chars() {
        if inside {
            out.push(c);
            inside = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            continue;
        }
        inside = c == '"';
        match c {
            '[' | ',' | ':' | '{' => {
                out.push_str(space);
                out.push(c);
                out.push_str(space);
            }
            ']' | '}' => {
                out.push_str(space);
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

prop_compose! {
    fn answer()(
        series in proptest::collection::vec(
            (labels(), proptest::collection::vec((0_i64..5_000_000_000_000, number()), 0..6)), 0..4),
        vector: bool, odd: bool, after: bool,
        space in prop_oneof![Just(""), Just(" "), Just("\n\t ")],
    ) -> String {
        let list = series.iter().map(|(labels, samples)| {
            let samples: Vec<String> = samples.iter().map(|(time, value)| {
                let time = if time % 1000 == 0 { format!("{}", time / 1000) } else { format!("{}.{:03}", time / 1000, time % 1000) };
                format!("[{time},\"{value}\"]")
            }).collect();
            let labels = object(labels, odd);
            if vector {
                let one = samples.first().cloned().unwrap_or_else(|| "[1,\"NaN\"]".to_owned());
                format!("{{\"metric\":{labels},\"value\":{one}}}")
            } else {
                format!("{{\"metric\":{labels},\"values\":[{}]}}", samples.join(","))
            }
        });
        let kind = if vector { "vector" } else { "matrix" };
        let stats = "\"stats\":{\"seriesFetched\": \"7\",\"executionTimeMsec\":3,\"x\":[{}, \"]}\\\"\"]}";
        let data = format!("\"data\":{{\"resultType\":\"{kind}\",\"result\":[{}]}}", list.collect::<Vec<_>>().join(","));
        let (one, two) = if after { (data.as_str(), stats) } else { (stats, data.as_str()) };
        spaced(&format!("{{\"status\":\"success\",\"isPartial\":true,{one},{two}}}"), space)
    }
}

prop_compose! {
    fn export()(
        series in proptest::collection::vec(
            (labels(), proptest::collection::vec((any::<i64>(), prop_oneof![4 => number().prop_map(Some), 1 => Just(None)], 0..9), 0..6)), 0..4),
        odd: bool, unknown: bool, last_line_end: bool,
        space in prop_oneof![Just(""), Just(" ")],
    ) -> String {
        let lines = series.iter().map(|(labels, samples)| {
            let values: Vec<String> = samples.iter().map(|(_, value, kind)| match (value, kind) {
                (Some(_), 0) => "\"Infinity\"".to_owned(),
                (Some(_), 1) => "\"-Infinity\"".to_owned(),
                (Some(value), 2) => format!("{value:e}"),
                (Some(value), _) => format!("{value}"),
                (None, _) => "null".to_owned(),
            }).collect();
            let times: Vec<String> = samples.iter().map(|(time, ..)| time.to_string()).collect();
            let unknown = if unknown { ",\"more\":[1,{\"a\":\"}\"}]" } else { "" };
            let line = format!("{{\"metric\":{},\"values\":[{}],\"timestamps\":[{}]{unknown}}}", object(labels, odd), values.join(","), times.join(","));
            spaced(&line, space)
        });
        let mut body = lines.collect::<Vec<_>>().join("\n");
        if last_line_end {
            body.push('\n');
        }
        body
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn answers_at_every_cut(body in answer()) {
        let (series, answer) = at_every_cut(body.as_bytes(), |chunks| matrix(chunks).map_err(|e| e.to_string())).unwrap();
        prop_assert_eq!(Some(series), matrix_by_serde(body.as_bytes()));
        prop_assert_eq!(answer.completeness, Completeness::Partial);
        prop_assert_eq!((answer.stats.series_fetched, answer.stats.execution_millis), (Some(7), Some(3)));
    }

    #[test]
    fn answers_that_end_too_early(body in answer(), share in 0.0..1.0) {
        let end = (body.len() as f64 * share) as usize;
        let result = matrix([&body.as_bytes()[..end]]);
        prop_assert!(matches!(result, Err(Error::Truncated { cause: Cut::End, .. })), "{:?} of {}", result, &body[..end.min(200)]);
    }

    #[test]
    fn exports_at_every_cut(body in export()) {
        let (series, (count, samples)) = at_every_cut(body.as_bytes(), |chunks| lines(chunks).map_err(|e| e.to_string())).unwrap();
        prop_assert_eq!(count as usize, series.len());
        prop_assert_eq!(samples as usize, series.iter().map(|s| s.1.len()).sum::<usize>());
        prop_assert_eq!(series, lines_by_serde(body.as_bytes()));
    }

    /// One byte is another: the decoders must say what `serde_json` says, or the like, and never panic.
    #[test]
    fn broken_bytes(body in answer(), export in export(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = body.into_bytes();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let ours = at_every_cut(&bytes, |chunks| matrix(chunks).map(|(series, _)| series).map_err(|e| std::mem::discriminant(&e)));
        if let (Ok(ours), Ok(Some(theirs))) = (ours, std::panic::catch_unwind(|| matrix_by_serde(&bytes))) {
            prop_assert_eq!(ours, theirs);
        }
        let mut bytes = export.into_bytes();
        if !bytes.is_empty() {
            let place = at.index(bytes.len());
            bytes[place] = byte;
            let _ = at_every_cut(&bytes, |chunks| lines(chunks).map_err(|e| std::mem::discriminant(&e)));
        }
    }

    #[test]
    fn rows_at_every_cut(
        rows in proptest::collection::vec((0_usize..3, number(), 0_i64..4_000_000_000_000), 0..12),
        names in proptest::collection::vec(text(), 3),
        order in 0_usize..3, header: bool,
    ) {
        let label = CsvColumn::Label("l".to_owned());
        let columns = match order {
            0 => vec![CsvColumn::Label("__name__".to_owned()), label, CsvColumn::Value, CsvColumn::Time(TimeFormat::Millis)],
            1 => vec![CsvColumn::Time(TimeFormat::Rfc3339), CsvColumn::Value, label],
            _ => vec![CsvColumn::Value, label, CsvColumn::Time(TimeFormat::Nanos)],
        };
        let format = CsvFormat { columns };
        let mut body = String::new();
        if header {
            body.push_str(&format.for_export());
            body.push('\n');
        }
        let mut expected = Series::new();
        for (which, value, time) in &rows {
            let name = &names[*which];
            // As the server does: quotes only where they are needed.
            let field = if name.contains(['"', ',', '\n']) { quoted(name, false) } else { name.clone() };
            let (seconds, millis) = (time / 1000, time % 1000);
            body.push_str(&match order {
                0 => format!("m,{field},{value},{time}\n"),
                1 => format!("{},{value},{field}\n", rfc3339(seconds, millis)),
                _ => format!("{value},{field},{}\n", time * 1_000_000),
            });
            let mut labels = vec![("l", name.as_str())];
            labels.retain(|pair| !pair.1.is_empty());
            if order == 0 {
                labels.push(("__name__", "m"));
            }
            let labels = Labels::new(labels);
            let sample = (*time, value.to_bits());
            match expected.last_mut() {
                Some((last, samples)) if *last == labels => samples.push(sample),
                _ => expected.push((labels, vec![sample])),
            }
        }
        let (series, _) = at_every_cut(body.as_bytes(), |chunks| csv(&format, chunks).map_err(|e| e.to_string())).unwrap();
        prop_assert_eq!(series, expected, "{}", body);
    }
}

/// The server's clock as text, by another way than the crate's: only for 1970 to 2096.
fn rfc3339(seconds: i64, millis: i64) -> String {
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    loop {
        let length = if year % 4 == 0 { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if year % 4 == 0 { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!(
        "{year}-{month:02}-{:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        days + 1,
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[test]
fn an_error_behind_half_an_answer_is_a_truncation() {
    let half = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"],[2,"3"]]}"#;
    let late = r#"{"status":"error","errorType":"422","error":"timeout exceeded"}"#;
    for begin in [half, &format!("{half},"), &format!("{half}\n")] {
        let body = format!("{begin}{late}");
        at_every_cut(body.as_bytes(), |chunks| {
            let error = matrix(chunks).unwrap_err();
            assert!(
                matches!(&error, Error::Truncated { series: 1, samples: 2, cause: Cut::Server(message), .. } if message == "timeout exceeded"),
                "{error:?}"
            );
        });
    }
}

#[test]
fn answers_that_are_none() {
    for body in [
        "OK",
        r#"{"status":"success"}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,2]]}]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"],]}]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[01,"2"]]}]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,"2"]]}]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":1},"values":[]}]}}"#,
        r#"{"status":"success","data":{"resultType":"cube","result":[]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[]}}x"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[]},}"#,
    ] {
        let error = matrix([body.as_bytes()]).unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{body}: {error:?}");
    }
    let said = matrix([&br#"{"status":"error","errorType":"bad_data","error":"why"}"#[..]]).unwrap_err();
    assert!(
        matches!(&said, Error::Refused { kind, message, .. } if kind == "bad_data" && message == "why"),
        "{said:?}"
    );
    for body in [
        "{\"metric\":{},\"values\":[1],\"timestamps\":[]}",
        "{\"values\":[],\"timestamps\":[]}",
        "[]",
        "{\"metric\":{},\"values\":[01],\"timestamps\":[1]}",
    ] {
        assert!(
            matches!(lines([body.as_bytes()]), Err(Error::Decode { .. })),
            "{body}"
        );
    }
    let line = "{\"metric\":{},\"values\":[1],\"timestamps\":[1]}";
    for end in 1..line.len() {
        assert!(
            matches!(lines([&line.as_bytes()[..end]]), Err(Error::Truncated { .. })),
            "{end}"
        );
    }
    let format = CsvFormat::of_labels(["a"]);
    for body in ["x,1\n", "x,1,2,3\n", "x,one,2\n", "x,1,now\n", "\"x,1,2\n\"\n"] {
        assert!(csv(&format, [body.as_bytes()]).is_err(), "{body}");
    }
    assert!(matches!(
        csv(&format, [&b"x,1,2"[..]]),
        Err(Error::Truncated { .. })
    ));
}

#[test]
fn a_scalar_has_a_kind_and_no_series() {
    let body = br#"{"status":"success","data":{"resultType":"scalar","result":[1.5,"2"]}}"#;
    let mut decoder = MatrixDecoder::new();
    let mut chunk = &body[..];
    assert_eq!(decoder.advance(&mut chunk).unwrap(), Progress::NeedsInput);
    assert_eq!(decoder.kind(), Some(ResultKind::Scalar));
    assert!(decoder.finish().is_ok());
}

#[test]
fn marks_of_ended_series() {
    let (series, _) = lines([&b"{\"metric\":{},\"values\":[null],\"timestamps\":[1]}\n"[..]]).unwrap();
    assert!(is_stale(f64::from_bits(series[0].1[0].1)));
    let (series, _) = csv(&CsvFormat::of_labels(["a"]), [&b",NaN,1\n"[..]]).unwrap();
    assert!(is_stale(f64::from_bits(series[0].1[0].1)) && series[0].0.is_empty());
}

/// Large answers, whose blocks fill.
#[test]
fn many_samples_in_odd_chunks() {
    let mut body = String::from(r#"{"status":"success","data":{"resultType":"matrix","result":["#);
    for series in 0..3 {
        body.push_str(&format!(
            "{}{{\"metric\":{{\"i\":\"{series}\"}},\"values\":[",
            if series > 0 { "," } else { "" }
        ));
        for i in 0..5000 {
            let comma = if i > 0 { "," } else { "" };
            body.push_str(&format!(
                "{comma}[{},\"{}\"]",
                1_700_000_000 + i * 15,
                f64::from(i) * 0.1
            ));
        }
        body.push_str("]}");
    }
    body.push_str("]}}");
    let expected = matrix_by_serde(body.as_bytes()).unwrap();
    for step in [1, 13, 1000, 1021, 65_536, body.len()] {
        assert_eq!(
            matrix(body.as_bytes().chunks(step)).unwrap().0,
            expected,
            "steps of {step}"
        );
    }
}
