//! The business family.

use vmotel_model::{Kind, LabelDef, MetricDef};

use super::label;
use crate::{labels, names};

const PRODUCT_TYPE: &[LabelDef] = &[label(
    labels::PRODUCT_TYPE,
    "The type of the products in the order",
)];

/// The business family.
pub const BUSINESS: &[MetricDef] = &[
    BUSINESS_ORDERS_TOTAL,
    BUSINESS_ORDER_AMOUNT_TOTAL,
    BUSINESS_ORDER_DURATION_SECONDS,
    BUSINESS_CART_SIZE,
    BUSINESS_INVENTORY_LEVEL,
    BUSINESS_REJECTED_TOTAL,
];

/// `business_orders_total`
pub const BUSINESS_ORDERS_TOTAL: MetricDef = MetricDef {
    name: names::BUSINESS_ORDERS_TOTAL,
    kind: Kind::Counter,
    unit: "{orders}",
    help: "Total number of orders",
    labels: PRODUCT_TYPE,
    buckets: &[],
};

/// `business_order_amount_total`; the currency is an annotation, so that it is no part of the exposed name.
pub const BUSINESS_ORDER_AMOUNT_TOTAL: MetricDef = MetricDef {
    name: names::BUSINESS_ORDER_AMOUNT_TOTAL,
    kind: Kind::Counter,
    unit: "{USD}",
    help: "Total order amount",
    labels: PRODUCT_TYPE,
    buckets: &[],
};

/// `business_order_duration_seconds`; from 10 ms, an order that is only stored, to 60 s, one that waits for a payment.
pub const BUSINESS_ORDER_DURATION_SECONDS: MetricDef = MetricDef {
    name: names::BUSINESS_ORDER_DURATION_SECONDS,
    kind: Kind::Histogram,
    unit: "s",
    help: "Order processing duration",
    labels: PRODUCT_TYPE,
    buckets: &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0],
};

/// `business_cart_size`; small carts one by one, the empty one apart.
pub const BUSINESS_CART_SIZE: MetricDef = MetricDef {
    name: names::BUSINESS_CART_SIZE,
    kind: Kind::Histogram,
    unit: "{items}",
    help: "Shopping cart size",
    labels: &[],
    buckets: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 50.0, 100.0],
};

/// `business_inventory_level`
pub const BUSINESS_INVENTORY_LEVEL: MetricDef = MetricDef {
    name: names::BUSINESS_INVENTORY_LEVEL,
    kind: Kind::Gauge,
    unit: "{items}",
    help: "Product inventory level",
    labels: &[label(labels::PRODUCT, "The product")],
    buckets: &[],
};

/// `business_rejected_total`: exposed once a value was refused.
pub const BUSINESS_REJECTED_TOTAL: MetricDef = MetricDef {
    name: names::BUSINESS_REJECTED_TOTAL,
    kind: Kind::Counter,
    unit: "{values}",
    help: "Values that were refused and are in no other metric",
    labels: &[LabelDef {
        name: labels::REASON,
        help: "amount: negative or not a number; inventory: more products than the limit",
        values: &["amount", "inventory"],
    }],
    buckets: &[],
};
