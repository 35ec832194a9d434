//! The client for code without a runtime.
//!
//! A [`QueryClient`] drives the asynchronous [client](crate::QueryClient) on a thread of its own and waits for it. That thread, named
//! `vmotel-query`, does the IO of all clones; answers are decoded on it, streams on the thread that reads them. It ends when the last clone
//! and stream are gone.
//!
//! A call blocks its thread, whatever that thread is. Within an asynchronous runtime nothing panics and nothing is stuck for good, but the
//! runtime's other tasks on this thread wait, too: use the asynchronous client there, or `spawn_blocking`.
//!
//! # Examples
//! ```
//! use vmotel_query::blocking::QueryClient;
//! use vmotel_query::{ClientConfig, InstantQuery, Tenant};
//!
//! # use std::io::{Read, Write};
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let url = format!("http://{}", listener.local_addr()?);
//! # std::thread::spawn(move || {
//! #     let (mut connection, _) = listener.accept().unwrap();
//! #     connection.read(&mut [0; 4096]).unwrap();
//! #     let body = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000,"42"]}]}}"#;
//! #     write!(connection, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
//! # });
//! let client = QueryClient::new(url.parse()?, Tenant::SingleNode, ClientConfig::default())?;
//! let answer = client.query(&InstantQuery::new("sum(orders_total)"))?.complete()?;
//! let series = answer.into_vector().unwrap_or_default();
//! assert_eq!(series[0].sample.value, 42.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client;
mod driver;
mod stream;

pub use client::{QueryClient, StartError};
pub use stream::{RawStream, SampleStream};
