//! Reading and writing stored samples in bulk.

use std::sync::PoisonError;

use bytes::Bytes;
use http::Request;
use vmotel_http::Body;

use crate::error::Endpoint;
use crate::samples::{Decoder, SampleStream};
use crate::{
    CsvDecoder, CsvFormat, Error, ExportFormat, ExportQuery, FederateQuery, ImportFormat, ImportOptions,
    ImportReport, ImportSeries, QueryClient, RawStream, import,
};

const EXPORT: Endpoint = Endpoint::special("export");
const FEDERATE: Endpoint = Endpoint::special("federate");
const IMPORT: Endpoint = Endpoint::special("import");

impl QueryClient {
    /// Reads the stored samples of the series that fit a selector as JSON lines (`/api/v1/export`), in bounded memory.
    ///
    /// Without `start` and `end` it reads everything until the current second.
    ///
    /// # Errors
    /// Any [`Error`]; also from the stream.
    pub async fn export(&self, query: &ExportQuery) -> Result<SampleStream, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.json_request(self.tenant, timeout)?;
        let body = self.stream(EXPORT, request, timeout).await?.body;
        Ok(SampleStream::new(body, Decoder::JsonLines(Box::default())))
    }

    /// Reads the stored samples as CSV (`/api/v1/export/csv`), which knows only the labels that the format names, in constant memory.
    ///
    /// # Errors
    /// Any [`Error`]; also from the stream.
    pub async fn export_csv(&self, query: &ExportQuery, format: &CsvFormat) -> Result<SampleStream, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.csv_request(format, self.tenant, timeout)?;
        let decoder = CsvDecoder::new(format)?;
        let body = self.stream(EXPORT, request, timeout).await?.body;
        Ok(SampleStream::new(body, Decoder::Csv(Box::new(decoder))))
    }

    /// Reads the stored samples in the server's own format (`/api/v1/export/native`), the quickest way, in constant memory.
    ///
    /// # Errors
    /// Any [`Error`]; also from the stream.
    #[cfg(feature = "unstable-native")]
    pub async fn export_native(&self, query: &ExportQuery) -> Result<SampleStream, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.native_request(self.tenant, timeout)?;
        let body = self.stream(EXPORT, request, timeout).await?.body;
        Ok(SampleStream::new(body, Decoder::Native(Box::default())))
    }

    /// Reads the stored samples as the server writes them, for a file or another server.
    ///
    /// # Errors
    /// Any [`Error`]; also from the stream.
    pub async fn export_raw(&self, query: &ExportQuery, format: &ExportFormat) -> Result<RawStream, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = match format {
            ExportFormat::JsonLines => query.json_request(self.tenant, timeout),
            ExportFormat::Text => query.text_request(self.tenant, timeout),
            ExportFormat::Csv(columns) => query.csv_request(columns, self.tenant, timeout),
            ExportFormat::Native => query.native_request(self.tenant, timeout),
        }?;
        let body = self.stream(EXPORT, request, timeout).await?.body;
        Ok(RawStream::new(EXPORT.name, body))
    }

    /// Reads the last sample of each series as Prometheus text (`/federate`).
    ///
    /// # Errors
    /// Any [`Error`]; also from the stream.
    pub async fn federate(&self, query: &FederateQuery) -> Result<RawStream, Error> {
        let timeout = self.timeout(query.options.timeout);
        let request = query.request(self.tenant, timeout)?;
        let body = self.stream(FEDERATE, request, timeout).await?.body;
        Ok(RawStream::new(FEDERATE.name, body))
    }

    /// Stores samples with their own timestamps (`/api/v1/import`), compressed and made while they are sent.
    ///
    /// The iterator runs on the thread that drives the future and should not wait for anything. The server answers with a success
    /// even for what it drops; the report counts what is known to be dropped and is therefore not sent. A new sample is visible to
    /// queries after some seconds.
    ///
    /// # Errors
    /// Any [`Error`]; then a part of the series may be stored. Sending the same again is harmless: equal samples replace each other.
    pub async fn import<I>(&self, series: I) -> Result<ImportReport, Error>
    where
        I: IntoIterator<Item = ImportSeries>,
        I::IntoIter: Send + 'static,
    {
        self.import_with(series, &ImportOptions::default()).await
    }

    /// Stores samples as [`Self::import`] does, with options.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub async fn import_with<I>(&self, series: I, options: &ImportOptions) -> Result<ImportReport, Error>
    where
        I: IntoIterator<Item = ImportSeries>,
        I::IntoIter: Send + 'static,
    {
        let (request, report) = import::request(series.into_iter(), options, self.tenant)?;
        self.store(request, options).await?;
        let report = report.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(report.clone())
    }

    /// Stores samples that are already written in one of the server's formats, as [`Self::export_raw`] gives them; returns the number of
    /// bytes sent, before compression.
    ///
    /// The server answers with a success even for lines that it cannot read, so this proves nothing about them. The iterator runs on the
    /// thread that drives the future.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Input`] if the iterator gives an error: what was whole before it is stored. If the connection breaks, a part of
    /// the samples may be stored, and of text and CSV one with a number cut short, as the server takes half a line for a whole one.
    pub async fn import_raw<I>(
        &self,
        chunks: I,
        format: &ImportFormat,
        options: &ImportOptions,
    ) -> Result<u64, Error>
    where
        I: IntoIterator<Item = std::io::Result<Bytes>>,
        I::IntoIter: Send + 'static,
    {
        let (request, sent) = import::raw_request(chunks.into_iter(), format, options, self.tenant)?;
        let stored = self.store(request, options).await;
        // Of half a block the server complains, too, but the cause is here.
        let bytes = sent.outcome()?;
        stored.map(|()| bytes)
    }

    async fn store(&self, request: Request<Body>, options: &ImportOptions) -> Result<(), Error> {
        self.write(IMPORT, request, self.timeout(options.timeout))
            .await
            .map(drop)
    }
}
