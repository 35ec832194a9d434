//! The metrics' path for an existing axum application.

use axum::{Router, body::Body, extract::Request, routing::any};

use crate::Exporter;

impl Exporter {
    /// Returns a router that serves the metrics at the configured path, to be merged into an application's router.
    ///
    /// The router keeps the exporter alive. Its scrapes are collected on the exporter's own thread, so that they hold no worker
    /// of the application's runtime, of whichever kind. Connections are the application's: their number and slow readers are
    /// bounded by its server. Needs the feature `axum`.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use vmotel_exporter::{Config, Exporter};
    ///
    /// let exporter = Exporter::builder().with_config(Config::guide()).with_global(false).build()?;
    /// let app: Router = Router::new()
    ///     .route("/", get(|| async { "hello" }))
    ///     .merge(exporter.routes());
    /// # Ok::<(), vmotel_exporter::BuildError>(())
    /// ```
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let exporter = self.clone();
        let path = self.config().path.clone();
        let handler = any(move |request: Request| {
            let exporter = exporter.clone();
            async move {
                exporter
                    .scraper()
                    // Whose runtime may have no timer: the next scrape finds out what hangs.
                    .respond(request.method(), request.headers(), std::future::pending())
                    .await
                    .map(Body::from)
            }
        });
        Router::new().route(&path, handler)
    }
}
