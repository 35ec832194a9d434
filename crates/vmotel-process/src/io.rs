//! The lines of `/proc/PID/io`, see `proc_pid_io(5)`.

use crate::DiskIo;

/// Parses the file; `None` if a field is missing or not a number.
pub(crate) fn parse(text: &str) -> Option<DiskIo> {
    let field = |name: &str| -> Option<u64> {
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        value.trim().parse().ok()
    };
    Some(DiskIo {
        read_bytes: field("read_bytes")?,
        // What was written to a file that was then cut off never got to storage.
        written_bytes: field("write_bytes")?.saturating_sub(field("cancelled_write_bytes").unwrap_or(0)),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::DiskIo;

    #[test]
    fn fields_are_those_of_storage() {
        // As in the manual page, with other numbers.
        let text = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1024\n";
        let expected = DiskIo {
            read_bytes: 4096,
            written_bytes: 7168,
        };
        assert_eq!(parse(text), Some(expected));
        for text in [
            "",
            "read_bytes: 1",
            "read_bytes: x\nwrite_bytes: 1",
            "write_bytes: 1\nread_bytes: -1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
