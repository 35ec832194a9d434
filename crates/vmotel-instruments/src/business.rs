//! The business family.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use opentelemetry::{
    StringValue,
    metrics::{Counter, Histogram, Meter},
};
use vmotel_cardinality::Limits;

use crate::{
    catalog,
    gate::Gate,
    instrument::{attribute, f64_counter, f64_histogram, u64_counter, u64_histogram},
    labels,
};

/// What the business family holds at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessConfig {
    /// The most products whose inventory is kept; default 1,000. Past it a new product is refused and counted in
    /// `business_rejected_total{reason="inventory"}`; known ones keep their updates. 0 refuses all.
    pub max_products: usize,
}

impl Default for BusinessConfig {
    fn default() -> Self {
        Self { max_products: 1000 }
    }
}

/// The business family: orders, carts, inventory.
///
/// The metrics and their labels are those of [`catalog::BUSINESS`]. A handle is cheap to clone; create the family once
/// per meter.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vmotel_instruments::BusinessMetrics;
///
/// let business = BusinessMetrics::new(&opentelemetry::global::meter("shop"));
/// business.record_order("books", 42.50, Duration::from_millis(180));
/// business.record_cart_size(3);
/// business.update_inventory("atlas", 17);
/// ```
#[derive(Debug, Clone)]
pub struct BusinessMetrics {
    instruments: Arc<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    limits: Limits,
    by_type: Gate,
    orders: Counter<u64>,
    amount: Counter<f64>,
    duration: Histogram<f64>,
    cart_size: Histogram<u64>,
    rejected: Counter<u64>,
    inventory: Arc<Inventory>,
}

impl BusinessMetrics {
    /// Creates the family with the default configuration.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self::with_config(meter, &BusinessConfig::default())
    }

    /// Creates the family with the limits of the process ([`Limits::global`]).
    #[must_use]
    pub fn with_config(meter: &Meter, config: &BusinessConfig) -> Self {
        Self::with_limits(meter, config, &Limits::global())
    }

    /// Creates the family with limits of its own.
    #[must_use]
    pub fn with_limits(meter: &Meter, config: &BusinessConfig, limits: &Limits) -> Self {
        let inventory = Arc::new(Inventory::new(config.max_products));
        inventory.observe(meter);
        let by_type = [
            &catalog::BUSINESS_ORDERS_TOTAL,
            &catalog::BUSINESS_ORDER_AMOUNT_TOTAL,
            &catalog::BUSINESS_ORDER_DURATION_SECONDS,
        ];
        Self {
            instruments: Arc::new(Instruments {
                limits: limits.clone(),
                by_type: Gate::new(limits, &by_type),
                orders: u64_counter(meter, &catalog::BUSINESS_ORDERS_TOTAL),
                amount: f64_counter(meter, &catalog::BUSINESS_ORDER_AMOUNT_TOTAL),
                duration: f64_histogram(meter, &catalog::BUSINESS_ORDER_DURATION_SECONDS),
                cart_size: u64_histogram(meter, &catalog::BUSINESS_CART_SIZE),
                rejected: u64_counter(meter, &catalog::BUSINESS_REJECTED_TOTAL),
                inventory,
            }),
        }
    }

    /// Records an order: count, amount in US dollars, time to process it.
    ///
    /// An amount that is negative, infinite or not a number would spoil the sum: it is left out and counted in
    /// `business_rejected_total{reason="amount"}`; the order itself is recorded.
    pub fn record_order(&self, product_type: impl Into<StringValue>, amount: f64, duration: Duration) {
        let instruments = &self.instruments;
        let attributes = instruments
            .by_type
            .bound([attribute(labels::PRODUCT_TYPE, product_type)]);
        let attributes = attributes.as_slice();
        instruments.orders.add(1, attributes);
        if amount.is_finite() && amount >= 0.0 {
            instruments.amount.add(amount, attributes);
        } else {
            instruments
                .rejected
                .add(1, &[attribute(labels::REASON, "amount")]);
        }
        instruments.duration.record(duration.as_secs_f64(), attributes);
    }

    /// Records the number of items in a cart.
    pub fn record_cart_size(&self, size: u64) {
        self.instruments.cart_size.record(size, &[]);
    }

    /// Sets the stock of a product, which is exposed until it is set again or removed.
    ///
    /// Past [`BusinessConfig::max_products`] a new product is refused and counted: levels of several products would make no
    /// sense under one name. A name that is too long for a label is cut and ends in a hash.
    pub fn update_inventory(&self, product: impl Into<StringValue>, level: i64) {
        if !self
            .instruments
            .inventory
            .set(self.product(product.into()), level)
        {
            self.instruments
                .rejected
                .add(1, &[attribute(labels::REASON, "inventory")]);
        }
    }

    /// Ends the exposition of a product and makes room for another.
    pub fn remove_inventory(&self, product: &str) {
        let product = self.instruments.limits.controller().cut(product);
        self.instruments.inventory.remove(&product);
    }

    fn product(&self, product: StringValue) -> StringValue {
        match self.instruments.limits.controller().cut(product.as_str()) {
            Cow::Borrowed(_) => product,
            Cow::Owned(cut) => cut.into(),
        }
    }
}

/// Levels by product.
#[derive(Debug)]
struct Inventory {
    max_products: usize,
    levels: Mutex<HashMap<StringValue, i64>>,
}

impl Inventory {
    fn new(max_products: usize) -> Self {
        Self {
            max_products,
            levels: Mutex::default(),
        }
    }

    /// Returns false if the product is new and there is no room.
    fn set(&self, product: StringValue, level: i64) -> bool {
        let mut levels = self.levels();
        if let Some(known) = levels.get_mut(&product) {
            *known = level;
            return true;
        }
        let room = levels.len() < self.max_products;
        if room {
            levels.insert(product, level);
        }
        room
    }

    fn remove(&self, product: &str) {
        self.levels().remove(&StringValue::from(product.to_owned()));
    }

    fn levels(&self) -> MutexGuard<'_, HashMap<StringValue, i64>> {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observe(self: &Arc<Self>, meter: &Meter) {
        let def = &catalog::BUSINESS_INVENTORY_LEVEL;
        // Weak: the levels of a family that is gone are no longer exposed, nor do they stay in memory.
        let inventory = Arc::downgrade(self);
        let _ = meter
            .i64_observable_gauge(def.name)
            .with_description(def.help)
            .with_unit(def.unit)
            .with_callback(move |observer| {
                let Some(inventory) = inventory.upgrade() else {
                    return;
                };
                for (product, &level) in inventory.levels().iter() {
                    observer.observe(level, &[attribute(labels::PRODUCT, product.clone())]);
                }
            })
            .build();
    }
}
