//! The families allocate nothing for known labels: a binary of its own, as it counts every allocation of the process.

#![expect(
    unsafe_code,
    reason = "a counting allocator is an implementation of an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use std::{sync::Arc, time::Duration};

use vmotel_instruments::{AppMetrics, BusinessMetrics, CacheMetrics};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: all calls go to the system allocator; counting touches a thread-local without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of the trait.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer comes from the system allocator, by `alloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[track_caller]
fn check(expected: u64, what: &str, mut run: impl FnMut()) {
    run();
    let before = COUNT.with(Cell::get);
    run();
    assert_eq!(COUNT.with(Cell::get) - before, expected, "{what}");
}

#[test]
fn known_labels_allocate_nothing() {
    // No provider is set: what is counted is the work before it.
    let meter = opentelemetry::global::meter("test");
    let app = AppMetrics::new(&meter);
    let (business, cache) = (BusinessMetrics::new(&meter), CacheMetrics::new(&meter));
    let took = Duration::from_millis(1);
    let path: Arc<str> = Arc::from("/users/42");
    check(0, "a request with a template", || {
        app.record_request("GET", "/users/{id}", 200, took, 0)
    });
    check(0, "a request with a path", || {
        app.record_request("GET", Arc::clone(&path), 200, took, 0)
    });
    check(0, "an order", || business.record_order("books", 1.0, took));
    check(0, "a cache", || {
        cache.record_hit("sessions");
        cache.record_latency("sessions", "get", took);
    });
    for number in 0..3_000 {
        cache.record_hit(number.to_string());
    }
    let other: Arc<str> = Arc::from("beyond");
    check(0, "a folded value", || cache.record_hit(Arc::clone(&other)));
}
