//! Which labels a series has: shared by all series with the same ones.

use std::sync::{Arc, Mutex, PoisonError};

use vmotel_cells::{Guarded, Pin};

/// The most different sets of label names in one family; series with further ones go to the overflow series.
const MAX_SCHEMAS: usize = 1024;

/// The label names of a series.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) number: u16,
    /// Sorted, distinct.
    pub(crate) keys: Box<[Box<str>]>,
    /// What the values were before they became texts; a number that is equal where the types are. Empty if all are texts.
    pub(crate) types: Box<[u8]>,
}

/// The schemas of a family, by number. They are never removed.
#[derive(Debug)]
pub(crate) struct Schemas {
    all: Guarded<Vec<Arc<Schema>>>,
    making: Mutex<()>,
}

impl Schemas {
    pub(crate) fn new() -> Self {
        Self {
            all: Guarded::new(Vec::new()),
            making: Mutex::default(),
        }
    }

    /// Returns the schemas so far.
    #[inline]
    pub(crate) fn get<'a>(&'a self, pin: &'a Pin) -> &'a [Arc<Schema>] {
        self.all.get(pin)
    }

    /// Returns the schema of these sorted, distinct keys, made if it is not there; none if there are too many.
    pub(crate) fn get_or_make(&self, pin: &Pin, keys: &[&str], types: &[u8]) -> Option<Arc<Schema>> {
        self.get_or_make_below(pin, keys, types, MAX_SCHEMAS)
    }

    /// Returns the number of the schema of one key, for which there is always room.
    pub(crate) fn get_or_make_reserved(&self, pin: &Pin, key: &str) -> u16 {
        self.get_or_make_below(pin, &[key], &[], usize::from(u16::MAX))
            .map_or(0, |schema| schema.number)
    }

    fn get_or_make_below(&self, pin: &Pin, keys: &[&str], types: &[u8], max: usize) -> Option<Arc<Schema>> {
        let find = || {
            let same = |schema: &&Arc<Schema>| {
                schema.keys.iter().map(|key| &**key).eq(keys.iter().copied()) && *schema.types == *types
            };
            self.get(pin).iter().find(same).cloned()
        };
        if let Some(schema) = find() {
            return Some(schema);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = find() {
            return Some(schema);
        }
        let mut all = self.get(pin).to_vec();
        if all.len() >= max {
            return None;
        }
        let schema = Arc::new(Schema {
            number: all.len() as u16,
            keys: keys.iter().map(|key| (*key).into()).collect(),
            types: types.into(),
        });
        all.push(Arc::clone(&schema));
        self.all.replace(all);
        Some(schema)
    }
}
