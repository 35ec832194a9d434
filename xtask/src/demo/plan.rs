//! What each request of the load asks the service to do: the same in every run.

use serde::{Deserialize, Serialize};

pub(super) const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
pub(super) const PATHS: [&str; 3] = ["/api/users", "/api/orders", "/api/products"];
/// As often as they come: three of five requests succeed.
const STATUSES: [u16; 5] = [200, 200, 200, 400, 500];
pub(super) const PRODUCT_TYPES: [&str; 3] = ["books", "games", "music"];
pub(super) const PRODUCTS: [&str; 3] = ["atlas", "chess", "violin"];
pub(super) const CACHES: [&str; 2] = ["sessions", "products"];
pub(super) const POOL: &str = "orders";
/// The most connections of the pool.
pub(super) const CONNECTIONS: usize = 8;
pub(super) const OPERATIONS: [&str; 2] = ["get", "set"];

/// What is in stock at the start, of each product.
pub(super) const STOCK: i64 = 1_000_000;

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: usize,
    pub(super) path: usize,
    /// Bytes of the body, 100 to 10,099.
    pub(super) size: usize,
    pub(super) work: Work,
}

/// What the service is asked to do; travels in a header.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Work {
    pub(super) status: u16,
    /// How long the request is said to take, up to 1 s; the service really waits a hundredth of it.
    pub(super) duration_nanos: u64,
    pub(super) user: Option<User>,
    pub(super) order: Option<Order>,
    pub(super) cache: Option<Cache>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum User {
    Login,
    Logout,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) product_type: usize,
    pub(super) product: usize,
    pub(super) amount_cents: u64,
    pub(super) items: u64,
    pub(super) duration_nanos: u64,
}

impl Order {
    /// How long the order is said to wait for a connection; it is said to hold it for its own duration.
    pub(super) fn wait_nanos(self) -> u64 {
        self.duration_nanos / 1000
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Cache {
    pub(super) cache: usize,
    pub(super) operation: usize,
    pub(super) hit: bool,
    pub(super) eviction: bool,
    pub(super) duration_nanos: u64,
}

/// Returns the request of this number.
pub(super) fn request(number: u64) -> Request {
    let mut dice = Dice(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66);
    let status = STATUSES[dice.below(5)];
    let path = dice.below(PATHS.len());
    let ok = status == 200;
    let order = (path == 1 && ok).then(|| Order {
        product_type: dice.below(PRODUCT_TYPES.len()),
        product: dice.below(PRODUCTS.len()),
        amount_cents: dice.between(199, 49_999),
        items: dice.between(0, 25),
        duration_nanos: dice.between(1_000_000, 12_000_000_000),
    });
    let cache = (path != 1).then(|| {
        let hit = dice.below(4) > 0;
        Cache {
            cache: dice.below(CACHES.len()),
            operation: usize::from(!hit),
            hit,
            eviction: !hit && dice.below(3) == 0,
            duration_nanos: dice.between(10_000, 30_000_000),
        }
    });
    let user = match number {
        n if n % 20 == 19 => Some(User::Logout),
        n if n % 10 == 0 => Some(User::Login),
        _ => None,
    };
    Request {
        method: dice.below(METHODS.len()),
        path,
        size: 100 + dice.below(10_000),
        work: Work {
            status,
            duration_nanos: dice.between(0, 999_999_999),
            user,
            order,
            cache,
        },
    }
}

/// Even numbers from a seed (splitmix64): the plan is the same on every machine.
#[derive(Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }

    /// Both ends included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }
}
