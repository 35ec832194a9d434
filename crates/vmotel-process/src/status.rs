//! The lines of `/proc/PID/status`, see `proc_pid_status(5)`.

/// The fields used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Status {
    pub(crate) virtual_bytes: Option<u64>,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) threads: Option<u64>,
}

impl Status {
    /// Parses the file; a field that is missing or not a number is `None` (kernel threads have no memory lines).
    pub(crate) fn parse(text: &str) -> Self {
        let mut status = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            match key {
                "VmSize" => status.virtual_bytes = kilobytes(value),
                "VmRSS" => status.resident_bytes = kilobytes(value),
                "Threads" => status.threads = value.trim().parse().ok(),
                _ => {}
            }
        }
        status
    }
}

fn kilobytes(value: &str) -> Option<u64> {
    value
        .trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn fields_are_found_by_name() {
        let text = "Name:\tVmRSS: 7 kB\nVmPeak:\t    1 kB\nVmSize:\t    3056 kB\nVmRSS:\t    1640 kB\nThreads:\t12\n";
        let expected = Status {
            virtual_bytes: Some(3_129_344),
            resident_bytes: Some(1_679_360),
            threads: Some(12),
        };
        assert_eq!(Status::parse(text), expected);
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        for text in [
            "",
            "VmRSS",
            "VmRSS: x kB",
            "VmRSS: 5",
            "VmRSS: 18446744073709551615 kB",
            "Threads: -1",
        ] {
            assert_eq!(Status::parse(text), Status::default(), "{text}");
        }
    }
}
