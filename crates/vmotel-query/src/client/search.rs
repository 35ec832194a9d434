//! Finding series and labels.

use crate::error::Endpoint;
use crate::{Answer, Error, Labels, QueryClient, SeriesQuery, decode};

const SERIES: Endpoint = Endpoint::common("series");
const LABELS: Endpoint = Endpoint::common("labels");
const VALUES: Endpoint = Endpoint::common("label values");
const COUNT: Endpoint = Endpoint::special("series/count");

impl QueryClient {
    /// Returns the labels of the series that fit a selector (`/api/v1/series`), in no particular order.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn series(&self, query: &SeriesQuery) -> Result<Answer<Vec<Labels>>, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.series_request(self.tenant, timeout)?;
        decode::list(SERIES.name, &self.read(SERIES, request, timeout).await?)
    }

    /// Returns the names of the labels (`/api/v1/labels`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn label_names(&self, query: &SeriesQuery) -> Result<Answer<Vec<String>>, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.label_names_request(self.tenant, timeout)?;
        decode::list(LABELS.name, &self.read(LABELS, request, timeout).await?)
    }

    /// Returns the values of a label (`/api/v1/label/NAME/values`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn label_values(&self, label: &str, query: &SeriesQuery) -> Result<Answer<Vec<String>>, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.label_values_request(label, self.tenant, timeout)?;
        decode::list(VALUES.name, &self.read(VALUES, request, timeout).await?)
    }

    /// Returns how many series the server has ever stored within its retention (`/api/v1/series/count`); fresh ones come late.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn series_count(&self) -> Result<u64, Error> {
        let counts: Vec<u64> = self
            .data(COUNT, crate::status::series_count(self.tenant)?)
            .await?;
        Ok(counts.iter().sum())
    }
}
