//! Labels of raw paths, kept by each thread: a known path costs neither a lock nor an allocation.

use std::{cell::RefCell, hash::BuildHasher, sync::Arc};

use foldhash::fast::RandomState;
use opentelemetry::StringValue;
use vmotel_cardinality::{Limits, UrlNormalizer};

/// Paths that a thread keeps; a power of two.
const ENTRIES: usize = 256;
/// Longer paths are not kept, so that the memory of a thread is bounded.
const MAX_PATH: usize = 512;

struct Entry {
    /// Whose label it is.
    limits: Limits,
    hash: u64,
    path: Box<str>,
    label: StringValue,
}

struct Cache {
    hasher: RandomState,
    entries: Box<[Option<Entry>]>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::new(Cache {
        hasher: RandomState::default(),
        entries: std::iter::repeat_with(|| None).take(ENTRIES).collect(),
    });
}

/// Returns the template of a path as it came in, as a label.
pub(crate) fn label(limits: &Limits, path: &str) -> StringValue {
    let cached = CACHE.try_with(|cache| {
        let mut cache = cache.try_borrow_mut().ok()?;
        let hash = cache.hasher.hash_one(path);
        let entry = &mut cache.entries[hash as usize & (ENTRIES - 1)];
        if let Some(known) = entry
            && known.hash == hash
            && *known.path == *path
            && known.limits.is(limits)
        {
            return Some(known.label.clone());
        }
        let label = normalized(limits.urls(), path);
        if path.len() <= MAX_PATH {
            *entry = Some(Entry {
                limits: limits.clone(),
                hash,
                path: path.into(),
                label: label.clone(),
            });
        }
        Some(label)
    });
    // Within the destructor of another thread-local there may be no cache any more.
    cached
        .ok()
        .flatten()
        .unwrap_or_else(|| normalized(limits.urls(), path))
}

#[cfg(feature = "axum")]
struct Templates {
    hasher: RandomState,
    places: Box<[Option<StringValue>]>,
}

#[cfg(feature = "axum")]
thread_local! {
    static TEMPLATES: RefCell<Templates> = RefCell::new(Templates {
        hasher: RandomState::default(),
        places: std::iter::repeat_with(|| None).take(ENTRIES).collect(),
    });
}

/// Returns a template whose clones share its text; one that the thread knows is not allocated again.
#[cfg(feature = "axum")]
pub(crate) fn shared(template: &str) -> StringValue {
    let make = || StringValue::from(Arc::<str>::from(template));
    let known = TEMPLATES.try_with(|templates| {
        let mut templates = templates.try_borrow_mut().ok()?;
        let hash = templates.hasher.hash_one(template);
        let place = &mut templates.places[hash as usize & (ENTRIES - 1)];
        match place {
            Some(known) if known.as_str() == template => Some(known.clone()),
            _ => Some(place.insert(make()).clone()),
        }
    });
    known.ok().flatten().unwrap_or_else(make)
}

fn normalized(urls: &UrlNormalizer, path: &str) -> StringValue {
    StringValue::from(Arc::<str>::from(&*urls.normalize(path)))
}
