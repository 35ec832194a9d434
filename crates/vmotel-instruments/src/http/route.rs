//! Where the template of a route comes from.

use std::sync::{Arc, OnceLock};

use crate::RequestPath;

/// A place in the extensions of each request where a service can tell the template of its route.
///
/// For routers other than axum's, which know the route only after the layer has been passed: it is there where
/// [`HttpMetricsConfig::route`](super::HttpMetricsConfig::route) finds none.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::http::HttpRoute;
///
/// fn serve(request: &http::Request<()>) {
///     if let Some(route) = request.extensions().get::<HttpRoute>() {
///         route.set("/users/{id}");
///     }
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct HttpRoute(Arc<OnceLock<RequestPath>>);

impl HttpRoute {
    /// Tells the template; the first one told stays.
    ///
    /// Owned text is taken for a path that came in and is normalised, unless it is a [`RequestPath::template`].
    pub fn set(&self, template: impl Into<RequestPath>) {
        let _ = self.0.set(template.into());
    }

    pub(super) fn get(&self) -> Option<&RequestPath> {
        self.0.get()
    }
}

#[cfg(feature = "axum")]
pub(super) fn default_route(extensions: &http::Extensions) -> Option<RequestPath> {
    let path = extensions.get::<axum::extract::MatchedPath>()?;
    Some(RequestPath::template(crate::path_cache::shared(path.as_str())))
}

#[cfg(not(feature = "axum"))]
pub(super) fn default_route(_: &http::Extensions) -> Option<RequestPath> {
    None
}
