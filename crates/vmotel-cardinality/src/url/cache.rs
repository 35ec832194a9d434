//! Caches of templates by the URL as it came in.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::UrlNormalizer;

/// Entries that one hash may go to.
const WAYS: usize = 4;
/// Longer URLs are not kept, so that memory is bounded.
const MAX_URL: usize = 512;

#[derive(Debug, Default)]
struct Entry {
    hash: u64,
    url: Box<str>,
    template: Template,
}

/// A template that is a part of the URL is not stored twice.
#[derive(Debug)]
enum Template {
    Part(u16, u16),
    Own(Box<str>),
}

impl Default for Template {
    fn default() -> Self {
        Self::Part(0, 0)
    }
}

impl Entry {
    #[inline]
    fn template(&self) -> &str {
        match &self.template {
            Template::Part(start, end) => &self.url[usize::from(*start)..usize::from(*end)],
            Template::Own(template) => template,
        }
    }
}

/// A bounded cache in front of a [`UrlNormalizer`], for one owner at a time.
///
/// A hit costs a hash and a comparison, and allocates nothing. URLs of more than 512 bytes pass through uncached, so
/// the memory is bounded by capacity times the lengths of a URL and a template.
///
/// # Examples
/// ```
/// use vmotel_cardinality::{UrlCache, UrlNormalizer};
///
/// let urls = UrlNormalizer::default();
/// let mut cache = UrlCache::new(1_024);
/// assert_eq!(cache.normalize(&urls, "/users/42"), "/users/:id");
/// assert_eq!(cache.normalize(&urls, "/users/42"), "/users/:id");
/// assert_eq!((cache.hits(), cache.misses()), (1, 1));
/// ```
pub struct UrlCache {
    hasher: ahash::RandomState,
    entries: Box<[Entry]>,
    /// For URLs that are too long to keep.
    passing: String,
    hits: u64,
    misses: u64,
}

impl fmt::Debug for UrlCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlCache")
            .field("capacity", &self.entries.len())
            .field("hits", &self.hits)
            .field("misses", &self.misses)
            .finish_non_exhaustive()
    }
}

impl UrlCache {
    /// Returns an empty cache for `capacity` URLs, rounded up to a power of two of at least 4 and at most 2^20.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let len = capacity.clamp(WAYS, 1 << 20).next_power_of_two();
        Self {
            hasher: ahash::RandomState::new(),
            entries: std::iter::repeat_with(Entry::default).take(len).collect(),
            passing: String::new(),
            hits: 0,
            misses: 0,
        }
    }

    /// Returns the template of `url`, from the cache or by `normalizer`.
    ///
    /// A cache is for one normaliser; [`clear`](Self::clear) it after a [`tick`](UrlNormalizer::tick) that forgot
    /// templates.
    pub fn normalize(&mut self, normalizer: &UrlNormalizer, url: &str) -> &str {
        let hash = self.hasher.hash_one(url) | 1;
        self.normalize_hashed(normalizer, url, hash)
    }

    #[inline]
    fn normalize_hashed(&mut self, normalizer: &UrlNormalizer, url: &str, hash: u64) -> &str {
        // A power of two of at least WAYS entries: the set of the hash is whole.
        let set = (hash >> 32) as usize & (self.entries.len() - 1) & !(WAYS - 1);
        for at in set..set + WAYS {
            let entry = &self.entries[at];
            if entry.hash == hash && *entry.url == *url {
                self.hits += 1;
                return self.entries[at].template();
            }
        }
        self.miss(normalizer, url, hash, set)
    }

    #[cold]
    fn miss(&mut self, normalizer: &UrlNormalizer, url: &str, hash: u64, set: usize) -> &str {
        self.misses += 1;
        let template = normalizer.normalize(url);
        if url.len() > MAX_URL {
            self.passing = template.into_owned();
            return &self.passing;
        }
        // The newest comes first, the oldest of the set goes.
        self.entries[set..set + WAYS].rotate_right(1);
        self.entries[set] = Entry {
            hash,
            url: url.into(),
            template: Template::new(url, &template),
        };
        self.entries[set].template()
    }

    /// Forgets all URLs.
    pub fn clear(&mut self) {
        self.entries.fill_with(Entry::default);
    }

    /// Returns how many look-ups were answered from the cache.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// Returns how many look-ups went to the normaliser.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.misses
    }
}

impl Template {
    fn new(url: &str, template: &str) -> Self {
        let range = url.find(template).and_then(|start| {
            Some(Self::Part(
                u16::try_from(start).ok()?,
                u16::try_from(start + template.len()).ok()?,
            ))
        });
        range.unwrap_or_else(|| Self::Own(template.into()))
    }
}

/// A bounded cache in front of a [`UrlNormalizer`] that threads share.
///
/// It has 16 shards, each a [`UrlCache`] behind a lock of its own that is held for one look-up.
pub struct SharedUrlCache {
    normalizer: UrlNormalizer,
    hasher: ahash::RandomState,
    shards: Box<[Mutex<UrlCache>]>,
}

impl fmt::Debug for SharedUrlCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedUrlCache")
            .field("normalizer", &self.normalizer)
            .finish_non_exhaustive()
    }
}

impl SharedUrlCache {
    const SHARDS: usize = 16;

    /// Returns an empty cache of `capacity` URLs, spread over the shards.
    #[must_use]
    pub fn new(normalizer: UrlNormalizer, capacity: usize) -> Self {
        let shard = || Mutex::new(UrlCache::new(capacity / Self::SHARDS));
        Self {
            normalizer,
            hasher: ahash::RandomState::new(),
            shards: std::iter::repeat_with(shard).take(Self::SHARDS).collect(),
        }
    }

    /// Returns the normaliser behind the cache.
    #[must_use]
    pub fn normalizer(&self) -> &UrlNormalizer {
        &self.normalizer
    }

    /// Calls `use_it` with the template of `url`, and returns what it returns.
    ///
    /// Keep it short: URLs of the same shard wait meanwhile. A call from within `use_it` may deadlock.
    pub fn with<R>(&self, url: &str, use_it: impl FnOnce(&str) -> R) -> R {
        let hash = self.hasher.hash_one(url) | 1;
        let shard = &self.shards[hash as usize >> 1 & (Self::SHARDS - 1)];
        let mut cache = shard.lock().unwrap_or_else(PoisonError::into_inner);
        use_it(cache.normalize_hashed(&self.normalizer, url, hash))
    }

    /// Returns the template of `url` as a text of its own.
    #[must_use]
    pub fn normalize(&self, url: &str) -> String {
        self.with(url, str::to_owned)
    }

    /// Ends an epoch of the normaliser, and forgets all URLs so that their next use counts. Returns how many
    /// templates went.
    pub fn tick(&self) -> usize {
        let gone = self.normalizer.tick();
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        gone
    }
}
