//! What parameters a function takes.

use std::fmt;

/// What a parameter accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamType {
    /// Raw samples of a window: a selector, or any expression as a subquery.
    Range,
    /// Any expression.
    Vector,
    /// A single number, constant or by `scalar()`.
    Number,
    /// A string.
    String,
    /// A string that is a regular expression matching the whole value.
    Regex,
    /// A string that is a regular expression matching a part of the value.
    PartialRegex,
    /// One of the strings `min`, `max`, `avg`.
    RollupTag,
    /// One of the strings `open`, `close`, `low`, `high`.
    CandlestickTag,
    /// The name of a rollup function as a string, or a list of them in parentheses.
    RollupNames,
}

impl ParamType {
    /// Returns what an argument must be, for messages.
    #[must_use]
    pub fn expectation(self) -> &'static str {
        match self {
            Self::Range => "a range vector",
            Self::Vector => "a vector",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Regex | Self::PartialRegex => "a string with a regular expression",
            Self::RollupTag => "\"min\", \"max\" or \"avg\"",
            Self::CandlestickTag => "\"open\", \"close\", \"low\" or \"high\"",
            Self::RollupNames => "the name of a rollup function in quotes, or a list of them in parentheses",
        }
    }
}

impl fmt::Display for ParamType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Range => "range",
            Self::Vector => "vector",
            Self::Number => "number",
            Self::String => "string",
            Self::Regex | Self::PartialRegex => "regex",
            Self::RollupTag => "min|max|avg",
            Self::CandlestickTag => "open|close|low|high",
            Self::RollupNames => "rollup names",
        })
    }
}

/// The parameters of a function: `head`, then `repeat` some times, then `tail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The first parameters.
    pub head: &'static [ParamType],
    /// A group of parameters given several times.
    pub repeat: &'static [ParamType],
    /// How often the group is given at least.
    pub min_repeats: usize,
    /// How often the group is given at most, `None` for any number.
    pub max_repeats: Option<usize>,
    /// The last parameters.
    pub tail: &'static [ParamType],
}

impl Signature {
    pub(super) const fn fixed(head: &'static [ParamType]) -> Self {
        Self {
            head,
            repeat: &[],
            min_repeats: 0,
            max_repeats: Some(0),
            tail: &[],
        }
    }

    pub(super) const fn optional(head: &'static [ParamType], repeat: &'static [ParamType]) -> Self {
        Self {
            head,
            repeat,
            min_repeats: 0,
            max_repeats: Some(1),
            tail: &[],
        }
    }

    pub(super) const fn any(
        head: &'static [ParamType],
        repeat: &'static [ParamType],
        min_repeats: usize,
    ) -> Self {
        Self {
            head,
            repeat,
            min_repeats,
            max_repeats: None,
            tail: &[],
        }
    }

    pub(super) const fn with_tail(mut self, tail: &'static [ParamType]) -> Self {
        self.tail = tail;
        self
    }

    /// Returns whether a call may have `count` arguments.
    #[must_use]
    pub fn accepts(&self, count: usize) -> bool {
        let Some(repeated) = count.checked_sub(self.head.len() + self.tail.len()) else {
            return false;
        };
        if self.repeat.is_empty() {
            return repeated == 0;
        }
        repeated % self.repeat.len() == 0
            && repeated / self.repeat.len() >= self.min_repeats
            && self
                .max_repeats
                .is_none_or(|max| repeated / self.repeat.len() <= max)
    }

    /// Returns the type of the argument at `index` in a call with `count` arguments.
    #[must_use]
    pub fn param(&self, index: usize, count: usize) -> Option<ParamType> {
        if index >= count {
            return None;
        }
        if let Some(param) = self.head.get(index) {
            return Some(*param);
        }
        let from_end = count - index;
        if from_end <= self.tail.len() {
            return self.tail.get(self.tail.len() - from_end).copied();
        }
        let len = self.repeat.len();
        self.repeat
            .get((index - self.head.len()).checked_rem(len)?)
            .copied()
    }

    /// Returns the allowed number of arguments in words.
    pub(crate) fn counts(&self) -> String {
        let fixed = self.head.len() + self.tail.len();
        let min = fixed + self.repeat.len() * self.min_repeats;
        let plural = |n: usize| if n == 1 { "argument" } else { "arguments" };
        match self.max_repeats {
            Some(max) if fixed + max * self.repeat.len() == min => match min {
                0 => "no arguments".to_owned(),
                n => format!("{n} {}", plural(n)),
            },
            Some(max) => format!("{min} to {} arguments", fixed + max * self.repeat.len()),
            None if self.repeat.len() > 1 => format!("{min} {} and then pairs of strings", plural(min)),
            None => format!("at least {min} {}", plural(min)),
        }
    }
}

/// Prints the parameters as `(vector, [string, string]...)`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |params: &[ParamType]| {
            params
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut parts = Vec::new();
        if !self.head.is_empty() {
            parts.push(list(self.head));
        }
        if !self.repeat.is_empty() {
            let inner = list(self.repeat);
            parts.push(match (self.min_repeats, self.max_repeats) {
                (_, Some(_)) => format!("[{inner}]"),
                (0, None) => format!("[{inner}]..."),
                (_, None) => format!("{inner}..."),
            });
        }
        if !self.tail.is_empty() {
            parts.push(list(self.tail));
        }
        write!(f, "({})", parts.join(", "))
    }
}
