//! The line of `/proc/PID/stat`, see `proc_pid_stat(5)`.

/// The fields used here, in the kernel's units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
    pub(crate) user_ticks: u64,
    pub(crate) system_ticks: u64,
    pub(crate) start_ticks: u64,
}

impl Stat {
    /// Parses the line; `None` if a field is missing or not a number.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        // The second field is the command in parentheses, which may itself hold blanks and parentheses.
        let (_, rest) = line.rsplit_once(')')?;
        // The first field of the rest is the manual page's field 3.
        let mut fields = rest.split_ascii_whitespace();
        let mut skip_then_number = |skip: usize| fields.nth(skip)?.parse().ok();
        Some(Self {
            minor_faults: skip_then_number(10 - 3)?,
            major_faults: skip_then_number(12 - 11)?,
            user_ticks: skip_then_number(14 - 13)?,
            system_ticks: skip_then_number(0)?,
            start_ticks: skip_then_number(22 - 16)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Stat;

    #[test]
    fn fields_are_those_of_the_manual_page() {
        // Each number is its field's position in `proc_pid_stat(5)`, so that a wrong index shows.
        let tail: Vec<_> = (4..=52).map(|field| field.to_string()).collect();
        let expected = Stat {
            minor_faults: 10,
            major_faults: 12,
            user_ticks: 14,
            system_ticks: 15,
            start_ticks: 22,
        };
        for command in ["cat", "a b", "x) R 1 (y", "", "((("] {
            let line = format!("1 ({command}) S {}\n", tail.join(" "));
            assert_eq!(Stat::parse(&line), Some(expected), "{command}");
        }
    }

    #[test]
    fn what_is_not_a_stat_line_is_refused() {
        for line in [
            "",
            "1 (x",
            "1 (x) S 4 5",
            ")",
            "1 (x) S a b c d e f g h i j k l m n o p q r s t u v w x y z",
        ] {
            assert_eq!(Stat::parse(line), None, "{line}");
        }
    }
}
