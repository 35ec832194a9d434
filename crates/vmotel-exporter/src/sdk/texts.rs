//! The ready texts of the points, kept from scrape to scrape.
//!
//! The SDK hands over the same points in the same order as long as no attribute set is new, so most texts of a scrape are those
//! of the one before. Comparing a point with its text costs less than rendering it, and where all texts stay, they stay distinct.

use std::{cell::RefCell, collections::HashMap, fmt};

use vmotel_model::{LabelSet, SeriesId, SeriesText, VisitConfig};

use super::{
    attributes::PointValues,
    plans::{Common, Planned, Plans},
    points::DataPoint,
};

/// More plans than this beyond the number of points are leftovers of keys that no longer occur.
const SPARE_PLANS: usize = 16;

/// The texts of all families of a source, under one configuration.
#[derive(Debug, Default)]
pub(super) struct Texts {
    config: VisitConfig,
    families: HashMap<String, Vec<FamilyTexts>>,
}

impl Texts {
    /// Returns the texts for visits under `config`: emptied if they were made under another one.
    pub(super) fn under(mut self, config: &VisitConfig) -> Self {
        if self.config != *config {
            self = Self {
                config: config.clone(),
                families: HashMap::new(),
            };
        }
        self
    }

    /// Takes out the texts of the family `name` in its `nth` scope.
    pub(super) fn take(&mut self, name: &str, nth: usize) -> FamilyTexts {
        let scopes = self.families.get_mut(name);
        scopes
            .and_then(|scopes| scopes.get_mut(nth))
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Puts back the texts of families in their order; what is not put back is forgotten.
    pub(super) fn put_back(&mut self, families: impl Iterator<Item = (String, FamilyTexts)>) {
        self.families.clear();
        for (name, texts) in families {
            self.families.entry(name).or_default().push(texts);
        }
    }
}

/// The texts of one family's points, in their order.
#[derive(Debug, Default)]
pub(super) struct FamilyTexts {
    scope: Vec<(String, String)>,
    plans: Plans,
    arena: Vec<u8>,
    points: Vec<Placed>,
    distinct: bool,
}

/// Where the text of a point ends in the arena, and how it was made.
#[derive(Debug, Clone, Copy)]
struct Placed {
    end: usize,
    plan: usize,
    /// Whether the text can be compared with the values.
    comparable: bool,
    id: SeriesId,
}

impl FamilyTexts {
    /// Brings the texts in line with the points.
    pub(super) fn update<'d, P: DataPoint + 'd, I: Iterator<Item = &'d P>>(
        &mut self,
        common: &Common<'_>,
        points: impl Fn() -> I,
    ) {
        if self.scope != common.scope || self.plans.len() > self.points.len() + SPARE_PLANS {
            *self = Self {
                scope: common.scope.to_vec(),
                ..Self::default()
            };
        }
        let mut values = PointValues::default();
        let (mut start, mut count) = (0, 0);
        let mut changed = self.points.is_empty();
        for point in points() {
            let plan = self.plans.load(common, point, &mut values);
            let planned = self.plans.get(plan);
            if let Some(placed) = self.points.get(count) {
                let known = placed.comparable
                    && placed.plan == plan
                    && planned.template.matches(&values, &self.arena[start..placed.end]);
                if known {
                    start = placed.end;
                    count += 1;
                    continue;
                }
            }
            changed = true;
            self.points.truncate(count);
            self.arena.truncate(start);
            let comparable = planned.template.is_classic()
                && planned.template.render(&planned.labels, &values, &mut self.arena);
            start = self.arena.len();
            self.points.push(Placed {
                end: start,
                plan,
                comparable,
                id: SeriesId::unique(),
            });
            count += 1;
        }
        if count < self.points.len() {
            changed = true;
            self.points.truncate(count);
            self.arena.truncate(start);
        }
        if changed {
            self.distinct = self.plans.distinct(common, points());
        }
    }

    /// Returns true if no two of the points can have equal labels.
    pub(super) const fn distinct(&self) -> bool {
        self.distinct
    }

    /// Calls `f` with each point, its labels and its text, where it has one.
    pub(super) fn for_each<'d, P: DataPoint + 'd>(
        &self,
        points: impl Iterator<Item = &'d P>,
        mut f: impl FnMut(&'d P, &dyn LabelSet, Option<SeriesText<'_>>),
    ) {
        let values = RefCell::default();
        let mut start = 0;
        for (point, placed) in points.zip(&self.points) {
            let planned = self.plans.get(placed.plan);
            let text = &self.arena[start..placed.end];
            let text = (!text.is_empty()).then(|| {
                SeriesText::new(text, planned.template.name_len())
                    .with_size(planned.size)
                    .with_id(placed.id)
            });
            start = placed.end;
            f(
                point,
                &PointLabels {
                    point,
                    planned,
                    values: &values,
                },
                text,
            );
        }
    }
}

/// The labels of a point, worked out only for a sink that asks.
struct PointLabels<'a, 'd, P> {
    point: &'d P,
    planned: &'a Planned,
    values: &'a RefCell<PointValues<'d>>,
}

impl<P: DataPoint> LabelSet for PointLabels<'_, '_, P> {
    fn for_each(&self, f: &mut dyn FnMut(&str, &str)) {
        // A sink that looks at the labels while it is given them finds the values taken, and gets its own.
        let mut values = self.values.take();
        values.clear();
        self.point
            .attributes()
            .for_each(|attribute| values.push(attribute));
        self.planned.labels.labels(&values).for_each(f);
        self.values.replace(values);
    }
}

impl<P: DataPoint> fmt::Debug for PointLabels<'_, '_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        self.for_each(&mut |name, value| {
            map.entry(&name, &value);
        });
        map.finish()
    }
}
