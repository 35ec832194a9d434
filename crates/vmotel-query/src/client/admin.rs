//! What changes the state of a server.

use http::Request;
use serde::Deserialize;
use vmotel_http::Body;

use crate::error::Endpoint;
use crate::form::Form;
use crate::request::{get, post};
use crate::tenant::Service;
use crate::{Error, ParamError, QueryClient, decode, params};

const DELETE: Endpoint = Endpoint::special("delete_series");
const SNAPSHOT: Endpoint = Endpoint::special("snapshot");
const FLUSH: Endpoint = Endpoint::special("force_flush");
const CACHE: Endpoint = Endpoint::special("resetRollupResultCache");
const RELOAD: Endpoint = Endpoint::special("reload");

#[derive(Deserialize)]
struct Snapshot {
    snapshot: String,
}

#[derive(Deserialize)]
struct Snapshots {
    snapshots: Option<Vec<String>>,
}

/// `{"status":"error","msg":"..."}`, with status 200 or 500.
#[derive(Deserialize)]
struct Outcome {
    status: String,
    #[serde(default)]
    msg: String,
}

impl QueryClient {
    /// Deletes all samples of the series that fit one of the selectors (`/api/v1/admin/tsdb/delete_series`), for good.
    ///
    /// The server knows no range of time here. New samples of the same series can be stored at once.
    ///
    /// # Errors
    /// Any [`Error`]; no selector, or a blank one.
    pub async fn delete_series(&self, selectors: &[String]) -> Result<(), Error> {
        params::selectors(selectors)?;
        let path = self
            .tenant
            .path(Service::Delete, "/api/v1/admin/tsdb/delete_series");
        self.change(DELETE, &path, Form::of_selectors(selectors))
            .await
            .map(drop)
    }

    /// Makes a snapshot of all data and returns its name (`/snapshot/create` of a single node or vmstorage).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn create_snapshot(&self) -> Result<String, Error> {
        let body = self.change(SNAPSHOT, "/snapshot/create", Form::default()).await?;
        let made: Snapshot = decode::bare(SNAPSHOT.name, &body)?;
        Ok(made.snapshot)
    }

    /// Returns the names of the snapshots, the oldest first (`/snapshot/list`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn snapshots(&self) -> Result<Vec<String>, Error> {
        let body = self.change(SNAPSHOT, "/snapshot/list", Form::default()).await?;
        let found: Snapshots = decode::bare(SNAPSHOT.name, &body)?;
        Ok(found.snapshots.unwrap_or_default())
    }

    /// Deletes a snapshot (`/snapshot/delete`).
    ///
    /// # Errors
    /// Any [`Error`]; there is none of this name.
    pub async fn delete_snapshot(&self, name: &str) -> Result<(), Error> {
        let mut form = Form::default();
        form.pair("snapshot", name);
        let body = self.change(SNAPSHOT, "/snapshot/delete", form).await?;
        outcome(&body)
    }

    /// Deletes all snapshots (`/snapshot/delete_all`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn delete_all_snapshots(&self) -> Result<(), Error> {
        let body = self
            .change(SNAPSHOT, "/snapshot/delete_all", Form::default())
            .await?;
        outcome(&body)
    }

    /// Makes what was just written visible to queries (`/internal/force_flush`); meant for tests, as it costs the server much.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn force_flush(&self) -> Result<(), Error> {
        self.change(FLUSH, "/internal/force_flush", Form::default())
            .await
            .map(drop)
    }

    /// Empties the cache of query results (`/internal/resetRollupResultCache`), needed after back-filling the past.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn reset_query_cache(&self) -> Result<(), Error> {
        self.change(CACHE, "/internal/resetRollupResultCache", Form::default())
            .await
            .map(drop)
    }

    /// Makes the server read its configuration again (`/-/reload`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn reload(&self) -> Result<(), Error> {
        self.change(RELOAD, "/-/reload", Form::default()).await.map(drop)
    }

    async fn change(&self, endpoint: Endpoint, path: &str, form: Form) -> Result<bytes::Bytes, Error> {
        let request = self.with_key(path, form)?;
        self.write(endpoint, request, self.timeout(None)).await
    }

    fn with_key(&self, path: &str, mut form: Form) -> Result<Request<Body>, ParamError> {
        if let Some(key) = &self.auth_key {
            form.pair("authKey", key.expose());
        } else if path == "/snapshot/list" {
            return get(path);
        }
        post(path, form)
    }
}

fn outcome(body: &[u8]) -> Result<(), Error> {
    let outcome: Outcome = decode::bare(SNAPSHOT.name, body)?;
    if outcome.status == "ok" {
        Ok(())
    } else {
        Err(Error::said(String::new(), outcome.msg))
    }
}
