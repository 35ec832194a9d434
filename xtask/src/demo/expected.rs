//! What must be stored, series by series, as told by the truth.

use std::{collections::BTreeMap, sync::atomic::Ordering::Relaxed};

use vmotel_instruments::catalog;
use vmotel_model::{Kind, Naming};

use super::{
    plan::{CACHES, CONNECTIONS, OPERATIONS, POOL, PRODUCT_TYPES, PRODUCTS, STOCK},
    service::{GUIDE, SCOPE, SHOP, Services},
    stack::JOB,
    truth::{Histogram, Truth},
};

/// A series that must be stored.
#[derive(Debug)]
pub(super) struct Expected {
    /// All labels, `__name__` included.
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: Value,
}

/// The value that must be stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// This whole number, exactly.
    Whole(i128),
    /// This number, within 1e-12 of it.
    Float(f64),
    /// Something from the first to the second: measured by the layer, between two other clocks.
    Between(f64, f64),
}

/// Returns the names of all series of the four families, but for those of the process.
pub(super) fn names() -> anyhow::Result<Vec<String>> {
    let families = [catalog::APP, catalog::BUSINESS, catalog::CACHE, catalog::DB_POOL];
    let mut names = Vec::new();
    for metric in families.into_iter().flatten() {
        let name = metric.exposed_name(Naming::default())?;
        match metric.kind {
            _ if name.starts_with("process_") => {}
            Kind::Histogram => names.extend(["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}"))),
            _ => names.push(name),
        }
    }
    Ok(names)
}

/// Returns every series of the four families.
pub(super) fn series(truth: &Truth, services: &Services) -> Vec<Expected> {
    let [shop, guide] = services
        .targets()
        .map(|(service, address)| Series::new(service, address));
    let mut all = Vec::new();
    for (labels, request) in truth.requests() {
        let [method, path, status] = labels.each_ref().map(String::as_str);
        let labels = [("method", method), ("path", path), ("status_code", status)];
        let count = whole(request.size.count());
        for service in [&shop, &guide] {
            all.push(service.one("http_requests_total", &labels, count));
            if status != "200" {
                all.push(service.one("http_errors_total", &labels, count));
            }
            service.histogram(&mut all, "http_request_size_bytes", &labels, &request.size);
        }
        guide.histogram(
            &mut all,
            "http_request_duration_seconds",
            &labels,
            &request.recorded,
        );
        shop.measured(
            &mut all,
            "http_request_duration_seconds",
            &labels,
            &request.inside,
            &request.outside,
        );
    }
    let users = Value::Whole(truth.active_users.load(Relaxed).into());
    all.push(shop.one("active_users", &[], users));
    all.push(guide.one("active_users", &[], users));
    all.push(shop.one("http_active_connections", &[], Value::Whole(0)));
    business(&mut all, truth, &shop);
    cache(&mut all, truth, &shop);
    pool(&mut all, truth, &shop);
    all
}

fn business(all: &mut Vec<Expected>, truth: &Truth, shop: &Series) {
    for (name, order) in PRODUCT_TYPES.iter().zip(&truth.orders) {
        let labels = [("product_type", *name)];
        if order.duration.count() > 0 {
            let amount = Value::Float(order.cents.load(Relaxed) as f64 / 100.0);
            all.push(shop.one("business_orders_total", &labels, whole(order.duration.count())));
            all.push(shop.one("business_order_amount_total", &labels, amount));
            shop.histogram(all, "business_order_duration_seconds", &labels, &order.duration);
        }
    }
    if truth.cart.count() > 0 {
        shop.histogram(all, "business_cart_size", &[], &truth.cart);
    }
    for (product, sold) in PRODUCTS.iter().zip(&truth.sold) {
        let level = Value::Whole((STOCK - sold.load(Relaxed)).into());
        all.push(shop.one("business_inventory_level", &[("product", product)], level));
    }
}

fn cache(all: &mut Vec<Expected>, truth: &Truth, shop: &Series) {
    for (name, cache) in CACHES.iter().zip(&truth.caches) {
        let counts = [
            ("cache_hits_total", &cache.hits),
            ("cache_misses_total", &cache.misses),
            ("cache_evictions_total", &cache.evictions),
        ];
        for (metric, count) in counts {
            let count = count.load(Relaxed);
            if count > 0 {
                all.push(shop.one(metric, &[("cache", name)], whole(count)));
            }
        }
        for (operation, durations) in OPERATIONS.iter().zip(&cache.operations) {
            if durations.count() > 0 {
                let labels = [("cache", *name), ("operation", *operation)];
                shop.histogram(all, "cache_operation_duration_seconds", &labels, durations);
            }
        }
    }
}

/// The pool after the load: all of its connections are open, and nobody has or wants one.
fn pool(all: &mut Vec<Expected>, truth: &Truth, shop: &Series) {
    let pool = ("db_client_connection_pool_name", POOL);
    let of_state = |state| [pool, ("db_client_connection_state", state)];
    let most = whole(CONNECTIONS as u64);
    all.push(shop.one("db_client_connection_count", &of_state("idle"), most));
    all.push(shop.one("db_client_connection_count", &of_state("used"), whole(0)));
    all.push(shop.one("db_client_connection_max", &[pool], most));
    all.push(shop.one("db_client_connection_pending_requests", &[pool], whole(0)));
    all.push(shop.one("db_client_connection_timeouts_total", &[pool], whole(0)));
    if truth.held.count() > 0 {
        shop.histogram(
            all,
            "db_client_connection_wait_time_seconds",
            &[pool],
            &truth.waited,
        );
        shop.histogram(all, "db_client_connection_use_time_seconds", &[pool], &truth.held);
    }
}

fn whole(count: u64) -> Value {
    Value::Whole(count.into())
}

/// What all series of a target have in common.
#[derive(Debug)]
struct Series {
    common: [(&'static str, String); 4],
}

impl Series {
    fn new(service: &str, address: String) -> Self {
        debug_assert!([SHOP, GUIDE].contains(&service), "the demo has two services");
        Self {
            common: [
                ("service", service.to_owned()),
                ("job", JOB.to_owned()),
                ("instance", address),
                ("otel_scope_name", SCOPE.to_owned()),
            ],
        }
    }

    fn one(&self, name: &str, labels: &[(&str, &str)], value: Value) -> Expected {
        let common = self.common.iter().map(|(name, value)| (*name, value.as_str()));
        let all = common.chain(labels.iter().copied()).chain([("__name__", name)]);
        Expected {
            labels: all
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            value,
        }
    }

    fn bucket(&self, name: &str, labels: &[(&str, &str)], end: f64, value: Value) -> Expected {
        let mut series = self.one(&format!("{name}_bucket"), labels, value);
        series.labels.insert("le".to_owned(), le(end));
        series
    }

    fn histogram(&self, all: &mut Vec<Expected>, name: &str, labels: &[(&str, &str)], truth: &Histogram) {
        for (end, count) in truth.cumulative() {
            all.push(self.bucket(name, labels, end, whole(count)));
        }
        all.push(self.one(&format!("{name}_sum"), labels, Value::Float(truth.sum())));
        all.push(self.one(&format!("{name}_count"), labels, whole(truth.count())));
    }

    /// A histogram of times that are no shorter than `inside` and no longer than `outside`.
    fn measured(
        &self,
        all: &mut Vec<Expected>,
        name: &str,
        labels: &[(&str, &str)],
        inside: &Histogram,
        outside: &Histogram,
    ) {
        for ((end, most), (_, least)) in inside.cumulative().into_iter().zip(outside.cumulative()) {
            let value = if least == most {
                whole(most)
            } else {
                Value::Between(least as f64, most as f64)
            };
            all.push(self.bucket(name, labels, end, value));
        }
        let sum = Value::Between(inside.sum(), outside.sum());
        all.push(self.one(&format!("{name}_sum"), labels, sum));
        all.push(self.one(&format!("{name}_count"), labels, whole(inside.count())));
    }
}

/// Spells the end of a bucket in plain decimals, as VictoriaMetrics does where it makes buckets itself.
fn le(end: f64) -> String {
    if end == f64::INFINITY {
        "+Inf".to_owned()
    } else {
        end.to_string()
    }
}
