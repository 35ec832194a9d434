//! A server of plain sockets on its own threads.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server does after a request.
#[derive(Clone)]
pub(super) enum Reply {
    /// Sends this and waits for the next request.
    Bytes(Vec<u8>),
    /// Sends this and closes.
    Close(Vec<u8>),
    /// Sends this, then one byte after each pause.
    Drip(Vec<u8>, Duration),
    /// Sends the first, then the second again and again.
    Endless(Vec<u8>, Vec<u8>),
}

impl Reply {
    pub(super) fn ok(body: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }
}

pub(super) struct Fake {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Fake {
    /// Starts a server that asks `reply` what to do about each request, given as text.
    pub(super) fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let fake = Self {
            address,
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let (requests, connections) = (Arc::clone(&fake.requests), Arc::clone(&fake.connections));
        let reply = Arc::new(reply);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::Relaxed);
                let (requests, reply) = (Arc::clone(&requests), Arc::clone(&reply));
                // The client hanging up ends the thread.
                thread::spawn(move || serve(stream, &requests, &*reply));
            }
        });
        fake
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no thread panicked").clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

fn serve(mut stream: TcpStream, requests: &Mutex<Vec<String>>, reply: &dyn Fn(&str) -> Reply) -> Option<()> {
    loop {
        let request = read_request(&mut stream)?;
        requests.lock().ok()?.push(request.clone());
        match reply(&request) {
            Reply::Bytes(bytes) => stream.write_all(&bytes).ok()?,
            Reply::Close(bytes) => {
                stream.write_all(&bytes).ok()?;
                return None;
            }
            Reply::Drip(bytes, pause) => {
                stream.write_all(&bytes).ok()?;
                loop {
                    thread::sleep(pause);
                    stream.write_all(b"x").ok()?;
                }
            }
            Reply::Endless(bytes, again) => {
                stream.write_all(&bytes).ok()?;
                loop {
                    stream.write_all(&again).ok()?;
                }
            }
        }
    }
}

/// Reads a head and, if it is chunked, a body up to the last chunk.
fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    loop {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).ok().filter(|count| *count > 0)?;
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        let chunked = text.to_lowercase().contains("transfer-encoding: chunked");
        if text.contains("\r\n\r\n") && (!chunked || text.ends_with("0\r\n\r\n")) {
            return Some(text);
        }
    }
}
