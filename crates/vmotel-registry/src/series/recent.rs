//! What a thread has found last, in front of the table.
//!
//! A place holds the values as a caller gave them, in the caller's own order, so that a hit costs a comparison of the very text and no
//! shared memory. It counts only while no series of the family has been removed since. Exact: a hash alone never decides.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    directory::locate,
    hash::{LONG, Salt, Seed},
    key::cut,
};

/// Places of a thread, for all families together: each input may be in one of two.
const PLACES: usize = 256;

/// Words of the longest input that is kept.
const WORDS: usize = 12;

/// Values of the longest input that is kept: one byte of [`Input::lens`] each.
const VALUES: usize = 8;

/// So many inputs that find others in both their places leave them there before one takes one of them: where there are far more
/// inputs than places, writing them down would cost more than it saves.
const PATIENCE: u8 = 16;

/// How some caller gives labels to a family: with which names, in which order, as which types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form(u64);

impl Form {
    /// What is given in no form is not kept.
    pub(crate) const NONE: Self = Self(0);

    /// Returns a form of so many values that differs from all others of the process, former ones too.
    pub(crate) fn new(values: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        if values > VALUES {
            return Self::NONE;
        }
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Room for the words of an input: apart, so that all else of it stays in registers.
pub(crate) type Room = [u64; WORDS];

pub(crate) const ROOM: Room = [0; WORDS];

/// Values as a caller gives them, while they are read. No call that is not inlined takes one.
pub(crate) struct Input<'a> {
    form: Form,
    /// The sum that the hash is made of.
    sum: u64,
    /// The length of each text, as a byte.
    lens: u64,
    words: &'a mut Room,
    len: usize,
    has_numbers: bool,
}

impl<'a> Input<'a> {
    /// Returns one without values, to begin.
    #[inline(always)]
    pub(crate) const fn new(words: &'a mut Room) -> Self {
        Self {
            form: Form::NONE,
            sum: 0,
            lens: 0,
            words,
            len: 0,
            has_numbers: false,
        }
    }

    /// Begins anew, with the sum that belongs to the schema.
    #[inline(always)]
    pub(crate) const fn begin(&mut self, form: Form, sum: u64) {
        (self.form, self.sum) = (form, sum);
        (self.lens, self.len, self.has_numbers) = (0, 0, false);
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, salt: Salt, text: &str) {
        let text = if text.len() > LONG { cut(text) } else { text };
        // One that is too long for a byte has too many words, too.
        self.lens = self.lens << 8 | text.len() as u64;
        let (words, len) = (&mut *self.words, &mut self.len);
        let share = salt.share(text.as_bytes(), |word| {
            if let Some(to) = words.get_mut(*len) {
                *to = word;
            }
            *len += 1;
        });
        self.sum = self.sum.wrapping_add(share);
    }

    /// Adds the bits of a number, whose type the form tells.
    #[cfg(any(feature = "opentelemetry", test))]
    #[inline(always)]
    pub(crate) fn number(&mut self, salt: Salt, bits: u64) {
        if let Some(to) = self.words.get_mut(self.len) {
            *to = bits;
        }
        self.len += 1;
        self.has_numbers = true;
        self.sum = self.sum.wrapping_add(salt.share_of_number(bits));
    }
}

/// A family at a moment: what is found from then on, under the same pin, is not recycled.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// How many series the family had removed before.
    pub(super) epoch: u64,
    pub(super) seed: Seed,
}

/// What is asked for, beside the values: in which form they are given, and the family at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    form: Form,
    epoch: u64,
    /// Of the values as they are given.
    pub(super) hash: u64,
    /// No value is a number: then the hash is that of the key, too.
    pub(crate) is_of_texts: bool,
}

/// Where a series is: the number of its chunk, and the place in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Location {
    pub(super) chunk: u32,
    pub(super) at: u32,
}

/// What a thread keeps.
struct Recent {
    /// Of each place, bits of the hash: what is not kept is told without a look at the places.
    tags: [u32; PLACES],
    /// How many inputs whose first place it is each place has turned away.
    passed: [u8; PLACES],
    places: [Place; PLACES],
}

#[derive(Clone, Copy)]
struct Place {
    form: Form,
    epoch: u64,
    lens: u64,
    words: Room,
    location: Location,
}

const EMPTY: Place = Place {
    form: Form::NONE,
    epoch: 0,
    lens: 0,
    words: ROOM,
    location: Location { chunk: 0, at: 0 },
};

thread_local! {
    /// Allocated by the first entry.
    static OF_THREAD: RefCell<Option<Box<Recent>>> = const { RefCell::new(None) };
}

impl Question {
    #[inline(always)]
    pub(crate) const fn new(input: &Input<'_>, moment: Moment) -> Self {
        Self {
            form: input.form,
            epoch: moment.epoch,
            hash: moment.seed.end(input.sum),
            is_of_texts: !input.has_numbers,
        }
    }

    /// Returns the series that this thread has found for these values before.
    #[inline(always)]
    pub(crate) fn answer(self, input: &Input<'_>) -> Option<Location> {
        let found = OF_THREAD.try_with(
            #[inline(always)]
            |recent| {
                let recent = recent.try_borrow().ok()?;
                let recent = recent.as_ref()?;
                let (tag, [first, second]) = (self.tag(), self.homes());
                let at = if recent.tags[first] == tag { first } else { second };
                let place = &recent.places[at];
                let is_it = recent.tags[at] == tag
                    && place.form == self.form
                    && place.epoch == self.epoch
                    && place.holds(input);
                is_it.then_some(place.location)
            },
        );
        // No places any more: the thread is ending.
        found.ok().flatten()
    }

    /// Keeps the series of these values for this thread.
    #[inline(never)]
    pub(super) fn keep(self, read: impl FnOnce(&mut Input<'_>), id: u32) {
        let _ = OF_THREAD.try_with(|recent| {
            let Ok(mut recent) = recent.try_borrow_mut() else {
                return;
            };
            let recent = recent.get_or_insert_with(|| {
                Box::new(Recent {
                    tags: [0; PLACES],
                    passed: [0; PLACES],
                    places: [EMPTY; PLACES],
                })
            });
            let homes = self.homes();
            let is_free = |at: &usize| {
                let place = &recent.places[*at];
                place.form == Form::NONE || (place.form == self.form && place.epoch != self.epoch)
            };
            let at = homes.into_iter().find(is_free).or_else(|| {
                let passed = &mut recent.passed[homes[0]];
                *passed = passed.wrapping_add(1);
                // One after the other, so that one that is not asked for any more goes soon.
                (*passed % PATIENCE == 0).then(|| homes[usize::from(*passed / PATIENCE % 2)])
            });
            let Some(at) = at else {
                return;
            };
            let mut words = ROOM;
            let mut input = Input::new(&mut words);
            read(&mut input);
            let Input { lens, len, .. } = input;
            if self.form == Form::NONE || len > WORDS {
                return;
            }
            let (chunk, place) = locate(id);
            recent.tags[at] = self.tag();
            recent.places[at] = Place {
                form: self.form,
                epoch: self.epoch,
                lens,
                words,
                location: Location {
                    chunk: chunk as u32,
                    at: place as u32,
                },
            };
        });
    }

    /// Returns the two places where the answer may be kept, by the lowest bits, as the table takes the highest. Two orders of the same
    /// labels, whose hash is the same, have other ones.
    #[inline(always)]
    const fn homes(self) -> [usize; 2] {
        let hash = self.hash ^ self.form.0;
        [hash as usize % PLACES, (hash >> 8) as usize % PLACES]
    }

    #[inline(always)]
    const fn tag(self) -> u32 {
        (self.hash >> 16) as u32
    }
}

impl Place {
    #[inline(always)]
    fn holds(&self, input: &Input<'_>) -> bool {
        let (Some(words), Some(kept)) = (input.words.get(..input.len), self.words.get(..input.len)) else {
            return false;
        };
        self.lens == input.lens && kept.iter().zip(words).all(|(kept, word)| kept == word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Form, Input, Moment, Question, ROOM, WORDS};
    use crate::series::{Key, hash::Seed};

    /// A value, as a text or as a number.
    type Value = Result<String, u64>;

    fn read(input: &mut Input<'_>, form: Form, seed: &Seed, values: &[Value]) {
        input.begin(form, seed.start(3));
        for (place, value) in values.iter().enumerate() {
            match value {
                Ok(text) => input.text(seed.salt(place), text),
                Err(number) => input.number(seed.salt(place), *number),
            }
        }
    }

    fn ask<R>(seed: Seed, form: Form, values: &[Value], f: impl FnOnce(Question, &Input<'_>) -> R) -> R {
        let mut room = ROOM;
        let mut input = Input::new(&mut room);
        read(&mut input, form, &seed, values);
        f(Question::new(&input, Moment { epoch: 0, seed }), &input)
    }

    /// Values that differ in little, of all lengths; the bytes of texts are in words as those of numbers are.
    fn values() -> impl Strategy<Value = Vec<Value>> {
        let text = "[ab]{0,3}|[ab]{7,9}|a{15,18}|[ab]{30,34}|a{90,100}";
        let value = prop_oneof![5 => text.prop_map(Ok), 1 => (0..3_u64).prop_map(Err)];
        proptest::collection::vec(value, 1..4)
    }

    proptest! {
        /// Of two inputs of one form, whose hash is the same by force, the other one is not taken for the one that is kept.
        #[test]
        fn a_hash_alone_never_decides(kept in values(), asked in values(), change in any::<proptest::sample::Index>()) {
            let (seed, form) = (Seed::new(), Form::new(3));
            // Equal types, as a form has them; half of the time it differs in one value at most.
            let types = |values: &[Value]| values.iter().map(Result::is_ok).collect::<Vec<_>>();
            let mut near = kept.clone();
            near[change.index(kept.len())].clone_from(&asked[0]);
            for asked in [asked, near, kept.clone()] {
                if types(&asked) != types(&kept) {
                    continue;
                }
                let same = |question| Question { hash: 77, ..question };
                ask(seed, form, &kept, |question, _| {
                    same(question).keep(|input| read(input, form, &seed, &kept), 9);
                });
                let words = ask(seed, form, &asked, |_, input| input.len);
                let found = ask(seed, form, &asked, |question, input| same(question).answer(input));
                prop_assert_eq!(found.is_some(), asked == kept && words <= WORDS, "{:?} {:?}", asked, kept);
                // What is to be kept next finds the place free.
                super::OF_THREAD.with_borrow_mut(|recent| *recent = None);
            }
        }

        #[test]
        fn the_hash_is_that_of_the_key_in_any_order(values in proptest::collection::vec(".{0,40}", 0..6), turn: usize) {
            let seed = Seed::new();
            let key = Key::new(3, values.len(), |index| &values[index]);
            let mut room = ROOM;
            let mut input = Input::new(&mut room);
            input.begin(Form::NONE, seed.start(3));
            for step in 0..values.len() {
                let place = (turn % 7 + step) % values.len();
                input.text(seed.salt(place), &values[place]);
            }
            prop_assert_eq!(Question::new(&input, Moment { epoch: 0, seed }).hash, key.hash(&seed));
        }
    }

    #[test]
    fn sets_that_one_thread_uses_are_all_kept_in_the_end() {
        let (seed, form) = (Seed::new(), Form::new(1));
        let of = |n: u64| [Ok(n.to_string())];
        let turn = |from: u64, to: u64| {
            let is_missing = |n: &u64| {
                ask(seed, form, &of(*n), |question, input| {
                    let missing = question.answer(input).is_none();
                    if missing {
                        question.keep(|input| read(input, form, &seed, &of(*n)), 9);
                    }
                    missing
                })
            };
            (from..to).filter(is_missing).count()
        };
        // What was used before, and is not any more, is in all places.
        (0..50).for_each(|_| _ = turn(1_000, 3_000));
        (0..2_000).for_each(|_| _ = turn(0, 40));
        assert_eq!(turn(0, 40), 0);
    }
}
