//! The part of a line before its value.

use vmotel_model::{escape_label_value, escape_metric_name, is_classic_metric};

use crate::Names;

/// The name of the family at work, as it stands in text.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// Escaped; without quotes.
    name: Vec<u8>,
    quoted: bool,
}

impl Head {
    /// Takes the name of the next family.
    pub(crate) fn set(&mut self, name: &str, names: Names) {
        self.name.clear();
        self.quoted = false;
        if is_classic_metric(name) {
            self.name.extend_from_slice(name.as_bytes());
        } else if names == Names::Quoted {
            self.quoted = true;
            escape_label_value(name, &mut self.name);
        } else {
            self.name.extend_from_slice(escape_metric_name(name).as_bytes());
        }
    }

    /// Returns the name.
    pub(crate) fn name(&self) -> &str {
        std::str::from_utf8(&self.name).unwrap_or_default()
    }

    /// Returns the length of the name in bytes.
    pub(crate) const fn name_len(&self) -> usize {
        self.name.len()
    }

    /// Returns true if the name needs no quotes.
    pub(crate) const fn is_classic(&self) -> bool {
        !self.quoted
    }

    /// Appends a comment: `# TYPE name `, without the last `cut` bytes of the name.
    pub(crate) fn push_comment(&self, keyword: &str, cut: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(b"# ");
        out.extend_from_slice(keyword.as_bytes());
        out.push(b' ');
        if self.quoted {
            out.push(b'"');
        }
        out.extend_from_slice(&self.name[..self.name.len() - cut]);
        if self.quoted {
            out.push(b'"');
        }
        out.push(b' ');
    }

    /// Appends `name` without its last `cut` bytes, `suffix{labels` and `} `.
    #[inline]
    pub(crate) fn push(&self, cut: usize, suffix: &[u8], labels: &[u8], out: &mut Vec<u8>) {
        self.open(cut, suffix, labels, false, out);
        out.extend_from_slice(if labels.is_empty() && !self.quoted {
            b" "
        } else {
            b"} "
        });
    }

    /// Appends what lines have in common that differ in a label of their own, which comes next: `name`, `suffix{labels,`.
    pub(crate) fn begin(&self, suffix: &[u8], labels: &[u8], out: &mut Vec<u8>) {
        self.open(0, suffix, labels, true, out);
        if !labels.is_empty() {
            out.push(b',');
        }
    }

    #[inline]
    fn open(&self, cut: usize, suffix: &[u8], labels: &[u8], more: bool, out: &mut Vec<u8>) {
        out.reserve(self.name.len() + suffix.len() + labels.len() + 32);
        if self.quoted {
            out.extend_from_slice(b"{\"");
        }
        out.extend_from_slice(&self.name[..self.name.len() - cut]);
        out.extend_from_slice(suffix);
        let any = more || !labels.is_empty();
        match (self.quoted, any) {
            (true, true) => out.extend_from_slice(b"\","),
            (true, false) => out.push(b'"'),
            (false, true) => out.push(b'{'),
            (false, false) => {}
        }
        out.extend_from_slice(labels);
    }
}
