//! Whole answers from streams.

use serde::Deserialize;

use crate::labels::{Interner, Place};
use crate::samples::{SampleStream, samples};
use crate::wire::{Block, ResultKind};
use crate::{Answer, ColumnSeries, Data, Error, Labels, RangeSeries, Sample, Timestamp, VectorSeries};

/// More room than this is not made in advance.
const MAX_ROOM: u64 = 1 << 17;

/// Gathers the series of a stream.
async fn gather<T>(
    stream: &mut SampleStream,
    mut begin: impl FnMut() -> T,
    mut extend: impl FnMut(&mut T, &Block<'_>),
    mut end: impl FnMut(&mut T),
    is_empty: impl Fn(&T) -> bool,
) -> Result<(Vec<(Place, T)>, Interner), Error> {
    let mut interner = Interner::default();
    let mut all: Vec<(Place, T)> = Vec::new();
    while let Some(block) = stream.next().await? {
        if block.first {
            if let Some((_, last)) = all.last_mut() {
                end(last);
            }
            let place = interner.add(block.labels).ok_or_else(|| Error::Decode {
                endpoint: "query",
                reason: "expected less than 4 GiB of labels".to_owned(),
            })?;
            all.push((place, begin()));
        }
        if let Some((_, last)) = all.last_mut() {
            extend(last, &block);
        }
    }
    if let Some((_, last)) = all.last_mut() {
        end(last);
    }
    // Series of native histograms stand elsewhere.
    all.retain(|(_, series)| !is_empty(series));
    Ok((all, interner))
}

fn label<T, S>(gathered: Vec<(Place, T)>, interner: Interner, make: impl Fn(Labels, T) -> S) -> Vec<S> {
    let labels = interner.finish();
    gathered
        .into_iter()
        .map(|(place, rest)| make(labels(place), rest))
        .collect()
}

fn around<T>(stream: SampleStream, data: T) -> Answer<T> {
    stream.into_answer().map(|()| data)
}

/// `points` is how many samples a series has at most.
pub(crate) async fn range(mut stream: SampleStream, points: u64) -> Result<Answer<Vec<RangeSeries>>, Error> {
    let (gathered, interner) = series(&mut stream, points).await?;
    expect_list(&stream)?;
    Ok(around(
        stream,
        label(gathered, interner, |labels, samples| RangeSeries {
            labels,
            samples,
        }),
    ))
}

async fn series(
    stream: &mut SampleStream,
    points: u64,
) -> Result<(Vec<(Place, Vec<Sample>)>, Interner), Error> {
    gather(
        stream,
        || Vec::with_capacity(points.min(MAX_ROOM) as usize),
        |series: &mut Vec<Sample>, block| series.extend(samples(block)),
        Vec::shrink_to_fit,
        Vec::is_empty,
    )
    .await
}

/// `points` is how many samples a series has at most.
pub(crate) async fn columns(
    mut stream: SampleStream,
    points: u64,
) -> Result<Answer<Vec<ColumnSeries>>, Error> {
    let (gathered, interner) = gather(
        &mut stream,
        || ColumnSeries {
            values: Vec::with_capacity(points.min(MAX_ROOM) as usize),
            ..ColumnSeries::default()
        },
        |series, block| {
            series.times.extend(block.times);
            series.values.extend_from_slice(block.values);
        },
        |series| {
            series.times.shrink();
            series.values.shrink_to_fit();
        },
        |series| series.values.is_empty(),
    )
    .await?;
    expect_list(&stream)?;
    let data = label(gathered, interner, |labels, series| ColumnSeries {
        labels,
        ..series
    });
    Ok(around(stream, data))
}

/// The samples of a series, of which a vector has one only.
enum Few {
    None,
    One(Sample),
    Many(Vec<Sample>),
}

impl Few {
    fn extend(&mut self, block: &Block<'_>) {
        for sample in samples(block) {
            match self {
                Self::None => *self = Self::One(sample),
                Self::One(first) => *self = Self::Many(vec![*first, sample]),
                Self::Many(all) => all.push(sample),
            }
        }
    }

    fn all(self) -> Vec<Sample> {
        match self {
            Self::None => Vec::new(),
            Self::One(sample) => vec![sample],
            Self::Many(all) => all,
        }
    }

    fn first(self) -> Sample {
        match self {
            Self::None => Sample::default(),
            Self::One(sample) => sample,
            Self::Many(all) => all.into_iter().next().unwrap_or_default(),
        }
    }
}

pub(crate) async fn instant(mut stream: SampleStream) -> Result<Answer<Data>, Error> {
    let (gathered, interner) = gather(
        &mut stream,
        || Few::None,
        Few::extend,
        |_| (),
        |few| matches!(few, Few::None),
    )
    .await?;
    let data = match stream.kind() {
        Some(ResultKind::Scalar | ResultKind::String) => single(&stream)?,
        Some(ResultKind::Matrix) => Data::Matrix(label(gathered, interner, |labels, few| RangeSeries {
            labels,
            samples: few.all(),
        })),
        _ => Data::Vector(label(gathered, interner, |labels, few| VectorSeries {
            labels,
            sample: few.first(),
        })),
    };
    Ok(around(stream, data))
}

fn expect_list(stream: &SampleStream) -> Result<(), Error> {
    match stream.kind() {
        Some(ResultKind::Matrix) => Ok(()),
        _ => Err(Error::Decode {
            endpoint: "query_range",
            reason: "expected a matrix".to_owned(),
        }),
    }
}

/// Reads a number or a text without a series.
fn single(stream: &SampleStream) -> Result<Data, Error> {
    #[derive(Deserialize)]
    struct Wire(f64, String);
    let failed = |reason: String| Error::Decode {
        endpoint: "query",
        reason,
    };
    let Wire(seconds, text) = serde_json::from_slice(stream.single()).map_err(|e| failed(e.to_string()))?;
    let time = Timestamp::from_secs_f64(seconds);
    if stream.kind() == Some(ResultKind::String) {
        return Ok(Data::String { time, text });
    }
    let value = text
        .parse()
        .map_err(|_| failed(format!("{text:?} is not a number")))?;
    Ok(Data::Scalar(Sample { time, value }))
}
