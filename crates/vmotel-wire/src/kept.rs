//! Encoded labels, kept from push to push.
//!
//! Most series of a push are those of the one before, with the same labels. A source that knows so says it with a [`SeriesId`]; then
//! the labels are not looked at again. Once a family's series have stayed the same for a whole visit, they are sorted by their labels, and
//! the numbers of later visits are put in that order: neighbours differ in little, so that compressors find more in less time.
//!
//! For the same reason, of each series in that order only what the one before it has not is kept: a fraction of the memory, and what a push
//! reads of it fits into caches. Its labels are made in place out of those of the one before.

mod line;

use std::collections::HashMap;

use vmotel_model::{Number, SeriesId, Timestamp};

use self::line::{Line, Shared};
use crate::{Names, PushConfig, labels::Labels};

/// A family that was not visited for so many visits is forgotten. Visits of markers alone lie between two of all families.
const FORGET: u64 = 3;

/// The labels of all families.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    families: HashMap<String, Family, foldhash::fast::RandomState>,
    visit: u64,
    name: String,
    current: Family,
}

/// What the bytes of labels depend on, beside the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) names: Names,
    pub(crate) added_labels: usize,
    pub(crate) own: &'static str,
    pub(crate) field: u8,
}

impl Form {
    pub(crate) const fn of(config: &PushConfig, own: &'static str, field: u8) -> Self {
        Self {
            names: config.names,
            added_labels: config.added_labels,
            own,
            field,
        }
    }
}

#[derive(Debug, Default)]
struct Family {
    form: Option<Form>,
    /// In the order of the visits.
    entries: Vec<Entry>,
    /// In the order in which numbers are handed out.
    blocks: Vec<Block>,
    arena: Vec<u8>,
    /// The numbers of the visit at work, by block.
    values: Vec<Value>,
    waiting: usize,
    /// How many series the visit has had that are known.
    next: usize,
    /// Whether all of them were known.
    stable: bool,
    sorted: bool,
    /// What each block shares with the one before it, if the arena has only the rest.
    shared: Vec<Shared>,
    /// Whether it has numbers, which are handed out in the order of the blocks.
    numbers: bool,
    line: Line,
    visit: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    id: SeriesId,
    block: usize,
}

/// Where the labels of one series are, and what belongs between them.
#[derive(Debug, Clone, Copy)]
struct Block {
    start: usize,
    end: usize,
    name_at: usize,
    own_at: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Value {
    number: Option<Number>,
    start: Option<Timestamp>,
}

/// The labels of one series, as a format wants them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encoded<'a> {
    /// One behind the other.
    pub(crate) bytes: &'a [u8],
    /// Where `__name__` belongs.
    pub(crate) name_at: usize,
    /// Where the label of the type belongs.
    pub(crate) own_at: usize,
}

impl Kept {
    /// Begins a visit.
    pub(crate) fn begin(&mut self) {
        self.leave();
        self.visit += 1;
    }

    /// Ends a visit; forgets families that have gone.
    pub(crate) fn end(&mut self) {
        self.leave();
        let visit = self.visit;
        self.families.retain(|_, family| visit - family.visit < FORGET);
    }

    /// Turns to a family; the numbers of the one before must have been taken.
    pub(crate) fn family(&mut self, name: &str) {
        self.leave();
        self.current = self.families.remove(name).unwrap_or_default();
        self.current.visit = self.visit;
        if self.current.waiting > 0 {
            // A visit that was broken off.
            self.current.values.fill(Value::default());
            self.current.waiting = 0;
        }
        (self.current.next, self.current.stable) = (0, true);
        self.name.clear();
        self.name.push_str(name);
    }

    fn leave(&mut self) {
        let mut family = std::mem::take(&mut self.current);
        if !family.entries.is_empty() && !self.name.is_empty() {
            family.leave();
            self.families.insert(std::mem::take(&mut self.name), family);
        }
        self.name.clear();
    }

    /// Returns the number of the block of a series that is known and comes where it came before.
    #[inline]
    pub(crate) fn find(&mut self, form: Form, id: SeriesId) -> Option<usize> {
        let family = &mut self.current;
        let entry = family.entries.get(family.next)?;
        if entry.id != id || family.form != Some(form) {
            return None;
        }
        family.next += 1;
        Some(entry.block)
    }

    pub(crate) fn get(&mut self, block: usize) -> Encoded<'_> {
        self.current.spread();
        self.current.get(block)
    }

    /// Takes the labels of a series that was not found. Returns its block, or none if it is not kept.
    pub(crate) fn add(&mut self, form: Form, id: SeriesId, labels: &Labels) -> Option<usize> {
        let family = &mut self.current;
        if family.form != Some(form) {
            if family.next > 0 {
                return None;
            }
            *family = Family {
                form: Some(form),
                stable: true,
                visit: family.visit,
                ..Family::default()
            };
        }
        family.spread();
        if let Some(&Entry { block, .. }) = family.entries.get(family.next)
            && family.get(block).bytes == labels.bytes
        {
            family.entries[family.next].id = id;
            family.next += 1;
            return Some(block);
        }
        family.cut();
        family.stable = false;
        let start = family.arena.len();
        family.arena.extend_from_slice(&labels.bytes);
        let block = family.blocks.len();
        family.blocks.push(Block {
            start,
            end: family.arena.len(),
            name_at: labels.name_at,
            own_at: labels.own_at,
        });
        family.values.push(Value::default());
        family.entries.push(Entry { id, block });
        family.next += 1;
        Some(block)
    }

    /// Puts down the number of a series.
    #[inline]
    pub(crate) fn put(&mut self, block: usize, number: Number, start: Option<Timestamp>) {
        let family = &mut self.current;
        family.values[block] = Value {
            number: Some(number),
            start,
        };
        family.waiting += 1;
        family.numbers = true;
    }

    /// Hands out all numbers that were put down.
    #[inline]
    pub(crate) fn take(&mut self, mut f: impl FnMut(Encoded<'_>, Number, Option<Timestamp>)) {
        let family = &mut self.current;
        if family.waiting == 0 {
            return;
        }
        family.waiting = 0;
        if !family.shared.is_empty() {
            family.line.clear();
            for ((block, value), shared) in family.blocks.iter().zip(&mut family.values).zip(&family.shared) {
                family.line.turn(*shared, &family.arena[block.start..block.end]);
                if let Some(number) = value.number.take() {
                    f(block.with(family.line.bytes()), number, value.start);
                }
            }
            return;
        }
        for (block, value) in family.blocks.iter().zip(&mut family.values) {
            if let Some(number) = value.number.take() {
                f(block.of(&family.arena), number, value.start);
            }
        }
    }
}

impl Block {
    #[inline]
    fn of(self, arena: &[u8]) -> Encoded<'_> {
        self.with(&arena[self.start..self.end])
    }

    #[inline]
    const fn with(self, bytes: &[u8]) -> Encoded<'_> {
        Encoded {
            bytes,
            name_at: self.name_at,
            own_at: self.own_at,
        }
    }
}

impl Family {
    fn get(&self, block: usize) -> Encoded<'_> {
        self.blocks[block].of(&self.arena)
    }

    /// Ends a visit: forgets series that did not come, and sorts those that have stayed.
    fn leave(&mut self) {
        if self.next < self.entries.len() {
            self.cut();
        } else if self.stable && !self.sorted {
            let mut order: Vec<usize> = (0..self.entries.len()).collect();
            self.spread();
            order.sort_by_key(|&at| self.get(self.entries[at].block).bytes);
            self.arrange(&order);
            self.sorted = true;
        }
        if self.sorted && self.numbers && self.shared.is_empty() {
            self.share();
        }
    }

    /// Keeps of each block only what the one before it has not.
    fn share(&mut self) {
        let mut arena = Vec::new();
        let mut before: &[u8] = &[];
        for block in &mut self.blocks {
            let bytes = &self.arena[block.start..block.end];
            let shared = Shared::of(before, bytes);
            let start = arena.len();
            arena.extend_from_slice(shared.rest(bytes));
            (block.start, block.end) = (start, arena.len());
            self.shared.push(shared);
            before = bytes;
        }
        arena.shrink_to_fit();
        self.arena = arena;
    }

    /// Undoes [`Family::share`], to look at blocks in any order.
    fn spread(&mut self) {
        if self.shared.is_empty() {
            return;
        }
        let mut arena = Vec::new();
        self.line.clear();
        for (block, shared) in self.blocks.iter_mut().zip(self.shared.drain(..)) {
            self.line.turn(shared, &self.arena[block.start..block.end]);
            let start = arena.len();
            arena.extend_from_slice(self.line.bytes());
            (block.start, block.end) = (start, arena.len());
        }
        self.arena = arena;
    }

    /// Forgets the series from `next` on.
    fn cut(&mut self) {
        if self.next < self.entries.len() || self.sorted {
            self.entries.truncate(self.next);
            let order: Vec<usize> = (0..self.next).collect();
            self.arrange(&order);
            self.sorted = false;
        }
    }

    /// Brings the blocks, and the numbers that wait, into an order of the entries.
    fn arrange(&mut self, order: &[usize]) {
        self.spread();
        let mut arena = Vec::with_capacity(self.arena.len());
        let mut blocks = Vec::with_capacity(order.len());
        let mut values = Vec::with_capacity(order.len());
        for (number, &at) in order.iter().enumerate() {
            let of = self.entries[at].block;
            let block = self.blocks[of];
            values.push(std::mem::take(&mut self.values[of]));
            let start = arena.len();
            arena.extend_from_slice(block.of(&self.arena).bytes);
            blocks.push(Block {
                start,
                end: arena.len(),
                ..block
            });
            self.entries[at].block = number;
        }
        self.arena = arena;
        self.values = values;
        self.blocks = blocks;
    }
}
