//! Black-box tests of the crate.

mod controller;
mod corpus;
mod generated;
mod urls;
mod words;
