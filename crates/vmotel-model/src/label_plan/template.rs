//! The ready text of series, from a template.

use super::{AttributeValues, LabelPlan, Value};
use crate::{escape_label_value, is_classic_label, is_classic_metric};

/// The text `name{label="value",...} ` of all series under a plan, with gaps for the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTemplate {
    /// All fixed text in a row, values of constant labels escaped.
    text: Vec<u8>,
    /// Where the fixed text before each value ends, and which value follows.
    gaps: Vec<(usize, usize)>,
    name_len: usize,
    /// False if a value is joined of several, which the template cannot hold.
    simple: bool,
    /// False if a name needs quotes.
    classic: bool,
}

impl TextTemplate {
    pub(super) fn new(plan: &LabelPlan, name: &str) -> Self {
        let mut template = Self {
            text: name.as_bytes().to_vec(),
            gaps: Vec::new(),
            name_len: name.len(),
            simple: true,
            classic: is_classic_metric(name) && plan.names().all(is_classic_label),
        };
        let text = &mut template.text;
        for (nth, entry) in plan.entries.iter().enumerate() {
            text.push(if nth == 0 { b'{' } else { b',' });
            text.extend_from_slice(entry.name.as_bytes());
            text.extend_from_slice(b"=\"");
            match &entry.value {
                Value::Fixed(value) => escape_label_value(value, text),
                Value::One(index) => template.gaps.push((text.len(), *index)),
                Value::Join(_) => template.simple = false,
            }
            text.push(b'"');
        }
        if !plan.entries.is_empty() {
            text.push(b'}');
        }
        text.push(b' ');
        template
    }

    /// Returns the length of the metric's name in bytes, which begins the text.
    #[must_use]
    pub const fn name_len(&self) -> usize {
        self.name_len
    }

    /// Returns false if the metric's or a label's name can stand in text only in quotes or escaped; there is no ready text then.
    #[must_use]
    pub const fn is_classic(&self) -> bool {
        self.classic
    }

    /// Appends the text of a point, with the blank behind it.
    ///
    /// ```
    /// use vmotel_model::{Kind, LabelPlan, Naming, SeriesText};
    ///
    /// let plan = LabelPlan::new(Naming::Parity, Kind::Gauge, ["path", "host"], &[], &[]);
    /// let template = plan.template("temperature");
    /// let mut out = Vec::new();
    /// template.render(&plan, ["C:\\", "h1"].as_slice(), &mut out);
    /// assert_eq!(out, br#"temperature{host="h1",path="C:\\"} "#);
    /// let text = SeriesText::new(&out, template.name_len());
    /// assert_eq!(text.labels(), br#"host="h1",path="C:\\""#);
    /// ```
    ///
    /// Returns true if the text has all labels of the plan and nothing had to be escaped, as [`TextTemplate::matches`] wants it.
    pub fn render<V: AttributeValues + ?Sized>(
        &self,
        plan: &LabelPlan,
        values: &V,
        out: &mut Vec<u8>,
    ) -> bool {
        let start = out.len();
        let mut from = 0;
        let mut complete = self.simple;
        let mut raw = self.text.len();
        if complete {
            for &(to, index) in &self.gaps {
                let value = values.value(index);
                complete &= !value.is_empty();
                raw += value.len();
                out.extend_from_slice(&self.text[from..to]);
                escape_label_value(value, out);
                from = to;
            }
        }
        if complete {
            out.extend_from_slice(&self.text[from..]);
        } else {
            out.truncate(start);
            self.render_slowly(plan, values, out);
        }
        complete && out.len() - start == raw
    }

    /// Returns true if `text`, which this template has rendered without an escape or a missing label, is the text of `values`.
    ///
    /// Comparing is quicker than rendering: a source that keeps the texts of the scrape before uses it.
    #[must_use]
    pub fn matches<V: AttributeValues + ?Sized>(&self, values: &V, text: &[u8]) -> bool {
        let (mut from, mut at) = (0, 0);
        for &(to, index) in &self.gaps {
            at += to - from;
            from = to;
            let value = values.value(index).as_bytes();
            let end = at + value.len();
            if value.is_empty() || text.get(at..end) != Some(value) || text.get(end) != Some(&b'"') {
                return false;
            }
            at = end;
        }
        self.simple && text.len() - at == self.text.len() - from
    }

    /// Renders label by label, where one is empty or joined.
    fn render_slowly<V: AttributeValues + ?Sized>(&self, plan: &LabelPlan, values: &V, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text[..self.name_len]);
        let mut before = b'{';
        plan.for_each(values, &mut |name, value| {
            out.push(before);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"=\"");
            escape_label_value(value, out);
            out.push(b'"');
            before = b',';
        });
        out.extend_from_slice(if before == b',' { b"} " } else { b" " });
    }
}
