//! Black-box tests of the crate.

mod corpus;
mod urls;
