//! The page for an existing axum application.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    routing::any,
};

use crate::Explorer;

impl Explorer {
    /// Returns a router that serves the page, to be merged into an application's router outside of its HTTP layers.
    ///
    /// Under [`Access::Loopback`](crate::Access::Loopback) the application must be served with
    /// `into_make_service_with_connect_info::<SocketAddr>()`, or every request is answered 403. Needs the feature `axum`.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let explorer = self.clone();
        let path = self.config().path.clone();
        let handler = any(move |request: Request| {
            let explorer = explorer.clone();
            async move {
                let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
                let peer = peer.map(|ConnectInfo(address)| address.ip());
                let (parts, _) = request.into_parts();
                let request = Request::from_parts(parts, ());
                explorer.respond(peer, &request).await.map(Body::from)
            }
        });
        Router::new()
            .route(&path, handler.clone())
            .route(&format!("{path}/{{file}}"), handler)
    }
}
