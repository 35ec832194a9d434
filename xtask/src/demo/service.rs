//! The example service: axum over real sockets, with the families of vmotel-instruments.
//!
//! Requests are recorded twice, each under its own `service` label: `shop` by the HTTP layer, with the time that really
//! passed; `guide` by hand, with the durations that the plan says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::any,
};
use deadpool::managed::{Manager, Metrics, Pool, RecycleResult};
use tokio::{net::TcpListener, runtime::Handle, task::JoinHandle};
use vmotel_explorer::Explorer;
use vmotel_exporter::Engine;
use vmotel_instruments::{
    AppMetrics, BusinessMetrics, CacheMetrics, DbPoolMetrics, ProcessMetrics, TokioMetrics, catalog,
    http::HttpMetricsLayer,
};
use vmotel_model::Naming;
use vmotel_testkit::request;

use super::{
    exposed::Exposed,
    plan::{CACHES, CONNECTIONS, OPERATIONS, Order, PATHS, POOL, PRODUCT_TYPES, PRODUCTS, STOCK, User, Work},
    stack::blocking,
};
use crate::step;

/// The service that is instrumented by the HTTP layer.
pub(super) const SHOP: &str = "shop";
/// The service that records each request by hand.
pub(super) const GUIDE: &str = "guide";
/// The name of the meters.
pub(super) const SCOPE: &str = "demo";
/// The header in which a request carries its [`Work`].
pub(super) const WORK: &str = "x-work";
/// The header in which the answer tells how long the handler took, in nanoseconds.
pub(super) const INSIDE: &str = "x-inside-nanos";
/// The service waits this much less than the plan says.
const SCALE: u64 = 100;

/// The running service with its two exporters.
#[derive(Debug)]
pub(super) struct Services {
    shop: Exposed,
    guide: Exposed,
    explorer: Explorer,
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// Connections to a database that is not there.
#[derive(Debug)]
struct Connections;

impl Manager for Connections {
    type Type = ();
    type Error = std::convert::Infallible;

    async fn create(&self) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn recycle(&self, (): &mut (), _: &Metrics) -> RecycleResult<Self::Error> {
        Ok(())
    }
}

/// Returns a pool all of whose connections are open.
async fn connections() -> anyhow::Result<Pool<Connections>> {
    let pool = Pool::builder(Connections).max_size(CONNECTIONS).build()?;
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        open.push(pool.get().await.context("no connection")?);
    }
    Ok(pool)
}

/// What the handlers share.
#[derive(Debug, Clone)]
struct Shop {
    by_layer: AppMetrics,
    by_hand: AppMetrics,
    business: BusinessMetrics,
    cache: CacheMetrics,
    pools: DbPoolMetrics,
    connections: Pool<Connections>,
    stock: Arc<Mutex<[i64; PRODUCTS.len()]>>,
}

impl Services {
    /// Starts the exporters and the service on free ports of the loopback interface.
    pub(super) async fn start(engine: Engine) -> anyhow::Result<Self> {
        let shop = Exposed::start(SHOP, engine)?;
        let guide = Exposed::start(GUIDE, engine)?;
        let meter = shop.meter(SCOPE);
        ProcessMetrics::register(&meter);
        TokioMetrics::register(&meter, &Handle::current());
        let pools = DbPoolMetrics::new(&meter);
        let connections = connections().await?;
        pools.observe(POOL, connections.clone()).keep();
        let state = Shop {
            by_layer: AppMetrics::new(&meter),
            by_hand: AppMetrics::new(&guide.meter(SCOPE)),
            business: BusinessMetrics::new(&meter),
            cache: CacheMetrics::new(&meter),
            pools,
            connections,
            stock: Arc::new(Mutex::new([STOCK; PRODUCTS.len()])),
        };
        for product in PRODUCTS {
            state.business.update_inventory(product, STOCK);
        }
        let layer = HttpMetricsLayer::new(state.by_layer.clone());
        let router = PATHS
            .iter()
            .fold(Router::new(), |router, path| router.route(path, any(handle)))
            .layer(layer)
            .with_state(state);
        // For clients on this machine, by its address.
        let explorer = shop.explorer()?;
        let router = router.merge(explorer.routes());
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        let address = listener.local_addr().context("no address")?;
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the service ended: {error}");
            }
        });
        Ok(Self {
            shop,
            guide,
            explorer,
            address,
            task,
        })
    }

    /// Returns where the load goes.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the name and the address of what is scraped.
    pub(super) fn targets(&self) -> [(&'static str, String); 2] {
        [(SHOP, self.shop.address()), (GUIDE, self.guide.address())]
    }

    /// Prints where everything is reached.
    pub(super) fn print(&self) {
        println!("service           http://{}{}", self.address, PATHS[0]);
        println!("explorer          http://{}/debug/metrics", self.address);
        for (name, address) in self.targets() {
            println!("metrics of {name:<6} http://{address}/metrics");
        }
    }

    /// Fails unless the explorer's page shows each of the families by its next sample, which it takes every 5 s.
    pub(super) async fn check_explorer(&self) -> anyhow::Result<()> {
        let names = [
            catalog::HTTP_REQUESTS_TOTAL,
            catalog::BUSINESS_ORDERS_TOTAL,
            catalog::CACHE_HITS_TOTAL,
            catalog::DB_CLIENT_CONNECTION_COUNT,
            catalog::PROCESS_OPEN_FDS,
            catalog::TOKIO_RUNTIME_WORKERS,
        ]
        .map(|family| family.exposed_name(Naming::default()));
        let names = names.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut missing = names.clone();
        for _ in 0..100 {
            let address = self.address.to_string();
            let overview =
                blocking(move || Ok(request(&address, "GET", "/debug/metrics/data.json", &[], &[])?)).await?;
            ensure!(overview.status == 200, "the explorer answers {}", overview.status);
            let text = overview.text();
            missing = names.clone();
            missing.retain(|name| !text.contains(&format!("\"{name}\"")));
            if missing.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the explorer does not show {}", missing.join(", "))
    }

    /// Ends the service and its exporters.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.task.abort();
        self.explorer.shutdown(Duration::from_secs(1));
        self.shop.stop().await?;
        self.guide.stop().await
    }
}

async fn handle(
    State(shop): State<Shop>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let begin = step::now();
    let work = headers
        .get(WORK)
        .and_then(|value| serde_json::from_slice::<Work>(value.as_bytes()).ok());
    let Some(work) = work else {
        return (StatusCode::BAD_REQUEST, "no work in the header x-work\n").into_response();
    };
    tokio::time::sleep(Duration::from_nanos(work.duration_nanos / SCALE)).await;

    let path = PATHS
        .iter()
        .copied()
        .find(|path| *path == uri.path())
        .unwrap_or("_unmatched");
    let duration = Duration::from_nanos(work.duration_nanos);
    let method = method.as_str().to_owned();
    shop.by_hand
        .record_request(method, path, work.status, duration, body.len() as u64);
    for app in [&shop.by_layer, &shop.by_hand] {
        match work.user {
            Some(User::Login) => app.record_user_login(),
            Some(User::Logout) => app.record_user_logout(),
            None => {}
        }
    }
    if let Some(order) = work.order {
        shop.sell(order).await;
    }
    if let Some(work) = work.cache {
        let cache = CACHES[work.cache];
        if work.hit {
            shop.cache.record_hit(cache);
        } else {
            shop.cache.record_miss(cache);
        }
        if work.eviction {
            shop.cache.record_eviction(cache);
        }
        let duration = Duration::from_nanos(work.duration_nanos);
        shop.cache
            .record_latency(cache, OPERATIONS[work.operation], duration);
    }
    let status = StatusCode::from_u16(work.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let inside = begin.elapsed().as_nanos().to_string();
    (status, [(INSIDE, inside)], "done\n").into_response()
}

impl Shop {
    async fn sell(&self, order: Order) {
        let duration = Duration::from_nanos(order.duration_nanos);
        let Ok(connection) = self.connections.get().await else {
            self.pools.record_timeout(POOL);
            return;
        };
        let wait = Duration::from_nanos(order.wait_nanos());
        self.pools.record_wait(POOL, wait);
        tokio::task::yield_now().await;
        drop(connection);
        self.pools.record_use(POOL, duration);
        let amount = order.amount_cents as f64 / 100.0;
        self.business
            .record_order(PRODUCT_TYPES[order.product_type], amount, duration);
        self.business.record_cart_size(order.items);
        // Under the lock, so that the last level that is told is the last level that was.
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        let level = &mut stock[order.product];
        *level -= order.items.cast_signed();
        self.business.update_inventory(PRODUCTS[order.product], *level);
    }
}
