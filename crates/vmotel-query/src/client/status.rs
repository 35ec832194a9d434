//! What the server says about itself.

use std::collections::BTreeMap;

use http::Request;
use serde::de::DeserializeOwned;
use vmotel_http::Body;

use crate::error::Endpoint;
use crate::request::get;
use crate::{
    ActiveQuery, BuildInfo, Error, MetadataQuery, MetricMetadata, NameStats, NameStatsQuery, QueryClient,
    Targets, TargetsQuery, Tenant, TopQueries, TopQueriesQuery, TsdbStatus, TsdbStatusQuery, decode,
};

const BUILD: Endpoint = Endpoint::special("status/buildinfo");
const TSDB: Endpoint = Endpoint::special("status/tsdb");
const ACTIVE: Endpoint = Endpoint::special("status/active_queries");
const TOP: Endpoint = Endpoint::special("status/top_queries");
const NAMES: Endpoint = Endpoint::special("status/metric_names_stats");
const METADATA: Endpoint = Endpoint::special("metadata");
const TARGETS: Endpoint = Endpoint::special("targets");
const TENANTS: Endpoint = Endpoint::special("admin/tenants");
const METRICS: Endpoint = Endpoint::special("metrics");
const FLAGS: Endpoint = Endpoint::special("flags");
const HEALTH: Endpoint = Endpoint::special("health");

impl QueryClient {
    /// Returns the server's version (`/api/v1/status/buildinfo`); see [`BuildInfo`] for what VictoriaMetrics makes of it.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn build_info(&self) -> Result<BuildInfo, Error> {
        self.data(BUILD, crate::status::build_info(self.tenant)?).await
    }

    /// Returns where the cardinality is (`/api/v1/status/tsdb`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn tsdb_status(&self, query: &TsdbStatusQuery) -> Result<TsdbStatus, Error> {
        let status: TsdbStatus = self.data(TSDB, query.request(self.tenant)?).await?;
        Ok(status.normalized())
    }

    /// Returns the queries that run now, the one that asks for them left out (`/api/v1/status/active_queries`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn active_queries(&self) -> Result<Vec<ActiveQuery>, Error> {
        self.data(ACTIVE, get("/api/v1/status/active_queries")?).await
    }

    /// Returns the queries that cost the most (`/api/v1/status/top_queries`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn top_queries(&self, query: &TopQueriesQuery) -> Result<TopQueries, Error> {
        self.bare(TOP, query.request()?).await
    }

    /// Returns how often queries read each metric (`/api/v1/status/metric_names_stats`).
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Unsupported`] with VictoriaMetrics 1.112.
    pub async fn metric_name_stats(&self, query: &NameStatsQuery) -> Result<NameStats, Error> {
        self.bare(NAMES, query.request(self.tenant)?).await
    }

    /// Returns type, unit and help of metrics by their name (`/api/v1/metadata`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn metadata(
        &self,
        query: &MetadataQuery,
    ) -> Result<BTreeMap<String, Vec<MetricMetadata>>, Error> {
        self.data(METADATA, query.request(self.tenant)?).await
    }

    /// Returns what the server scrapes (`/api/v1/targets`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn targets(&self, query: &TargetsQuery) -> Result<Targets, Error> {
        self.data(TARGETS, query.request()?).await
    }

    /// Returns the tenants of a cluster that have data (`/admin/tenants` of vmselect).
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Unsupported`] with a single node.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, Error> {
        let names: Vec<String> = self.data(TENANTS, get("/admin/tenants")?).await?;
        let tenants = names.iter().map(|name| name.parse());
        tenants.collect::<Result<_, _>>().map_err(Error::Param)
    }

    /// Returns the server's own metrics in the Prometheus text format (`/metrics`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn own_metrics(&self) -> Result<String, Error> {
        self.text(METRICS, "/metrics").await
    }

    /// Returns the flags of a program of VictoriaMetrics with their values by name, `-` left out (`/flags`); secrets come as `secret`.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn flags(&self) -> Result<BTreeMap<String, String>, Error> {
        let text = self.text(FLAGS, "/flags").await?;
        let flags = text.lines().filter_map(|line| {
            let (name, value) = line.trim_start_matches('-').split_once('=')?;
            Some((name.to_owned(), value.trim_matches('"').to_owned()))
        });
        Ok(flags.collect())
    }

    /// Checks that the server is there and ready (`/health`, which asks for no credentials; `/-/healthy` with Prometheus).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn health(&self) -> Result<(), Error> {
        match self.text(HEALTH, "/health").await {
            Err(Error::Unsupported { .. }) => self.text(HEALTH, "/-/healthy").await.map(drop),
            other => other.map(drop),
        }
    }

    async fn text(&self, endpoint: Endpoint, path: &str) -> Result<String, Error> {
        let body = self.read(endpoint, get(path)?, self.timeout(None)).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Reads an answer whose content stands in `data`.
    pub(super) async fn data<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        request: Request<Body>,
    ) -> Result<T, Error> {
        let body = self.read(endpoint, request, self.timeout(None)).await?;
        decode::data(endpoint.name, &body)
    }

    /// Reads an answer whose content stands at its top.
    async fn bare<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        request: Request<Body>,
    ) -> Result<T, Error> {
        let body = self.read(endpoint, request, self.timeout(None)).await?;
        decode::bare(endpoint.name, &body)
    }
}
