//! The decision on a set that is not known: which labels to fold, and whether there is room.

use std::borrow::Cow;
use std::sync::atomic::Ordering::Relaxed;

use super::config::{Fold, MAX_LABELS};
use super::decision::{Decision, SetId};
use super::label::Label;
use super::metric::State;
use super::value;

impl State {
    /// Decides on a set that is not known as it stands.
    #[inline(never)]
    pub(crate) fn decide(&self, values: &[&str], weight: u64) -> Decision {
        let known = self.known_labels().count();
        if values.len() > known {
            self.counts
                .dropped
                .fetch_add((values.len() - known) as u64, Relaxed);
        }
        let values = &values[..values.len().min(known)];
        let most = self.shared.config.value_length;
        if values.iter().any(|value| value.len() > most) {
            self.counts.cuts.fetch_add(
                values.iter().filter(|value| value.len() > most).count() as u64,
                Relaxed,
            );
            let cut: Vec<Cow<'_, str>> = values.iter().map(|value| value::cut(value, most)).collect();
            let cut: Vec<&str> = cut.iter().map(|value| &**value).collect();
            return self.decide_short(&cut, weight);
        }
        self.decide_short(values, weight)
    }

    fn decide_short(&self, values: &[&str], weight: u64) -> Decision {
        let mut hashes = [0_u64; MAX_LABELS];
        let hashes = &mut hashes[..values.len()];
        let mut hash = 0_u64;
        let mut folded = 0_u64;
        for (at, ((label, value), out)) in self.known_labels().zip(values).zip(hashes.iter_mut()).enumerate()
        {
            *out = label.hash(value);
            hash = hash.wrapping_add(*out);
            if *out != 0 && label.is_full() && label.values.find(*out).is_none() {
                folded |= 1 << at;
            }
        }
        let set = Set {
            values,
            hashes,
            hash: hash.max(1),
            weight,
        };
        let epoch = self.shared.epoch();
        // Fold the guilty labels first, one by one, until the set is known or there is room for it.
        loop {
            let written = self.written(&set, folded);
            if let Some(slot) = self.sets.find(written) {
                slot.touch(weight, epoch);
                return self.conclude(&set, written, folded);
            }
            if self.has_room(folded.count_ones()) {
                match self.admit(&set, written, folded) {
                    Ok(()) => return self.conclude(&set, written, folded),
                    Err(Retry::Fold(more)) => {
                        folded |= more;
                        continue;
                    }
                    Err(Retry::NoRoom) => {}
                }
            }
            match self.guiltiest(&set, folded) {
                Some(label) => folded |= 1 << label,
                None => break,
            }
        }
        self.counts.overflows.fetch_add(1, Relaxed);
        self.conclude(&set, SetId::OVERFLOW.get(), folded)
    }

    /// Counts the folds, and answers.
    fn conclude(&self, set: &Set<'_>, written: u64, folded: u64) -> Decision {
        let mut rest = folded;
        while rest != 0 {
            let at = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if let Some(label) = self.labels[at].get() {
                label.fold(set.hashes[at], set.values[at], set.weight);
            }
        }
        if self.shared.config.dry_run {
            let set = SetId::new(set.hash);
            return Decision {
                set,
                folded: 0,
                would_fold: folded,
            };
        }
        Decision {
            set: SetId::new(written),
            folded,
            would_fold: folded,
        }
    }

    /// Returns the hash of the set with the folded labels replaced.
    fn written(&self, set: &Set<'_>, folded: u64) -> u64 {
        let mut hash = set.hash;
        let mut rest = folded;
        if folded != 0 {
            hash = set
                .hashes
                .iter()
                .fold(0, |sum: u64, &part| sum.wrapping_add(part));
        }
        while rest != 0 {
            let at = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if let Some(label) = self.labels[at].get() {
                let fold = &self.shared.config.fold;
                let bucket = if *fold == Fold::Other {
                    0
                } else {
                    value::bucket(fold, set.values[at])
                };
                hash = hash
                    .wrapping_sub(set.hashes[at])
                    .wrapping_add(label.bucket_hash(bucket));
            }
        }
        hash.clamp(1, u64::MAX - 1)
    }

    /// Tells whether there is room for a set with so many folded labels. The more are folded, the more room there
    /// is, so that folding is not blocked by what came before.
    fn has_room(&self, folded: u32) -> bool {
        let cap = |limit: usize| limit - (limit >> (2 + folded).min(63));
        self.charged.load(Relaxed) < cap(self.shared.config.per_metric)
            && self.shared.charged.load(Relaxed) < cap(self.shared.config.total)
    }

    fn guiltiest(&self, set: &Set<'_>, folded: u64) -> Option<usize> {
        self.known_labels()
            .zip(set.hashes)
            .enumerate()
            .filter(|&(at, (_, &hash))| hash != 0 && folded >> at & 1 == 0)
            .max_by_key(|(at, (label, _))| (label.guilt(), std::cmp::Reverse(*at)))
            .map(|(at, _)| at)
    }

    /// Admits a set and those of its values that are new.
    fn admit(&self, set: &Set<'_>, written: u64, folded: u64) -> Result<(), Retry> {
        let mut locked = self.lock();
        if let Some(slot) = self.sets.find(written) {
            slot.touch(set.weight, self.shared.epoch());
            return Ok(());
        }
        let is_new = |label: &Label, at: usize| {
            let hash = set.hashes[at];
            hash != 0 && folded >> at & 1 == 0 && label.values.find(hash).is_none()
        };
        let full = self
            .known_labels()
            .take(set.values.len())
            .enumerate()
            .filter(|(at, label)| label.is_full() && is_new(label, *at))
            .fold(0, |mask, (at, _)| mask | 1 << at);
        if full != 0 {
            return Err(Retry::Fold(full));
        }
        if !self.has_room(folded.count_ones()) || !self.shared.charge() {
            return Err(Retry::NoRoom);
        }
        let epoch = self.shared.epoch();
        let mut admitted = vec![0; set.values.len()].into_boxed_slice();
        for (at, label) in self.known_labels().take(set.values.len()).enumerate() {
            let hash = set.hashes[at];
            if hash == 0 || folded >> at & 1 == 1 {
                continue;
            }
            admitted[at] = hash;
            if is_new(label, at) {
                label.admit(hash, 0, epoch);
            }
            locked.texts[at]
                .entry(hash)
                .or_insert_with(|| set.values[at].into());
        }
        self.charged.fetch_add(1, Relaxed);
        self.counts.admissions.fetch_add(1, Relaxed);
        self.sets.insert(written, set.weight, epoch);
        locked.sets.insert(written, admitted);
        Ok(())
    }
}

/// A set that is being decided on.
struct Set<'a> {
    values: &'a [&'a str],
    hashes: &'a [u64],
    hash: u64,
    weight: u64,
}

enum Retry {
    /// Labels have become full meanwhile.
    Fold(u64),
    NoRoom,
}
