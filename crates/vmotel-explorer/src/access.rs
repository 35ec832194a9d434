//! Who may look at the page.

use std::{fmt, net::IpAddr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, header};

use crate::ExplorerError;

/// The shortest token or password.
const MIN_SECRET: usize = 12;

/// Headers by which a proxy on this machine tells that the client is another one.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Who may look at the page and its data.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Access {
    /// Clients on this machine: the address of the connection and the name in `Host` are those of the loopback interface, and no
    /// header tells of a proxy. The application must tell the address of the connection.
    #[default]
    Loopback,
    /// Whoever sends this token: `Authorization: Bearer TOKEN`, or as the password of any user, which a browser asks for.
    Token(String),
    /// Whoever sends this name and password (RFC 7617).
    Basic {
        /// The name; without a colon.
        user: String,
        /// The password.
        password: String,
    },
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("Loopback"),
            Self::Token(_) => f.write_str("Token(***)"),
            Self::Basic { user, .. } => write!(f, "Basic {{ user: {user:?}, password: *** }}"),
        }
    }
}

/// Why a request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// The address of the client is not known.
    NoPeer,
    /// The client is on another machine, or may be.
    NotLoopback,
    /// The page was asked for under a name that is not one of this machine's loopback interface.
    Host,
    /// No credentials, or wrong ones.
    Credentials,
}

impl Denial {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::NoPeer => {
                "the address of the client is not known: serve with `into_make_service_with_connect_info::<SocketAddr>()`, or set a token\n"
            }
            Self::NotLoopback => {
                "only clients on this machine may look (for others, set a token): no proxy, no other host\n"
            }
            Self::Host => "only localhost, 127.0.0.1 and [::1] are served under Access::Loopback\n",
            Self::Credentials => "credentials are missing or wrong\n",
        }
    }
}

impl Access {
    pub(crate) fn validate(&self) -> Result<(), ExplorerError> {
        let (field, good, expected) = match self {
            Self::Loopback => return Ok(()),
            Self::Token(token) => (
                "access.token",
                token.len() >= MIN_SECRET && token.bytes().all(|b| b.is_ascii_graphic()),
                "at least 12 visible ASCII characters",
            ),
            Self::Basic { user, password } => (
                "access.basic",
                !user.is_empty() && !user.contains(':') && password.len() >= MIN_SECRET,
                "a name without a colon and a password of at least 12 bytes",
            ),
        };
        if good {
            return Ok(());
        }
        Err(ExplorerError::Config {
            field,
            value: "***".to_owned(),
            expected,
        })
    }

    /// Says whether a request may be answered.
    pub(crate) fn check(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<(), Denial> {
        match self {
            Self::Loopback => check_loopback(peer, headers),
            Self::Token(token) => {
                let given = authorization(headers, "bearer").map(str::to_owned);
                // A browser asks for a name and a password: any name will do.
                let given = given.or_else(|| Some(basic(headers)?.split_once(':')?.1.to_owned()));
                compare(given.as_deref(), token)
            }
            Self::Basic { user, password } => {
                compare(basic(headers).as_deref(), &format!("{user}:{password}"))
            }
        }
    }
}

fn check_loopback(peer: Option<IpAddr>, headers: &HeaderMap) -> Result<(), Denial> {
    let peer = peer.ok_or(Denial::NoPeer)?;
    if !peer.to_canonical().is_loopback() || FORWARDED.iter().any(|name| headers.contains_key(*name)) {
        return Err(Denial::NotLoopback);
    }
    // A page of another site whose name was bound to 127.0.0.1 (DNS rebinding) comes with that name.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match host {
        Some(host) if is_loopback_name(host) => Ok(()),
        _ => Err(Denial::Host),
    }
}

/// Says whether a value of `Host` names the loopback interface.
fn is_loopback_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(address, _)| address),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Returns what follows a scheme in `Authorization`.
fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (given, rest) = value.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// Returns `user:password`.
fn basic(headers: &HeaderMap) -> Option<String> {
    let decoded = BASE64_STANDARD.decode(authorization(headers, "basic")?).ok()?;
    String::from_utf8(decoded).ok()
}

/// Compares in a time that tells nothing but the length.
fn compare(given: Option<&str>, expected: &str) -> Result<(), Denial> {
    let given = given.unwrap_or_default().as_bytes();
    let expected = expected.as_bytes();
    let differences = given.iter().zip(expected).fold(0, |all, (a, b)| all | (a ^ b));
    if given.len() == expected.len() && std::hint::black_box(differences) == 0 {
        Ok(())
    } else {
        Err(Denial::Credentials)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().copied();
        pairs
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn loopback_only() {
        let local = Some(IpAddr::from(Ipv4Addr::LOCALHOST));
        let six = Some(IpAddr::from(Ipv6Addr::LOCALHOST));
        let mapped = Some("::ffff:127.0.0.1".parse().unwrap());
        let other = Some("192.0.2.7".parse().unwrap());
        type Case<'a> = (Option<IpAddr>, &'a [(&'static str, &'a str)], Result<(), Denial>);
        let cases: [Case<'_>; 14] = [
            (local, &[("host", "localhost:8080")], Ok(())),
            (local, &[("host", "LOCALHOST")], Ok(())),
            (local, &[("host", "shop.localhost:1")], Ok(())),
            (six, &[("host", "[::1]:8080")], Ok(())),
            (mapped, &[("host", "127.0.0.1:8080")], Ok(())),
            (None, &[("host", "localhost")], Err(Denial::NoPeer)),
            (other, &[("host", "localhost")], Err(Denial::NotLoopback)),
            (local, &[], Err(Denial::Host)),
            (local, &[("host", "evil.example")], Err(Denial::Host)),
            (local, &[("host", "localhost.evil.example")], Err(Denial::Host)),
            (local, &[("host", "127.0.0.1.evil.example")], Err(Denial::Host)),
            (local, &[("host", "[::1")], Err(Denial::Host)),
            (
                local,
                &[("host", "localhost"), ("x-forwarded-for", "203.0.113.9")],
                Err(Denial::NotLoopback),
            ),
            (
                local,
                &[("host", "localhost"), ("via", "1.1 proxy")],
                Err(Denial::NotLoopback),
            ),
        ];
        for (peer, pairs, expected) in cases {
            let got = Access::Loopback.check(peer, &headers(pairs));
            assert_eq!(got, expected, "{peer:?} {pairs:?}");
        }
    }

    /// The encoded credentials are those that RFC 7617 gives, and others by the same rule.
    #[test]
    fn credentials() {
        let aladdin = Access::Basic {
            user: "Aladdin".into(),
            password: "open sesame".into(),
        };
        let token = Access::Token("0123456789abcdef".into());
        let cases = [
            (&aladdin, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true),
            (&aladdin, "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true),
            (&aladdin, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZA==", false),
            (&aladdin, "Basic !", false),
            (&aladdin, "Bearer open sesame", false),
            (&token, "Bearer 0123456789abcdef", true),
            (&token, "Bearer 0123456789abcdeg", false),
            (&token, "Bearer 0123456789abcde", false),
            (&token, "Bearer ", false),
            // me:0123456789abcdef
            (&token, "Basic bWU6MDEyMzQ1Njc4OWFiY2RlZg==", true),
            (&token, "Basic bWU6", false),
        ];
        for (access, value, good) in cases {
            let got = access.check(None, &headers(&[("authorization", value)]));
            assert_eq!(got.is_ok(), good, "{access:?} {value}");
        }
        assert_eq!(token.check(None, &HeaderMap::new()), Err(Denial::Credentials));
        assert_eq!(format!("{token:?}"), "Token(***)");
    }

    #[test]
    fn short_secrets_are_refused() {
        assert!(Access::Token("short".into()).validate().is_err());
        let error = Access::Token("very secret\n".into()).validate().unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
