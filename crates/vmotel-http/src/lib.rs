#![doc = include_str!("../README.md")]

mod auth;
mod base_url;
mod body;
mod classify;
mod client;
mod config;
mod connector;
mod error;
mod exchange;
mod gzip;
mod pool;
mod response;
#[cfg(feature = "tls")]
mod tls;

pub use auth::{Auth, Secret};
pub use base_url::{BaseUrl, BaseUrlError};
pub use body::Body;
pub use classify::{Verdict, classify};
pub use client::Client;
pub use config::{ClientConfig, ConfigError};
pub use error::{Error, Phase};
pub use response::{BodyStream, Response, StreamingResponse};
