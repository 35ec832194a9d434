//! Names of series: texts that end with a 1, in which 0 escapes.

use memchr::memchr;

use crate::labels::LabelsBuilder;

const ESCAPE: u8 = 0;
const END: u8 = 1;

/// Reads the metric's name, then names and values of labels in turn.
pub(super) fn read(name: &[u8], labels: &mut LabelsBuilder) -> Result<(), &'static str> {
    labels.clear();
    let (metric, mut rest) = split(name)?;
    if !metric.is_empty() {
        labels.bytes().extend_from_slice(b"__name__");
        labels.end_of_text();
        text(metric, labels)?;
    }
    while !rest.is_empty() {
        for _ in 0..2 {
            let (part, behind) = split(rest)?;
            text(part, labels)?;
            rest = behind;
        }
    }
    if labels.finish() {
        Ok(())
    } else {
        Err("expected labels in UTF-8")
    }
}

fn split(name: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let end = memchr(END, name).ok_or("expected an end of a name or a value")?;
    Ok((&name[..end], &name[end + 1..]))
}

fn text(escaped: &[u8], labels: &mut LabelsBuilder) -> Result<(), &'static str> {
    let mut rest = escaped;
    while let Some(at) = memchr(ESCAPE, rest) {
        let byte = match rest.get(at + 1) {
            Some(b'0') => ESCAPE,
            Some(b'1') => END,
            Some(b'2') => 2,
            _ => return Err("expected an escaped byte"),
        };
        labels.bytes().extend_from_slice(&rest[..at]);
        labels.bytes().push(byte);
        rest = &rest[at + 2..];
    }
    labels.bytes().extend_from_slice(rest);
    labels.end_of_text();
    Ok(())
}
