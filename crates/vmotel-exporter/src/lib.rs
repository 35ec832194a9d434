#![doc = include_str!("../README.md")]

mod sdk;

pub use sdk::{SdkNotice, SdkReader, SdkSource, SdkStatus};
