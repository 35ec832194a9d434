//! Evaluating expressions.

use super::finish::{Columns, Instant, Range, samples_of};
use crate::error::Endpoint;
use crate::samples::SampleStream;
use crate::{
    Answer, ColumnSeries, Data, Error, ExemplarQuery, ExemplarSeries, InstantQuery, QueryClient, RangeQuery,
    RangeSeries, expression,
};

const QUERY: Endpoint = Endpoint::common("query");
const QUERY_RANGE: Endpoint = Endpoint::common("query_range");
const EXEMPLARS: Endpoint = Endpoint::special("query_exemplars");
const PRETTIFY: Endpoint = Endpoint::special("prettify-query");
const EXPAND: Endpoint = Endpoint::special("expand-with-exprs");

impl QueryClient {
    /// Evaluates an expression at one point in time (`/api/v1/query`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn query(&self, query: &InstantQuery) -> Result<Answer<Data>, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.request(self.tenant, timeout)?;
        self.attempt(QUERY, request, timeout, Instant).await
    }

    /// Evaluates an expression at every step of a range (`/api/v1/query_range`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn query_range(&self, query: &RangeQuery) -> Result<Answer<Vec<RangeSeries>>, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.request(self.tenant, timeout)?;
        self.attempt(QUERY_RANGE, request, timeout, Range(query.points()))
            .await
    }

    /// Evaluates an expression at every step of a range, by columns: half the memory of [`Self::query_range`] where no point is missing.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn query_range_columns(&self, query: &RangeQuery) -> Result<Answer<Vec<ColumnSeries>>, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.request(self.tenant, timeout)?;
        self.attempt(QUERY_RANGE, request, timeout, Columns(query.points()))
            .await
    }

    /// Evaluates an expression at every step of a range and hands the samples out as they arrive, in constant memory.
    ///
    /// # Errors
    /// Any [`Error`]; also from the stream.
    pub async fn query_range_stream(&self, query: &RangeQuery) -> Result<SampleStream, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.request(self.tenant, timeout)?;
        Ok(samples_of(self.stream(QUERY_RANGE, request, timeout).await?))
    }

    /// Evaluates an expression at one point in time and hands the series out as they arrive, in constant memory.
    ///
    /// # Errors
    /// Any [`Error`]; also from the stream.
    pub async fn query_stream(&self, query: &InstantQuery) -> Result<SampleStream, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.request(self.tenant, timeout)?;
        Ok(samples_of(self.stream(QUERY, request, timeout).await?))
    }

    /// Returns exemplars of the series that an expression reads (`/api/v1/query_exemplars`); VictoriaMetrics has none.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn exemplars(&self, query: &ExemplarQuery) -> Result<Vec<ExemplarSeries>, Error> {
        self.data(EXEMPLARS, query.request(self.tenant)?).await
    }

    /// Returns an expression written by the server's formatter (`/prettify-query`).
    ///
    /// The server does not check names of functions and numbers of arguments here; the crate vmotel-metricsql does, without a server.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn prettify(&self, query: &str) -> Result<String, Error> {
        let body = self
            .read(
                PRETTIFY,
                expression::prettify(query, self.tenant)?,
                self.timeout(None),
            )
            .await?;
        expression::text(PRETTIFY.name, &body)
    }

    /// Returns an expression with its `WITH` templates written out (`/expand-with-exprs`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn expand_with(&self, query: &str) -> Result<String, Error> {
        let body = self
            .read(
                EXPAND,
                expression::expand(query, self.tenant)?,
                self.timeout(None),
            )
            .await?;
        expression::text(EXPAND.name, &body)
    }
}
