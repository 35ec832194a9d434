//! The registry as its users see it.

mod bounded;
mod callbacks;
mod derive;
mod exposition;
mod go;
mod lifecycle;
mod sets;
mod stress;
mod summary;
mod support;
mod typed;
