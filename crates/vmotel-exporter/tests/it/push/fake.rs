//! A receiver of plain sockets that answers as it is told.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A request that came in.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

type Reply = dyn Fn(usize, &Got) -> String + Send + Sync;

/// Answers the n-th request, from 0 on, with what `reply` says; an empty text closes the connection.
pub(super) struct Fake {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Fake {
    pub(super) fn start(reply: impl Fn(usize, &Got) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let fake = Self {
            address,
            got: Arc::clone(&got),
        };
        let reply: Arc<Reply> = Arc::new(reply);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (got, reply) = (Arc::clone(&got), Arc::clone(&reply));
                thread::spawn(move || serve(stream, &got, &*reply));
            }
        });
        fake
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

pub(super) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The client hanging up ends it.
fn serve(mut stream: TcpStream, got: &Mutex<Vec<Got>>, reply: &Reply) -> Option<()> {
    loop {
        let request = read(&mut stream)?;
        let number = {
            let mut got = got.lock().unwrap();
            got.push(request.clone());
            got.len() - 1
        };
        let text = reply(number, &request);
        if text.is_empty() {
            return None;
        }
        stream.write_all(text.as_bytes()).ok()?;
    }
}

fn read(stream: &mut TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    let mut some = [0; 8192];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().ok())?
            });
            let whole = end + 4 + length.unwrap_or(0);
            if bytes.len() >= whole {
                let body = bytes[end + 4..whole].to_vec();
                return Some(Got { head, body });
            }
        }
        let count = stream.read(&mut some).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&some[..count]);
    }
}
