//! Instruments bound to the label sets that come again and again, so that a request finds all of its series at once.

use std::{
    cell::RefCell,
    hash::Hash,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::fast::RandomState;
use opentelemetry::{StringValue, metrics::BoundUpDownCounter};

use super::{HttpServerMetrics, exchange::Finished, server::BoundServed};
use crate::{AppMetrics, app::BoundRequest};

/// Label sets that a layer keeps bound; further ones are recorded all the same.
const MOST: usize = 4_096;
/// Label sets that a thread has at hand, for all layers together; a power of two.
const AT_HAND: usize = 128;

/// What tells one label set from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// Empty where there is no route.
    route: StringValue,
    method: StringValue,
    version: &'static str,
    scheme: &'static str,
    status_code: u16,
    error: u8,
}

/// The instruments of both families for one label set.
#[derive(Debug)]
struct Series {
    app: Option<BoundRequest>,
    server: Option<BoundServed>,
}

impl Series {
    fn record(&self, finished: &Finished<'_>) {
        if let Some(app) = &self.app {
            app.record(finished.duration, finished.request_bytes);
        }
        if let Some(server) = &self.server {
            server.record(finished);
        }
    }
}

struct Place {
    layer: u64,
    key: Key,
    series: Arc<Series>,
}

thread_local! {
    static PLACES: RefCell<Box<[Option<Place>]>> =
        RefCell::new(std::iter::repeat_with(|| None).take(AT_HAND).collect());
}

/// The bound instruments of a layer.
#[derive(Debug)]
pub(super) struct BoundSeries {
    /// Tells this layer from others in the places of a thread.
    layer: u64,
    all: RwLock<std::collections::HashMap<Key, Arc<Series>, RandomState>>,
    /// By method and scheme.
    active: Box<[OnceLock<BoundUpDownCounter<i64>>]>,
}

impl BoundSeries {
    pub(super) fn new(methods: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            layer: NEXT.fetch_add(1, Ordering::Relaxed),
            all: RwLock::default(),
            active: std::iter::repeat_with(OnceLock::new).take(methods * 2).collect(),
        }
    }

    /// Returns the counter of requests in flight; `method` is the number of the method.
    pub(super) fn active(
        &self,
        server: &HttpServerMetrics,
        method: usize,
        label: &StringValue,
        scheme: &'static str,
    ) -> Option<&BoundUpDownCounter<i64>> {
        let counter = self.active.get(method * 2 + usize::from(scheme == "https"))?;
        // A scheme of the service's own choice would share a place with `http`.
        matches!(scheme, "http" | "https").then(|| counter.get_or_init(|| server.bind_active(label, scheme)))
    }

    /// Records a request; returns false if its label set is not bound and there is no room for it.
    pub(super) fn record(
        &self,
        app: Option<&AppMetrics>,
        server: Option<&HttpServerMetrics>,
        finished: &Finished<'_>,
    ) -> bool {
        // Own labels are rare, and as many as the service likes.
        if finished.extra.is_some() {
            return false;
        }
        let none = StringValue::from("");
        let route = finished.route.as_ref().map_or(&none, |route| &route.text);
        let status_code = finished.status_code.unwrap_or(0);
        let error = finished.error.map_or(0, |error| error as u8 + 1);
        let is_same = |key: &Key| {
            key.status_code == status_code
                && key.error == error
                && is_text(key.version, finished.version)
                && is_text(key.scheme, finished.scheme)
                && is_text(key.method.as_str(), finished.method.as_str())
                && is_text(key.route.as_str(), route.as_str())
        };
        // Texts that are equal mostly are the same; where they are not, they only take another place.
        let addresses = route.as_str().as_ptr() as usize / 16 + finished.method.as_str().as_ptr() as usize;
        let at = (addresses + usize::from(status_code) * 5 + usize::from(error)) & (AT_HAND - 1);
        let at_hand = PLACES.try_with(|places| {
            let mut places = places.try_borrow_mut().ok()?;
            let place = &mut places[at];
            if let Some(place) = place
                && place.layer == self.layer
                && is_same(&place.key)
            {
                place.series.record(finished);
                return Some(true);
            }
            let key = Key {
                route: route.clone(),
                method: finished.method.clone(),
                version: finished.version,
                scheme: finished.scheme,
                status_code,
                error,
            };
            let Some(series) = self.find(&key, app, server, finished) else {
                return Some(false);
            };
            series.record(finished);
            let layer = self.layer;
            *place = Some(Place { layer, key, series });
            Some(true)
        });
        // Within the destructor of another thread-local there may be no places any more.
        at_hand.ok().flatten().unwrap_or(false)
    }

    /// Returns the series of a label set, bound now if there is room.
    #[cold]
    fn find(
        &self,
        key: &Key,
        app: Option<&AppMetrics>,
        server: Option<&HttpServerMetrics>,
        finished: &Finished<'_>,
    ) -> Option<Arc<Series>> {
        let known = self
            .all
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned();
        if known.is_some() {
            return known;
        }
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(key) {
            return Some(Arc::clone(known));
        }
        if all.len() >= MOST {
            return None;
        }
        let series = Arc::new(Series {
            app: app.map(|app| {
                app.bind(
                    finished.method.clone(),
                    finished.path.clone(),
                    finished.guide_status(),
                )
            }),
            server: server.map(|server| server.bind(finished)),
        });
        all.insert(key.clone(), Arc::clone(&series));
        Some(series)
    }
}

#[inline]
fn is_text(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}
