//! The methods that are known.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use foldhash::fast::RandomState;
use opentelemetry::StringValue;

/// Methods that are learned.
const MOST: usize = 1_000;

/// Methods with their labels, whose clones allocate nothing.
#[derive(Debug)]
pub(super) struct Methods {
    known: RwLock<HashMap<Arc<str>, StringValue, RandomState>>,
    learns: bool,
}

impl Methods {
    /// Knows these methods, and no others.
    pub(super) fn fixed<'a>(methods: impl IntoIterator<Item = &'a str>) -> Self {
        let known = methods.into_iter().map(|method| {
            let text = Arc::<str>::from(method);
            (Arc::clone(&text), StringValue::from(text))
        });
        Self {
            known: RwLock::new(known.collect()),
            learns: false,
        }
    }

    /// Knows what it has learned.
    pub(super) fn learned() -> Self {
        Self {
            known: RwLock::default(),
            learns: true,
        }
    }

    pub(super) fn get(&self, method: &str) -> Option<StringValue> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(method).cloned()
    }

    /// Learns a method; returns none if there is no room for it.
    pub(super) fn learn(&self, method: &str) -> Option<StringValue> {
        if !self.learns {
            return None;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(method) {
            return None;
        }
        let text = Arc::<str>::from(method);
        let label = StringValue::from(Arc::clone(&text));
        Some(known.entry(text).or_insert(label).clone())
    }
}
