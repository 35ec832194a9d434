//! Colours, where they are wanted.

use clap::ValueEnum;

use crate::out;

/// When output has colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style(bool);

/// The colours in use.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ink {
    Red,
    Yellow,
    Green,
    Blue,
    Dim,
    Bold,
}

impl Color {
    pub(crate) fn style(self) -> Style {
        Style(match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                out::is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        })
    }
}

impl Style {
    /// Tells whether there are colours.
    pub(crate) fn is_on(self) -> bool {
        self.0
    }

    /// Returns the text in a colour.
    pub(crate) fn paint(self, ink: Ink, text: &str) -> String {
        if !self.0 {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Red => "1;31",
            Ink::Yellow => "33",
            Ink::Green => "32",
            Ink::Blue => "34",
            Ink::Dim => "2",
            Ink::Bold => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
