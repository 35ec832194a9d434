//! Hits allocate nothing: a binary of its own, as it counts every allocation of the process.

#![expect(
    unsafe_code,
    reason = "a counting allocator is an implementation of an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use vmotel_cardinality::{Controller, ControllerConfig, UrlCache, UrlNormalizer};

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
fn hits_allocate_nothing() {
    let config = ControllerConfig {
        per_label: 4,
        per_metric: 16,
        ..ControllerConfig::default()
    };
    let controller = Controller::new(config).expect("the limits are in range");
    let metric = controller
        .metric("m", &["method", "path"])
        .expect("a metric within the limit");
    for number in 0..30_000 {
        let _decision = metric.check(&["GET", &number.to_string()]);
    }
    check(0, "a known set", || {
        assert!(metric.check(&["GET", "1"]).is_admitted())
    });
    check(0, "a known set by pairs", || {
        assert!(
            metric
                .check_pairs(&[("path", "1"), ("method", "GET")], 1)
                .is_admitted()
        );
    });
    check(0, "a folded set", || {
        assert_eq!(metric.check(&["GET", "unknown"]).folded(), 0b10)
    });

    let urls = UrlNormalizer::default();
    let mut cache = UrlCache::new(64);
    check(0, "a cached URL", || {
        assert_eq!(cache.normalize(&urls, "/users/42"), "/users/:id")
    });
    check(0, "an unchanged URL", || {
        assert_eq!(urls.normalize("/api/v1/users?page=2"), "/api/v1/users")
    });
    check(1, "a changed URL", || {
        assert_eq!(
            urls.normalize("/a/123/b/4/%61.61250eb8.js"),
            "/a/:id/b/:id/a.:hash.js"
        )
    });
}
