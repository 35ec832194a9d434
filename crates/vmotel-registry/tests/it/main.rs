//! The registry as its users see it.

mod callbacks;
mod exposition;
mod lifecycle;
mod sets;
mod stress;
mod support;
