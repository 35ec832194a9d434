//! The spool beside a model that keeps plain lists and computes every sum anew.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Push(usize),
    Front,
    Delivered,
    Rejected,
    Failed,
    Wait(u64),
    Resend,
    /// The process ends, with a chance to keep what waits or without, and another one begins.
    Restart(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop_oneof![4 => 0..400usize, 1 => 400..3000usize].prop_map(Step::Push),
        6 => Just(Step::Front),
        5 => Just(Step::Delivered),
        1 => Just(Step::Rejected),
        3 => Just(Step::Failed),
        3 => (0..9u64).prop_map(Step::Wait),
        1 => Just(Step::Resend),
        1 => any::<bool>().prop_map(Step::Restart),
    ]
}

#[derive(Debug, Clone)]
struct Item {
    number: u64,
    parcel: Parcel,
    memory: bool,
    disk: bool,
    again: bool,
}

#[derive(Debug)]
struct Model {
    config: SpoolConfig,
    waiting: Vec<Item>,
    taken: Option<u64>,
    through: bool,
    /// Time, number, parcel.
    acknowledged: Vec<(u64, u64, Parcel)>,
    pushed: u64,
    dropped: Vec<u64>,
    /// Delivered for the first time.
    delivered: Vec<u64>,
    rejected: Vec<u64>,
    died: Vec<u64>,
}

fn size(parcel: &Parcel) -> u64 {
    parcel.body.len() as u64 + parcel.query.len() as u64 + 256
}

impl Model {
    fn memory(&self) -> u64 {
        self.waiting
            .iter()
            .filter(|item| item.memory)
            .map(|item| size(&item.parcel))
            .sum()
    }

    fn disk(&self) -> u64 {
        self.waiting
            .iter()
            .filter(|item| item.disk)
            .map(|item| size(&item.parcel))
            .sum()
    }

    fn write(&mut self) {
        if self.config.directory.is_some() {
            for item in &mut self.waiting {
                item.disk |= size(&item.parcel) <= self.config.disk_bytes;
            }
        }
    }

    fn settle(&mut self) {
        if self.through || self.memory() > self.config.memory_bytes {
            self.write();
        }
        while self.memory() > self.config.memory_bytes {
            let taken = self.taken;
            let newest = self.waiting.iter_mut().rev();
            match newest
                .filter(|i| Some(i.number) != taken)
                .find(|i| i.memory && i.disk)
            {
                Some(item) => item.memory = false,
                None => break,
            }
        }
        while self.memory() > self.config.memory_bytes && self.drop_oldest(|i| i.memory && !i.disk) {}
        while self.disk() > self.config.disk_bytes && self.drop_oldest(|i| i.disk) {}
        self.through &= !self.waiting.is_empty();
    }

    fn drop_oldest(&mut self, wanted: impl Fn(&Item) -> bool) -> bool {
        let taken = self.taken;
        let oldest = self
            .waiting
            .iter()
            .position(|i| Some(i.number) != taken && wanted(i));
        if let Some(at) = oldest {
            let item = self.waiting.remove(at);
            if !item.again {
                self.dropped.push(item.number);
            }
        }
        oldest.is_some()
    }

    fn take(&mut self) -> Option<Item> {
        let at = self.waiting.iter().position(|i| Some(i.number) == self.taken)?;
        self.taken = None;
        let item = self.waiting.remove(at);
        self.through &= !self.waiting.is_empty();
        Some(item)
    }
}

fn check(steps: &[Step], directory: bool, memory_bytes: u64, disk_bytes: u64) {
    let folder = tempfile::tempdir().unwrap();
    let config = SpoolConfig {
        memory_bytes,
        disk_bytes,
        directory: directory.then(|| folder.path().to_owned()),
        window: Duration::from_secs(15),
        window_bytes: 2500,
    };
    let mut spool = Spool::open(config.clone()).unwrap();
    let most = if directory {
        disk_bytes.max(memory_bytes)
    } else {
        memory_bytes
    };
    let mut model = Model {
        config: config.clone(),
        waiting: Vec::new(),
        taken: None,
        through: false,
        acknowledged: Vec::new(),
        pushed: 0,
        dropped: Vec::new(),
        delivered: Vec::new(),
        rejected: Vec::new(),
        died: Vec::new(),
    };
    let (mut now, mut held) = (0, None);
    for step in steps {
        match *step {
            Step::Push(bytes) => {
                model.pushed += 1;
                let parcel = parcel(model.pushed, bytes);
                let before = model.dropped.len();
                if size(&parcel) > most {
                    model.dropped.push(model.pushed);
                } else {
                    model.waiting.push(Item {
                        number: model.pushed,
                        parcel: parcel.clone(),
                        memory: true,
                        disk: false,
                        again: false,
                    });
                    model.settle();
                }
                let pushed = spool.push(parcel);
                let dropped = &model.dropped[before..];
                assert_eq!(pushed.dropped_parcels, dropped.len() as u64);
                assert_eq!(pushed.dropped_samples, dropped.iter().sum::<u64>());
            }
            Step::Front => {
                let front = spool.front();
                model.taken = model.waiting.first().map(|item| item.number).or(model.taken);
                if let Some(first) = model.waiting.first_mut()
                    && !first.memory
                {
                    first.memory = true;
                    let before = model.dropped.len();
                    model.settle_loaded();
                    assert_eq!(model.dropped.len(), before);
                }
                let expected = model.waiting.first().map(|item| item.parcel.clone());
                assert_eq!(front.as_ref().map(|(_, parcel)| parcel.clone()), expected);
                held = front.map(|(id, _)| id);
            }
            Step::Delivered => {
                if let (Some(id), Some(item)) = (held.take(), model.take()) {
                    assert_eq!(spool.delivered(id, seconds(now)), !item.again);
                    if !item.again {
                        model.delivered.push(item.number);
                    }
                    model.acknowledged.push((now, item.number, item.parcel));
                    model.acknowledged.retain(|(time, _, _)| now - time <= 15);
                    while model.acknowledged.iter().map(|(_, _, p)| size(p)).sum::<u64>() > 2500 {
                        model.acknowledged.remove(0);
                    }
                }
            }
            Step::Rejected => {
                if let (Some(id), Some(item)) = (held.take(), model.take()) {
                    spool.rejected(id);
                    if !item.again {
                        model.rejected.push(item.number);
                    }
                }
            }
            Step::Failed => {
                if let Some(id) = held.take() {
                    spool.failed(id);
                    model.taken = None;
                    model.through = !model.waiting.is_empty();
                    model.settle();
                }
            }
            Step::Wait(seconds) => now += seconds,
            Step::Resend => {
                assert_eq!(spool.resend_window(), model.acknowledged.len() as u64);
                for (_, number, parcel) in std::mem::take(&mut model.acknowledged) {
                    model.waiting.push(Item {
                        number,
                        parcel,
                        memory: true,
                        disk: false,
                        again: true,
                    });
                }
                model.waiting.sort_by_key(|item| item.number);
                model.settle();
            }
            Step::Restart(orderly) => {
                if orderly {
                    model.write();
                    let kept = spool.keep(|| true);
                    let sum = |disk: bool| -> u64 {
                        let waiting = model.waiting.iter().filter(|i| !i.again && i.disk == disk);
                        waiting.map(|i| i.parcel.samples).sum()
                    };
                    assert_eq!((kept.spooled_samples, kept.lost_samples), (sum(true), sum(false)));
                }
                drop(spool);
                spool = Spool::open(config.clone()).unwrap();
                held = None;
                let (kept, lost): (Vec<Item>, _) = model.waiting.drain(..).partition(|item| item.disk);
                model
                    .died
                    .extend(lost.iter().filter(|i| !i.again).map(|i| i.number));
                model.waiting = kept;
                for item in &mut model.waiting {
                    item.memory = false;
                    // A new process does not know; what was delivered stays so in this list.
                    if std::mem::take(&mut item.again) {
                        model.delivered.retain(|number| *number != item.number);
                    }
                }
                model.acknowledged.clear();
                (model.taken, model.through) = (None, false);
                model.settle();
            }
        }
        let stats = spool.stats();
        assert_eq!(stats.waiting_parcels, model.waiting.len() as u64, "{step:?}");
        let samples: u64 = model.waiting.iter().map(|item| item.parcel.samples).sum();
        assert_eq!(stats.waiting_samples, samples);
        assert_eq!(
            (stats.memory_bytes, stats.disk_bytes),
            (model.memory(), model.disk())
        );
        assert_eq!(stats.window_parcels, model.acknowledged.len() as u64);
        assert!(stats.disk_bytes <= disk_bytes + 3256 && stats.window_bytes <= 2500);
        assert!(
            stats.memory_bytes <= memory_bytes || spool.taken.is_some(),
            "{stats:?}"
        );
        assert_eq!((stats.disk_errors, stats.damaged_files), (0, 0));
        // Every parcel is in one place: no loss is without a count.
        let waiting = model.waiting.iter().filter(|i| !i.again).map(|i| i.number);
        let lists = [&model.dropped, &model.delivered, &model.rejected, &model.died];
        let mut all: Vec<u64> = lists.into_iter().flatten().copied().chain(waiting).collect();
        all.sort_unstable();
        assert_eq!(all, (1..=model.pushed).collect::<Vec<_>>());
    }
}

impl Model {
    /// After a load only bodies that are on disk too are let go.
    fn settle_loaded(&mut self) {
        while self.memory() > self.config.memory_bytes {
            let taken = self.taken;
            let newest = self.waiting.iter_mut().rev();
            match newest
                .filter(|i| Some(i.number) != taken)
                .find(|i| i.memory && i.disk)
            {
                Some(item) => item.memory = false,
                None => break,
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn in_memory(steps in prop::collection::vec(step(), 1..120)) {
        check(&steps, false, 3000, 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn with_a_directory(
        steps in prop::collection::vec(step(), 1..100),
        memory in 500..4000u64,
        disk in 500..8000u64,
    ) {
        check(&steps, true, memory, disk);
    }
}
