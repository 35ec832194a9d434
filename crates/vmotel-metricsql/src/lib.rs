#![doc = include_str!("../README.md")]

pub mod ast;
pub mod builder;
mod check;
mod display;
mod error;
mod expand;
mod extract;
mod functions;
mod lexer;
mod lint;
mod number;
mod parser;
mod prettify;
mod regex;
mod span;
mod text;
mod version;
mod visit;

pub use error::{ParseError, ParseErrorKind};
pub use expand::expand;
pub use extract::{Selection, Usage, usage};
pub use functions::{FUNCTIONS, Function, FunctionKind, ParamType, Signature, function};
pub use lint::{Lint, LintRule, MetricKind, lint, lint_with};
pub use parser::{ParseConfig, parse, parse_with};
pub use prettify::{prettify, prettify_expr};
pub use span::Span;
pub use version::Version;
pub use visit::{Visitor, for_each_child, walk};
