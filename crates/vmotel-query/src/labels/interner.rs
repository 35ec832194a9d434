//! The labels of many series, equal texts once.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Labels;
use super::table::Table;

/// Where the labels of a series lie in the table that is being made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    first: u32,
    len: u32,
}

/// Makes the labels of an answer.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    table: Table,
    numbers: HashTable<u32>,
    hasher: RandomState,
    last: Option<Place>,
}

impl Interner {
    /// Takes over the labels of a series; `None` if there are too many texts to count.
    pub(crate) fn add(&mut self, labels: &Labels) -> Option<Place> {
        let place = Place {
            first: u32::try_from(self.table.pairs.len()).ok()?,
            len: labels.len,
        };
        for (i, (name, value)) in labels.iter().enumerate() {
            // Neighbours have the same names and most of the same values.
            let before = self
                .last
                .filter(|last| (i as u32) < last.len)
                .map(|last| self.table.pairs[last.first as usize + i]);
            let name = self.number(name, before.map(|pair| pair.0))?;
            let value = self.number(value, before.map(|pair| pair.1))?;
            self.table.pairs.push((name, value));
        }
        self.last = Some(place);
        Some(place)
    }

    fn number(&mut self, text: &str, guess: Option<u32>) -> Option<u32> {
        if let Some(guess) = guess.filter(|guess| self.table.text(*guess) == text) {
            return Some(guess);
        }
        let hash = self.hasher.hash_one(text);
        let table = &mut self.table;
        if let Some(number) = self.numbers.find(hash, |number| table.text(*number) == text) {
            return Some(*number);
        }
        let number = u32::try_from(table.ends.len()).ok()?;
        let end = u32::try_from(table.texts.len() + text.len()).ok()?;
        table.texts.push_str(text);
        table.ends.push(end);
        let hasher = &self.hasher;
        self.numbers
            .insert_unique(hash, number, |number| hasher.hash_one(table.text(*number)));
        Some(number)
    }

    /// Ends the table and returns what makes labels of places.
    pub(crate) fn finish(mut self) -> impl Fn(Place) -> Labels {
        self.table.texts.shrink_to_fit();
        self.table.ends.shrink_to_fit();
        self.table.pairs.shrink_to_fit();
        let table = Arc::new(self.table);
        move |place| Labels {
            table: Arc::clone(&table),
            first: place.first,
            len: place.len,
        }
    }
}
