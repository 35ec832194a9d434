//! What a server says about itself: its data, its queries, its limits.

mod activity;
mod build;
mod metadata;
mod name_stats;
mod tsdb;

pub use activity::{ActiveQuery, TopQueries, TopQueriesQuery, TopQuery};
pub use build::BuildInfo;
pub use metadata::{MetadataQuery, MetricMetadata};
pub use name_stats::{NameStats, NameStatsQuery, NameUse};
pub use tsdb::{Count, TsdbStatus, TsdbStatusQuery};

use http::Request;
use vmotel_http::Body;

use crate::request::get;
use crate::tenant::Service;
use crate::{ParamError, Tenant};

pub(crate) fn build_info(tenant: Tenant) -> Result<Request<Body>, ParamError> {
    get(&tenant.path(Service::Select, "/api/v1/status/buildinfo"))
}

pub(crate) fn series_count(tenant: Tenant) -> Result<Request<Body>, ParamError> {
    get(&tenant.path(Service::Select, "/api/v1/series/count"))
}
