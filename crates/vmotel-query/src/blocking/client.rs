//! The calls, each the asynchronous one waited for.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error as ThisError;

use super::driver::Driver;
use super::{RawStream, SampleStream};
use crate::{
    ActiveQuery, Alert, Answer, BaseUrl, BuildInfo, ClientConfig, ColumnSeries, ConfigError, CsvFormat, Data,
    Error, ExportFormat, ExportQuery, FederateQuery, ImportFormat, ImportOptions, ImportReport, ImportSeries,
    InstantQuery, Labels, MetadataQuery, MetricMetadata, NameStats, NameStatsQuery, RangeQuery, RangeSeries,
    RetryConfig, RuleGroup, RulesQuery, Secret, SeriesQuery, Targets, TargetsQuery, Tenant, TopQueries,
    TopQueriesQuery, TsdbStatus, TsdbStatusQuery,
};

/// Why a blocking client could not be made.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system gives no thread, or nothing to wait for IO with.
    #[error("the client's thread could not be started")]
    Thread(#[source] io::Error),
}

/// A client that blocks its caller, cheap to clone; see the [module](crate::blocking).
///
/// What it does not offer, the asynchronous [client](crate::QueryClient) does.
#[derive(Debug, Clone)]
pub struct QueryClient {
    client: crate::QueryClient,
    driver: Arc<Driver>,
}

/// Declares calls that wait for the asynchronous ones of the same name.
macro_rules! waiting {
    ($($name:ident($($argument:ident: &$kind:ty),*) -> $made:ty, $says:literal;)*) => {
        $(
            #[doc = $says]
            ///
            /// # Errors
            #[doc = concat!("As [`QueryClient::", stringify!($name), "`](crate::QueryClient::", stringify!($name), ").")]
            pub fn $name(&self, $($argument: &$kind),*) -> Result<$made, Error> {
                let client = self.client.clone();
                $(let $argument = $argument.to_owned();)*
                self.driver.wait(async move { client.$name($(&$argument),*).await })
            }
        )*
    };
}

/// Declares calls that wait for the beginning of a stream.
macro_rules! streaming {
    ($($(#[$attribute:meta])? $name:ident($($argument:ident: &$kind:ty),*) -> $stream:ident, $says:literal;)*) => {
        $(
            #[doc = $says]
            ///
            /// # Errors
            #[doc = concat!("As [`QueryClient::", stringify!($name), "`](crate::QueryClient::", stringify!($name), "); also from the stream.")]
            $(#[$attribute])?
            pub fn $name(&self, $($argument: &$kind),*) -> Result<$stream, Error> {
                let client = self.client.clone();
                $(let $argument = $argument.to_owned();)*
                let stream = self.driver.wait(async move { client.$name($(&$argument),*).await })?;
                Ok($stream::new(Arc::clone(&self.driver), stream))
            }
        )*
    };
}

impl QueryClient {
    /// Creates a client and starts its thread; opens no connection yet.
    ///
    /// # Errors
    /// A setting is invalid, or the thread cannot be started.
    pub fn new(base: BaseUrl, tenant: Tenant, config: ClientConfig) -> Result<Self, StartError> {
        Ok(Self {
            client: crate::QueryClient::new(base, tenant, config)?,
            driver: Arc::new(Driver::start().map_err(StartError::Thread)?),
        })
    }

    /// Returns a client for another tenant that shares the connections and the thread.
    #[must_use]
    pub fn for_tenant(&self, tenant: Tenant) -> Self {
        Self {
            client: self.client.for_tenant(tenant),
            driver: Arc::clone(&self.driver),
        }
    }

    /// Returns the client with other rules for trying a read again.
    #[must_use]
    pub fn with_retry(self, retry: RetryConfig) -> Self {
        Self {
            client: self.client.with_retry(retry),
            ..self
        }
    }

    /// Returns the client with the key that servers with `-deleteAuthKey` and the like ask for.
    #[must_use]
    pub fn with_auth_key(self, key: Secret) -> Self {
        Self {
            client: self.client.with_auth_key(key),
            ..self
        }
    }

    /// Returns the tenant.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        self.client.tenant()
    }

    /// Returns the server's address.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        self.client.base()
    }

    waiting! {
        query(query: &InstantQuery) -> Answer<Data>, "Evaluates an expression at one point in time.";
        query_range(query: &RangeQuery) -> Answer<Vec<RangeSeries>>, "Evaluates an expression at every step of a range.";
        query_range_columns(query: &RangeQuery) -> Answer<Vec<ColumnSeries>>, "Evaluates an expression at every step of a range, by columns.";
        series(query: &SeriesQuery) -> Answer<Vec<Labels>>, "Returns the labels of the series that fit a selector.";
        label_names(query: &SeriesQuery) -> Answer<Vec<String>>, "Returns the names of the labels.";
        label_values(label: &str, query: &SeriesQuery) -> Answer<Vec<String>>, "Returns the values of a label.";
        series_count() -> u64, "Returns how many series the server has ever stored within its retention.";
        metadata(query: &MetadataQuery) -> BTreeMap<String, Vec<MetricMetadata>>, "Returns type, unit and help of metrics by their name.";
        tsdb_status(query: &TsdbStatusQuery) -> TsdbStatus, "Returns where the cardinality is.";
        active_queries() -> Vec<ActiveQuery>, "Returns the queries that run now.";
        top_queries(query: &TopQueriesQuery) -> TopQueries, "Returns the queries that cost the most.";
        metric_name_stats(query: &NameStatsQuery) -> NameStats, "Returns how often queries read each metric.";
        build_info() -> BuildInfo, "Returns the server's version.";
        targets(query: &TargetsQuery) -> Targets, "Returns what the server scrapes.";
        rules(query: &RulesQuery) -> Vec<RuleGroup>, "Returns the groups of rules.";
        alerts() -> Vec<Alert>, "Returns the alerts that are pending or firing.";
        own_metrics() -> String, "Returns the server's own metrics in the Prometheus text format.";
        health() -> (), "Checks that the server is there and ready.";
        delete_series(selectors: &[String]) -> (), "Deletes all samples of the series that fit one of the selectors, for good.";
    }

    streaming! {
        query_stream(query: &InstantQuery) -> SampleStream, "Evaluates an expression at one point in time and hands the series out as they arrive.";
        query_range_stream(query: &RangeQuery) -> SampleStream, "Evaluates an expression at every step of a range and hands the samples out as they arrive.";
        export(query: &ExportQuery) -> SampleStream, "Reads the stored samples of the series that fit a selector as JSON lines.";
        export_csv(query: &ExportQuery, format: &CsvFormat) -> SampleStream, "Reads the stored samples as CSV.";
        #[cfg(feature = "unstable-native")]
        export_native(query: &ExportQuery) -> SampleStream, "Reads the stored samples in the server's own format.";
        export_raw(query: &ExportQuery, format: &ExportFormat) -> RawStream, "Reads the stored samples as the server writes them.";
        federate(query: &FederateQuery) -> RawStream, "Reads the last sample of each series as Prometheus text.";
    }

    /// Stores samples with their own timestamps.
    ///
    /// The iterator runs on the client's thread: while it waits for something, the clones' calls wait, too, and so does the deadline. It
    /// cannot call the client.
    ///
    /// # Errors
    /// As [`QueryClient::import`](crate::QueryClient::import); an error if the iterator panics.
    pub fn import<I>(&self, series: I) -> Result<ImportReport, Error>
    where
        I: IntoIterator<Item = ImportSeries>,
        I::IntoIter: Send + 'static,
    {
        self.import_with(series, &ImportOptions::default())
    }

    /// Stores samples as [`Self::import`] does, with options.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub fn import_with<I>(&self, series: I, options: &ImportOptions) -> Result<ImportReport, Error>
    where
        I: IntoIterator<Item = ImportSeries>,
        I::IntoIter: Send + 'static,
    {
        let (client, series, options) = (self.client.clone(), series.into_iter(), options.clone());
        self.driver
            .wait(async move { client.import_with(series, &options).await })
    }

    /// Stores samples that are already written in one of the server's formats; returns the number of bytes sent, before compression.
    ///
    /// The iterator runs as that of [`Self::import`].
    ///
    /// # Errors
    /// As [`QueryClient::import_raw`](crate::QueryClient::import_raw); an error if the iterator panics.
    pub fn import_raw<I>(
        &self,
        chunks: I,
        format: &ImportFormat,
        options: &ImportOptions,
    ) -> Result<u64, Error>
    where
        I: IntoIterator<Item = io::Result<Bytes>>,
        I::IntoIter: Send + 'static,
    {
        let (client, chunks, options) = (self.client.clone(), chunks.into_iter(), options.clone());
        let format = format.clone();
        self.driver
            .wait(async move { client.import_raw(chunks, &format, &options).await })
    }
}
