//! The labels of a series for binary formats: checked against their contract and the server's limits.

use vmotel_model::{
    Family, Kind, LabelSet, escape_metric_name, is_classic_label, is_classic_metric,
    limits::MAX_LABEL_VALUE_BYTES, owned_labels,
};

use crate::{Names, PushConfig, RejectReason, kept::Encoded, label_text::mended, limits::Limits};

/// The labels of one series, rendered; reused from series to series.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    /// The labels as the format wants them, one behind the other.
    pub(crate) bytes: Vec<u8>,
    /// Where `__name__` belongs.
    pub(crate) name_at: usize,
    /// Where the label of the type belongs.
    pub(crate) own_at: usize,
    /// The names of the series before, checked: most series of a family have the same.
    known: Vec<u8>,
    ends: Vec<usize>,
    name: String,
    kind: Option<Kind>,
}

/// Appends a label to the bytes.
pub(crate) type PushLabel = fn(&str, &str, &mut Vec<u8>);

impl Labels {
    /// Makes ready for a family.
    pub(crate) fn family(&mut self, family: &Family<'_>, names: Names) {
        self.kind = Some(family.kind);
        self.known.clear();
        self.ends.clear();
        self.name.clear();
        if names == Names::Quoted || family.name.is_empty() || is_classic_metric(family.name) {
            self.name.push_str(family.name);
        } else {
            self.name.push_str(&escape_metric_name(family.name));
        }
    }

    /// Returns the exposed name of the family.
    pub(crate) fn metric_name(&self) -> &str {
        &self.name
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind.unwrap_or(Kind::Unknown)
    }

    /// Renders labels; `own` is the label that the type will add, empty if it adds none.
    ///
    /// Labels that keep their contract are rendered in one pass; others are mended first, as in text.
    #[inline]
    pub(crate) fn render(
        &mut self,
        labels: &dyn LabelSet,
        own: &str,
        config: &PushConfig,
        push: PushLabel,
    ) -> Result<(), RejectReason> {
        let suffix = if own.is_empty() { 0 } else { "_bucket".len() };
        if self.name.is_empty() {
            return Err(RejectReason::EmptyMetricName);
        }
        let bytes = self.name.len() + suffix;
        if bytes > MAX_LABEL_VALUE_BYTES {
            return Err(RejectReason::LongMetricName { bytes });
        }
        let kind = self.kind();
        let owned = owned_labels(kind);
        self.start();
        let mut fits = true;
        let mut limits = Limits::default();
        labels.for_each(&mut |name, value| {
            fits = fits && !value.is_empty() && self.fits(limits.count, name, owned, config.names);
            if fits {
                limits.add(name, value);
                self.push(name, value, own, push);
            }
        });
        if !fits {
            self.start();
            limits = Limits::default();
            for (name, value) in &mended(labels, owned, config.names) {
                limits.add(name, value);
                self.push(name, value, own, push);
            }
        }
        limits.check(1 + usize::from(!own.is_empty()) + config.added_labels)
    }

    /// Takes labels that were rendered before.
    pub(crate) fn set(&mut self, labels: Encoded<'_>) {
        self.bytes.clear();
        self.bytes.extend_from_slice(labels.bytes);
        (self.name_at, self.own_at) = (labels.name_at, labels.own_at);
    }

    /// Returns what was rendered or set last.
    pub(crate) fn encoded(&self) -> Encoded<'_> {
        Encoded {
            bytes: &self.bytes,
            name_at: self.name_at,
            own_at: self.own_at,
        }
    }

    fn start(&mut self) {
        self.bytes.clear();
        (self.name_at, self.own_at) = (0, 0);
    }

    #[inline]
    fn push(&mut self, name: &str, value: &str, own: &str, push: PushLabel) {
        push(name, value, &mut self.bytes);
        if name < "__name__" {
            self.name_at = self.bytes.len();
        }
        // Comparing with an empty text is slow: the C library's masked load of a dangling address takes hundreds of cycles.
        if !own.is_empty() && name < own {
            self.own_at = self.bytes.len();
        }
    }

    /// Returns true if a name may stand at `index`: a comparison where the series before had the same there.
    #[inline]
    fn fits(&mut self, index: usize, name: &str, owned: &[&str], names: Names) -> bool {
        if let Some(&end) = self.ends.get(index) {
            let start = if index == 0 { 0 } else { self.ends[index - 1] };
            if &self.known[start..end] == name.as_bytes() {
                return true;
            }
        }
        self.fits_new(index, name, owned, names)
    }

    #[cold]
    fn fits_new(&mut self, index: usize, name: &str, owned: &[&str], names: Names) -> bool {
        self.ends.truncate(index);
        let end = self.ends.last().copied().unwrap_or(0);
        let before = match self.ends.len() {
            0 => &[][..],
            1 => &self.known[..end],
            more => &self.known[self.ends[more - 2]..end],
        };
        let form = if names == Names::Quoted {
            !name.is_empty()
        } else {
            is_classic_label(name)
        };
        let fits = form
            && !name.starts_with("__")
            && !owned.contains(&name)
            && before < name.as_bytes()
            && self.ends.len() == index;
        if fits {
            self.known.truncate(end);
            self.known.extend_from_slice(name.as_bytes());
            self.ends.push(self.known.len());
        }
        fits
    }
}
