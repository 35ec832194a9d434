//! The result of an instant query as series with samples, as that of a range query is.

use anyhow::bail;
use vmotel_query::{Data, Labels, RangeSeries};

pub(super) fn of_data(data: Data) -> anyhow::Result<Vec<RangeSeries>> {
    Ok(match data {
        Data::Vector(all) => all
            .into_iter()
            .map(|series| RangeSeries {
                labels: series.labels,
                samples: vec![series.sample],
            })
            .collect(),
        Data::Matrix(all) => all,
        Data::Scalar(sample) => vec![RangeSeries {
            labels: Labels::default(),
            samples: vec![sample],
        }],
        Data::String { text, .. } => {
            bail!("the result is the text {text:?}, expected series; --output table prints it")
        }
        other => bail!("the result is {other:?}, expected series"),
    })
}
