//! Expressions rewritten by the server.

use http::Request;
use serde::Deserialize;
use vmotel_http::Body;

use crate::form::Form;
use crate::params::not_blank;
use crate::request::get_or_post;
use crate::tenant::Service;
use crate::{Error, ParamError, Tenant};

pub(crate) fn prettify(query: &str, tenant: Tenant) -> Result<Request<Body>, ParamError> {
    request("/prettify-query", query, tenant)
}

pub(crate) fn expand(query: &str, tenant: Tenant) -> Result<Request<Body>, ParamError> {
    request("/expand-with-exprs", query, tenant)
}

fn request(path: &str, query: &str, tenant: Tenant) -> Result<Request<Body>, ParamError> {
    not_blank("query", query)?;
    let mut form = Form::default();
    form.pair("query", query);
    form.pair("format", "json");
    get_or_post(&tenant.path(Service::Select, path), form)
}

#[derive(Deserialize)]
struct Wire {
    #[serde(alias = "expr")]
    query: Option<String>,
    #[serde(alias = "msg")]
    error: Option<String>,
}

/// Reads the answer; an error comes with status 200 here.
pub(crate) fn text(endpoint: &'static str, body: &[u8]) -> Result<String, Error> {
    let decode = |reason| Error::Decode { endpoint, reason };
    let wire: Wire = serde_json::from_slice(body).map_err(|e| decode(e.to_string()))?;
    match (wire.query, wire.error) {
        (_, Some(message)) => Err(Error::said(String::new(), message)),
        (Some(query), None) => Ok(query),
        (None, None) => Err(decode("neither a query nor an error".to_owned())),
    }
}
