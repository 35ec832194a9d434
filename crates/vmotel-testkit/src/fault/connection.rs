//! One connection: request after request, each with its fault.

use std::io::{self, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::Fault;
use super::proxy::Shared;
use super::stream::Stream;
use super::wire::Head;

/// As long as a thread waits before it looks again.
pub(super) const MOMENT: Duration = Duration::from_millis(20);
/// No server of a test takes longer.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(60);

/// How a connection ends.
enum End {
    Close,
    Reset,
}

pub(super) fn serve(shared: &Shared, number: u64, tcp: TcpStream) {
    let end = handshake(shared, tcp).map(|stream| {
        let mut stream = BufReader::new(stream);
        let end = requests(shared, &mut stream);
        (end, stream.into_inner())
    });
    // The other handle goes first: only the last one to be closed makes a reset.
    shared.lock().forget(number);
    match end {
        Some((Ok(End::Reset), stream)) => stream.reset(),
        Some((_, stream)) => stream.close(),
        None => {}
    }
}

fn handshake(shared: &Shared, tcp: TcpStream) -> Option<Stream> {
    let _ = tcp.set_nodelay(true);
    #[cfg(feature = "tls")]
    {
        let mut tcp = tcp;
        let config = shared.lock().tls.clone();
        let Some(config) = config else {
            return Some(Stream::Plain(tcp));
        };
        if *shared.lock().lasting() == Fault::BlackHole {
            return Some(Stream::Plain(tcp));
        }
        let mut connection = rustls::ServerConnection::new(config).ok()?;
        while connection.is_handshaking() {
            if connection.complete_io(&mut tcp).is_err() {
                // The alert that says why.
                let _ = connection.write_tls(&mut tcp);
                shared.lock().seen.failed_handshakes += 1;
                return None;
            }
        }
        Some(Stream::Tls(Box::new(rustls::StreamOwned::new(connection, tcp))))
    }
    #[cfg(not(feature = "tls"))]
    {
        let _ = shared;
        Some(Stream::Plain(tcp))
    }
}

fn requests(shared: &Shared, stream: &mut BufReader<Stream>) -> io::Result<End> {
    loop {
        let state = shared.lock();
        let switches = state.switches;
        let hole = *state.lasting() == Fault::BlackHole;
        drop(state);
        if hole {
            shared.wait_for_switch(switches);
            return Ok(End::Reset);
        }
        let Some(head) = Head::read(stream)? else {
            return Ok(End::Close);
        };
        let mut text = Vec::new();
        head.write(&mut text)?;
        let mut state = shared.lock();
        let switches = state.switches;
        let fault = state.request(String::from_utf8_lossy(&text).into_owned());
        drop(state);
        if let Some(end) = request(shared, stream, head, &fault, switches)? {
            return Ok(end);
        }
    }
}

/// Serves one request; returns how the connection ends, if it does.
fn request(
    shared: &Shared,
    stream: &mut BufReader<Stream>,
    head: Head,
    fault: &Fault,
    switches: u64,
) -> io::Result<Option<End>> {
    let stays = stays_open(&head);
    let most = match fault {
        Fault::Reset { after } => *after,
        Fault::BlackHole => {
            shared.wait_for_switch(switches);
            return Ok(Some(End::Reset));
        }
        _ => usize::MAX,
    };
    let body = head.request_body(stream, most)?;
    shared.lock().seen.body_bytes += body.len() as u64;
    match fault {
        Fault::Reset { .. } | Fault::Dead => return Ok(Some(End::Reset)),
        Fault::Raw(bytes) => {
            stream.get_mut().write_all(bytes)?;
            return Ok(Some(End::Close));
        }
        _ => {}
    }
    let (answer, delimited, good) = match fault {
        Fault::Status { status, retry_after } => (own(*status, retry_after.as_deref()), true, false),
        _ => forward(shared, head, &body),
    };
    match fault {
        Fault::LoseAnswer => return Ok(Some(End::Reset)),
        Fault::Truncate { after } => {
            stream.get_mut().write_all(&answer[..answer.len().min(*after)])?;
            return Ok(Some(End::Close));
        }
        Fault::Slow(pause) => {
            for byte in &answer {
                if shared.wait(switches, *pause) {
                    return Ok(Some(End::Reset));
                }
                stream.get_mut().write_all(&[*byte])?;
                stream.get_mut().flush()?;
            }
        }
        _ => stream.get_mut().write_all(&answer)?,
    }
    stream.get_mut().flush()?;
    shared.lock().seen.acknowledged += u64::from(good);
    Ok((!stays || !delimited).then_some(End::Close))
}

/// Hands a request on; returns the answer, whether its end can be told from it, and whether it is a success.
fn forward(shared: &Shared, head: Head, body: &[u8]) -> (Vec<u8>, bool, bool) {
    let upstream = shared.lock().upstream.clone();
    let Some(upstream) = upstream else {
        return (own(204, None), true, true);
    };
    let Ok((answer, delimited, status)) = exchange(shared, &upstream, head, body) else {
        // As a proxy does whose server is away.
        return (own(502, None), true, false);
    };
    (answer, delimited, (200..300).contains(&status))
}

fn exchange(
    shared: &Shared,
    upstream: &str,
    mut head: Head,
    body: &[u8],
) -> io::Result<(Vec<u8>, bool, u16)> {
    let mut server = TcpStream::connect(upstream)?;
    server.set_nodelay(true)?;
    server.set_read_timeout(Some(UPSTREAM_TIMEOUT))?;
    head.remove("connection");
    head.headers.push(("Connection".to_owned(), "close".to_owned()));
    let mut request = Vec::with_capacity(body.len() + 1024);
    head.write(&mut request)?;
    request.extend_from_slice(body);
    server.write_all(&request)?;
    shared.lock().seen.forwarded += 1;
    let mut server = BufReader::new(server);
    let mut answer = Head::read(&mut server)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    while answer.status() == Some(100) {
        answer = Head::read(&mut server)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    }
    let content = answer.answer_body(&mut server, &head.start)?;
    answer.remove("connection");
    let delimited = answer.is_delimited();
    if !delimited {
        answer.headers.push(("Connection".to_owned(), "close".to_owned()));
    }
    let mut bytes = Vec::with_capacity(content.len() + 1024);
    answer.write(&mut bytes)?;
    bytes.extend_from_slice(&content);
    Ok((bytes, delimited, answer.status().unwrap_or_default()))
}

/// Returns an answer of the proxy itself.
fn own(status: u16, retry_after: Option<&str>) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Fault\r\n");
    if let Some(value) = retry_after {
        text.push_str(&format!("Retry-After: {value}\r\n"));
    }
    if status == 204 {
        text.push_str("\r\n");
    } else {
        let body = format!("the fault kit answers {status}\n");
        text.push_str(&format!(
            "Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
    text.into_bytes()
}

fn stays_open(head: &Head) -> bool {
    let connection = head.get("connection").unwrap_or_default().to_ascii_lowercase();
    let old = head.start.ends_with("HTTP/1.0");
    if old {
        connection.contains("keep-alive")
    } else {
        !connection.contains("close")
    }
}
