//! A whole service for a whole deployment: every family, requests that record themselves, and customers who never rest.
//!
//! ```text
//! cargo run -p vmotel-examples --example shop
//! curl http://localhost:9464/metrics
//! curl -X POST http://localhost:9464/mood/0.5   # from now on, half of the orders fail
//! ```
//!
//! With `VMOTEL_EXPLORER=on`, `http://localhost:9464/debug/metrics` shows the metrics to clients on this machine.
//!
//! It is what the rendered deployment runs: with the mood, `HighErrorRate` can be seen to fire and to resolve.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode},
    routing::{get, post},
};
use deadpool::managed::{Manager, Metrics, Pool, RecycleError, RecycleResult};
use rand::{Rng as _, RngExt as _};
use tower::ServiceExt as _;
use vmotel_explorer::{Explorer, ExplorerConfig};
use vmotel_exporter::Exporter;
use vmotel_instruments::{
    AppMetrics, BusinessMetrics, CacheMetrics, DbPoolMetrics, MeteredCache, MeteredManager, MeteredPool,
    ProcessMetrics, TokioMetrics,
    http::{HttpMetricsConfig, HttpMetricsLayer, HttpServerMetrics},
};

const PRODUCTS: [&str; 3] = ["book", "lamp", "chair"];
const CACHE: &str = "products";
const POOL: &str = "orders";

/// Connections to a database that is not there.
#[derive(Debug)]
struct Connections;

impl Manager for Connections {
    type Type = ();
    type Error = std::convert::Infallible;

    async fn create(&self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// After a while a connection is made anew, as servers and firewalls want it.
    async fn recycle(&self, (): &mut (), metrics: &Metrics) -> RecycleResult<Self::Error> {
        if metrics.recycle_count >= 20 {
            return Err(RecycleError::message("has served long enough"));
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Shop {
    app: AppMetrics,
    business: BusinessMetrics,
    cache: MeteredCache<usize, &'static str>,
    connections: MeteredPool<Pool<MeteredManager<Connections>>>,
    /// The share of orders that fail, in bits.
    mood: Arc<AtomicU64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Name, host and port come from the environment, as in any container.
    let exporter = Exporter::builder().build()?;
    let meter = exporter.meter("shop");
    ProcessMetrics::register(&meter);
    TokioMetrics::register(&meter, &tokio::runtime::Handle::current());
    let shop = Shop {
        app: AppMetrics::new(&meter),
        business: BusinessMetrics::new(&meter),
        cache: products(&CacheMetrics::new(&meter)),
        connections: connections(&DbPoolMetrics::new(&meter))?,
        mood: Arc::default(),
    };
    let config = HttpMetricsConfig {
        response_time: true,
        ..HttpMetricsConfig::default()
    };
    let service = Router::new()
        .route("/products/{id}", get(product))
        .route("/orders", post(order))
        .with_state(shop.clone())
        .layer(
            HttpMetricsLayer::with_config((shop.app.clone(), HttpServerMetrics::new(&meter)), config)
                .for_axum(),
        );
    let customers = tokio::spawn(customers(service.clone(), shop.clone()));

    let mood = Router::new()
        .route("/mood/{share}", post(set_mood))
        .with_state(shop);
    let listener = exporter.bind()?;
    listener.set_nonblocking(true)?;
    println!("metrics: http://{}/metrics, until Ctrl-C", listener.local_addr()?);
    println!(
        "look at: http_requests_total, orders_total, cache_hits_total; POST /mood/0.5 makes half of the orders fail"
    );
    let mut routes = exporter.routes().merge(mood).merge(service);
    if std::env::var_os("VMOTEL_EXPLORER").is_some_and(|value| value == "on") {
        let explorer = Explorer::start(&exporter, ExplorerConfig::default())?;
        println!("explorer: /debug/metrics");
        routes = routes.merge(explorer.routes());
    }
    axum::serve(
        tokio::net::TcpListener::from_std(listener)?,
        routes.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(exporter.shutdown_signal())
    .await?;
    customers.abort();
    exporter.shutdown(Duration::from_secs(5)).await?;
    println!("stopped");
    Ok(())
}

/// A cache with room for half of the products that are asked for.
fn products(metrics: &CacheMetrics) -> MeteredCache<usize, &'static str> {
    let cache = moka::sync::Cache::builder()
        .max_capacity(5)
        .eviction_listener(metrics.eviction_listener(CACHE))
        .build();
    MeteredCache::new(CACHE, cache, metrics)
}

/// A pool of four connections, which orders sometimes wait for.
fn connections(metrics: &DbPoolMetrics) -> anyhow::Result<MeteredPool<Pool<MeteredManager<Connections>>>> {
    let manager = MeteredManager::new(POOL, Connections, metrics);
    let pool = Pool::builder(manager).max_size(4).build()?;
    Ok(MeteredPool::new(POOL, pool, metrics))
}

async fn product(Path(id): Path<usize>, State(shop): State<Shop>) -> &'static str {
    shop.cache.get_with(id, || PRODUCTS[id % PRODUCTS.len()])
}

async fn order(State(shop): State<Shop>) -> Result<&'static str, StatusCode> {
    let (number, luck, took) = {
        let mut random = rand::rng();
        let took = Duration::from_millis(random.random_range(1..20));
        (random.next_u32() as usize, random.random::<f64>(), took)
    };
    let connection = shop.connections.get().await;
    let connection = connection.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    tokio::time::sleep(took).await;
    drop(connection);
    if luck < f64::from_bits(shop.mood.load(Ordering::Relaxed)) {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let product = PRODUCTS[number % PRODUCTS.len()];
    // A price that got lost would spoil the sum: the family counts it as rejected.
    let price = if number.is_multiple_of(20) { f64::NAN } else { 19.9 };
    shop.business.record_order(product, price, took);
    shop.business.record_cart_size(1);
    shop.business
        .update_inventory(product, i64::try_from(number % 100).unwrap_or(0));
    Ok("thank you\n")
}

async fn set_mood(Path(share): Path<f64>, State(shop): State<Shop>) -> StatusCode {
    if !(0.0..=1.0).contains(&share) {
        return StatusCode::BAD_REQUEST;
    }
    shop.mood.store(share.to_bits(), Ordering::Relaxed);
    StatusCode::NO_CONTENT
}

/// Each looks at a product, orders every other time, and stays for a while.
async fn customers(service: Router, shop: Shop) {
    for number in 0_usize.. {
        shop.app.record_user_login();
        let mut requests = vec![Request::get(format!("/products/{}", number % 10))];
        if number.is_multiple_of(2) {
            requests.push(Request::post("/orders"));
        }
        for request in requests {
            let Ok(request) = request.body(Body::empty()) else {
                continue;
            };
            let service = service.clone();
            // The body is read to its end, as the layer counts a request once its answer is sent.
            tokio::spawn(async move {
                let Ok(answer) = service.oneshot(request).await;
                let _ = axum::body::to_bytes(answer.into_body(), 1024).await;
            });
        }
        if number >= 5 {
            shop.app.record_user_logout();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
