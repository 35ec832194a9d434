//! The labels of a series as text.

use vmotel_model::{
    Kind, LabelSet, Series, escape_label_name, escape_label_value, is_classic_label, owned_labels,
};

use crate::{Names, limits::Limits};

/// Renders `name="value",...` where a source keeps no ready text; reuses its buffer.
#[derive(Debug, Default)]
pub(crate) struct LabelText {
    text: Vec<u8>,
    /// What the text was rendered of.
    pub(crate) limits: Limits,
}

impl LabelText {
    /// Returns the labels of a series without braces: the source's own text if it has one.
    #[inline]
    pub(crate) fn of<'t>(&'t mut self, series: &Series<'t>, kind: Kind, names: Names) -> &'t [u8] {
        match series.text {
            Some(text) => text.labels(),
            None => self.render(series.labels, kind, names),
        }
    }

    /// Renders the labels of a series, unless the source has its own text.
    pub(crate) fn set(&mut self, series: &Series<'_>, kind: Kind, names: Names) {
        if series.text.is_none() {
            self.render(series.labels, kind, names);
        }
    }

    /// Returns the labels of the series that was set last.
    pub(crate) fn get<'t>(&'t self, series: &Series<'t>) -> &'t [u8] {
        series.text.map_or(&self.text, |text| text.labels())
    }

    /// Renders in one pass if the labels keep their contract, else mends them first.
    fn render(&mut self, labels: &dyn LabelSet, kind: Kind, names: Names) -> &[u8] {
        let text = &mut self.text;
        text.clear();
        let owned = owned_labels(kind);
        let mut last = 0..0;
        let mut fits = true;
        let mut limits = Limits::default();
        labels.for_each(&mut |name, value| {
            limits.add(name, value);
            fits = fits
                && !value.is_empty()
                && is_classic_label(name)
                && !name.starts_with("__")
                && !owned.contains(&name)
                && (last.is_empty() || text[last.clone()] < *name.as_bytes());
            if fits {
                if !text.is_empty() {
                    text.push(b',');
                }
                last = text.len()..text.len() + name.len();
                push_label(name, value, text);
            }
        });
        if !fits {
            text.clear();
            limits = Limits::default();
            mend(labels, owned, names, &mut limits, text);
        }
        self.limits = limits;
        &self.text
    }
}

fn push_label(name: &str, value: &str, text: &mut Vec<u8>) {
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b"=\"");
    escape_label_value(value, text);
    text.push(b'"');
}

/// Sorts labels, keeps the last of equal names, joins those that become equal by escaping, and leaves out empty ones.
pub(crate) fn mended(labels: &dyn LabelSet, owned: &[&str], names: Names) -> Vec<(String, String)> {
    let mut given: Vec<(String, String)> = Vec::new();
    labels.for_each(
        &mut |name, value| match given.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => given.push((name.to_owned(), value.to_owned())),
        },
    );
    given.retain(|(_, value)| !value.is_empty());
    given.sort_unstable();
    let mut mended: Vec<(String, String)> = Vec::with_capacity(given.len());
    for (name, value) in given {
        let mut exposed = if names == Names::Quoted && !name.is_empty() {
            name
        } else {
            escape_label_name(&name).into_owned()
        };
        // Names that begin so are the scraper's own: it drops such labels.
        if exposed.starts_with("__") && !owned.contains(&exposed.as_str()) {
            exposed = format!("key_{}", exposed.trim_start_matches('_'));
        }
        while owned.contains(&exposed.as_str()) {
            exposed.insert_str(0, "exported_");
        }
        match mended.iter_mut().find(|(known, _)| *known == exposed) {
            Some((_, known)) => {
                known.push(';');
                known.push_str(&value);
            }
            None => mended.push((exposed, value)),
        }
    }
    mended.sort_unstable();
    mended
}

fn mend(labels: &dyn LabelSet, owned: &[&str], names: Names, limits: &mut Limits, text: &mut Vec<u8>) {
    for (name, value) in &mended(labels, owned, names) {
        limits.add(name, value);
        if !text.is_empty() {
            text.push(b',');
        }
        if is_classic_label(name) {
            push_label(name, value, text);
        } else {
            text.push(b'"');
            escape_label_value(name, text);
            text.extend_from_slice(b"\"=\"");
            escape_label_value(value, text);
            text.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use vmotel_model::{Number, Pairs, Point};

    use super::*;

    #[test]
    fn labels_are_mended() {
        let check = |pairs: &[(&str, &str)], kind, names, expected: &str| {
            let series = Series {
                labels: &Pairs(pairs),
                text: None,
                point: Point::Number(Number::U64(0)),
                start: None,
            };
            let mut text = LabelText::default();
            assert_eq!(String::from_utf8_lossy(text.of(&series, kind, names)), expected);
        };
        check(&[], Kind::Gauge, Names::Classic, "");
        check(
            &[("a", "1"), ("b", "\"\\\n")],
            Kind::Gauge,
            Names::Classic,
            r#"a="1",b="\"\\\n""#,
        );
        check(
            &[("b", "1"), ("a", "2"), ("b", "3")],
            Kind::Gauge,
            Names::Classic,
            r#"a="2",b="3""#,
        );
        check(&[("a", ""), ("b", "1")], Kind::Gauge, Names::Classic, r#"b="1""#);
        check(
            &[("a.b", "1"), ("a_b", "2")],
            Kind::Gauge,
            Names::Underscores,
            r#"a_b="1;2""#,
        );
        check(
            &[("a.b", "1"), ("a_b", "2")],
            Kind::Gauge,
            Names::Quoted,
            r#""a.b"="1",a_b="2""#,
        );
        check(&[("le", "1")], Kind::Gauge, Names::Classic, r#"le="1""#);
        check(
            &[("le", "1")],
            Kind::Histogram,
            Names::Classic,
            r#"exported_le="1""#,
        );
        check(
            &[("__name__", "x")],
            Kind::Gauge,
            Names::Quoted,
            r#"exported___name__="x""#,
        );
        check(&[("__meta", "x")], Kind::Gauge, Names::Classic, r#"key_meta="x""#);
        check(&[("", "x")], Kind::Gauge, Names::Quoted, r#"_="x""#);
    }
}
