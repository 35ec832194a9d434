//! What is made of the body of a read, each try anew.

use bytes::Bytes;
use vmotel_http::StreamingResponse;

use crate::error::Endpoint;
use crate::samples::{Decoder, SampleStream};
use crate::{Answer, ColumnSeries, Data, Error, RangeSeries, collect};

/// Makes something of an answer that begins well.
pub(super) trait Finish: Sync {
    type Made: Send;

    fn finish(&self, response: StreamingResponse) -> impl Future<Output = Result<Self::Made, Error>> + Send;
}

/// The answer itself, its body to be read by the caller.
pub(super) struct Unread;

impl Finish for Unread {
    type Made = StreamingResponse;

    async fn finish(&self, response: StreamingResponse) -> Result<StreamingResponse, Error> {
        Ok(response)
    }
}

/// The bytes of the body.
pub(super) struct Whole(pub(super) Endpoint);

impl Finish for Whole {
    type Made = Bytes;

    async fn finish(&self, response: StreamingResponse) -> Result<Bytes, Error> {
        let body = response.body.collect().await;
        body.map_err(|error| Error::sort(self.0, error))
    }
}

/// The result of an instant query.
pub(super) struct Instant;

impl Finish for Instant {
    type Made = Answer<Data>;

    async fn finish(&self, response: StreamingResponse) -> Result<Answer<Data>, Error> {
        collect::instant(samples_of(response)).await
    }
}

/// The result of a range query with at most so many points a series.
pub(super) struct Range(pub(super) u64);

impl Finish for Range {
    type Made = Answer<Vec<RangeSeries>>;

    async fn finish(&self, response: StreamingResponse) -> Result<Answer<Vec<RangeSeries>>, Error> {
        collect::range(samples_of(response), self.0).await
    }
}

/// The same by columns.
pub(super) struct Columns(pub(super) u64);

impl Finish for Columns {
    type Made = Answer<Vec<ColumnSeries>>;

    async fn finish(&self, response: StreamingResponse) -> Result<Answer<Vec<ColumnSeries>>, Error> {
        collect::columns(samples_of(response), self.0).await
    }
}

/// Returns the samples of the answer to a query.
pub(super) fn samples_of(response: StreamingResponse) -> SampleStream {
    SampleStream::new(response.body, Decoder::Matrix(Box::default()))
}
