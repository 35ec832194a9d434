//! Credentials, and where they come from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Error;

/// How a request proves who sends it.
///
/// `Debug` shows the kind and the user name, never a password or a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// Sends no `Authorization` header. The default.
    #[default]
    None,
    /// Sends user name and password (RFC 7617).
    Basic {
        /// The user name; must not hold a colon.
        username: String,
        /// The password.
        password: Secret,
    },
    /// Sends a bearer token (RFC 6750).
    Bearer(Secret),
    /// Sends the bearer token that stands in a file, white space around it ignored.
    ///
    /// The file is read again when the last reading is older than one second, and at once after an answer 401, so a rotated
    /// token (a Kubernetes service account, for example) takes effect without a restart.
    BearerFile(PathBuf),
}

/// A text that `Debug` does not show.
///
/// # Examples
/// ```
/// use vmotel_http::Secret;
///
/// let secret = Secret::new("hunter2");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A token read from a file stays valid this long.
const FILE_TOKEN_AGE: Duration = Duration::from_secs(1);
/// A larger file is surely not a token.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;

/// The `Authorization` header of one client.
#[derive(Debug)]
pub(crate) enum Authorizer {
    Fixed(Option<HeaderValue>),
    File {
        path: PathBuf,
        cached: Mutex<Option<(Instant, HeaderValue)>>,
    },
}

impl Authorizer {
    /// Returns the authorizer, or what is wrong with the setting.
    pub(crate) fn new(auth: Auth) -> Result<Self, &'static str> {
        Ok(match auth {
            Auth::None => Self::Fixed(None),
            Auth::Basic { username, .. } if username.contains(':') => {
                return Err("the user name of basic authentication holds a colon, expected none (RFC 7617)");
            }
            Auth::Basic { username, password } => {
                let pair = format!("{username}:{}", password.expose());
                Self::Fixed(Some(sensitive(&format!("Basic {}", base64(pair.as_bytes())))?))
            }
            Auth::Bearer(token) => Self::Fixed(Some(bearer(token.expose())?)),
            Auth::BearerFile(path) => Self::File {
                path,
                cached: Mutex::new(None),
            },
        })
    }

    /// Returns the header to send now.
    pub(crate) async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        let (path, cached) = match self {
            Self::Fixed(header) => return Ok(header.clone()),
            Self::File { path, cached } => (path, cached),
        };
        let mut cached = cached.lock().await;
        if let Some((read_at, header)) = &*cached
            && read_at.elapsed() < FILE_TOKEN_AGE
        {
            return Ok(Some(header.clone()));
        }
        let header = token_from_file(path.clone()).await?;
        *cached = Some((Instant::now(), header.clone()));
        Ok(Some(header))
    }

    /// Forgets a token read from a file: the server did not accept it.
    pub(crate) async fn refused(&self) {
        if let Self::File { cached, .. } = self {
            *cached.lock().await = None;
        }
    }
}

async fn token_from_file(path: PathBuf) -> Result<HeaderValue, Error> {
    let reading = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || read_bounded(&path))
    };
    let failed = |source: std::io::Error| Error::TokenFile {
        path: path.clone(),
        source,
    };
    let text = reading
        .await
        .map_err(|e| failed(std::io::Error::other(e)))?
        .map_err(failed)?;
    bearer(text.trim()).map_err(|reason| failed(std::io::Error::other(reason)))
}

fn read_bounded(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(path)?
        .take(MAX_TOKEN_BYTES + 1)
        .read_to_string(&mut text)?;
    if read as u64 > MAX_TOKEN_BYTES {
        return Err(std::io::Error::other(
            "the file has more than 64 KiB, expected a token",
        ));
    }
    Ok(text)
}

fn bearer(token: &str) -> Result<HeaderValue, &'static str> {
    if token.is_empty() {
        return Err("the bearer token is empty");
    }
    sensitive(&format!("Bearer {token}"))
}

fn sensitive(text: &str) -> Result<HeaderValue, &'static str> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| "the credentials hold a character that a header cannot carry")?;
    value.set_sensitive(true);
    Ok(value)
}

/// Returns the base64 form (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group
            .iter()
            .fold(0_u32, |word, &byte| word << 8 | u32::from(byte))
            << (8 * (3 - group.len()));
        for place in 0..4 {
            let sextet = (word >> (18 - 6 * place) & 63) as usize;
            text.push(if place > group.len() {
                '='
            } else {
                char::from(ALPHABET[sextet])
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_vectors_of_rfc_4648() {
        let table = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in table {
            assert_eq!(base64(plain.as_bytes()), encoded, "{plain}");
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xbf]), "+/+/");
    }

    #[tokio::test]
    async fn fixed_headers() {
        async fn check(auth: Auth, expected: Option<&str>) {
            let header = Authorizer::new(auth).unwrap().header().await.unwrap();
            assert_eq!(header.as_ref().map(|h| h.to_str().unwrap()), expected);
            assert!(header.is_none_or(|h| h.is_sensitive()));
        }
        check(Auth::None, None).await;
        // The example of RFC 7617, section 2.
        let basic = Auth::Basic {
            username: "Aladdin".to_owned(),
            password: "open sesame".into(),
        };
        check(basic, Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")).await;
        check(Auth::Bearer("tok".into()), Some("Bearer tok")).await;
    }

    #[test]
    fn bad_settings() {
        assert!(
            Authorizer::new(Auth::Basic {
                username: "a:b".to_owned(),
                password: Secret::default()
            })
            .is_err()
        );
        assert!(Authorizer::new(Auth::Bearer(Secret::default())).is_err());
        assert!(Authorizer::new(Auth::Bearer("a\nb".into())).is_err());
    }
}
