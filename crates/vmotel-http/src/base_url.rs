//! The address of a server, validated and free of credentials.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use thiserror::Error;

use crate::{Auth, Secret};

/// The address of a server: scheme, host, port and an optional path prefix.
///
/// It holds no credentials, query or fragment, so that it can be shown in logs and errors. Its `Display` is the address without a
/// trailing slash.
///
/// # Examples
/// ```
/// use vmotel_http::BaseUrl;
///
/// let base: BaseUrl = "http://localhost:8428/prefix/".parse()?;
/// assert_eq!(base.to_string(), "http://localhost:8428/prefix");
/// assert!("localhost:8428".parse::<BaseUrl>().is_err());
/// assert!("http://me:secret@localhost:8428".parse::<BaseUrl>().is_err());
/// # Ok::<(), vmotel_http::BaseUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    /// Empty, or begins with a slash and does not end with one.
    prefix: String,
}

/// Why an address was refused.
///
/// No message repeats the address itself where it could hold a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// The text is not a URL.
    #[error("the server address is not a url: {0}, expected something like http://localhost:8428")]
    Syntax(String),
    /// The scheme is missing or neither `http` nor `https`.
    #[error("the server address has the scheme {0:?}, expected http or https, as in http://localhost:8428")]
    Scheme(String),
    /// There is no host.
    #[error("the server address has no host, expected something like http://localhost:8428")]
    Host,
    /// There is a user name or a password in the address.
    #[error("the server address holds credentials, expected them as a separate setting (Auth)")]
    Credentials,
    /// There is a query or a fragment.
    #[error("the server address has a query or a fragment, expected only scheme, host, port and path")]
    Query,
}

impl BaseUrl {
    /// Parses an address and moves `user:password@` in it, if any, into an [`Auth`].
    ///
    /// User name and password may be percent-encoded.
    ///
    /// # Errors
    /// The same as for parsing with [`FromStr`], except that credentials are taken out instead of refused.
    ///
    /// # Examples
    /// ```
    /// use vmotel_http::{Auth, BaseUrl};
    ///
    /// let (base, auth) = BaseUrl::split_credentials("http://me:p%40ss@localhost:8428")?;
    /// assert_eq!(base.to_string(), "http://localhost:8428");
    /// assert!(matches!(auth, Auth::Basic { ref username, ref password } if username == "me" && password.expose() == "p@ss"));
    /// # Ok::<(), vmotel_http::BaseUrlError>(())
    /// ```
    pub fn split_credentials(text: &str) -> Result<(Self, Auth), BaseUrlError> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok((text.parse()?, Auth::None));
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let Some(at) = rest[..end].rfind('@') else {
            return Ok((text.parse()?, Auth::None));
        };
        let base = format!("{scheme}://{}", &rest[at + 1..]).parse()?;
        let (username, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
        let auth = Auth::Basic {
            username: percent_decoded(username),
            password: Secret::new(percent_decoded(password)),
        };
        Ok((base, auth))
    }

    /// Returns true if the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Returns the host and port as written.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// Returns the path prefix: empty, or with a leading and without a trailing slash.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the absolute address of a path and query below this one.
    pub(crate) fn join(&self, target: &Uri) -> Result<Uri, http::Error> {
        let below = target.path_and_query().map_or("/", PathAndQuery::as_str);
        let joined = if self.prefix.is_empty() {
            below.parse::<PathAndQuery>()?
        } else {
            format!("{}{below}", self.prefix).parse::<PathAndQuery>()?
        };
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(joined)
            .build()
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        // A fragment is silently dropped by the parser, so it is looked for here.
        if text.contains(['#', '?']) {
            return Err(BaseUrlError::Query);
        }
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            // Without a scheme the text before the first colon may be a user name: show nothing of it.
            return Err(BaseUrlError::Scheme(scheme.to_owned()));
        }
        let uri: Uri = text
            .parse()
            .map_err(|e: http::uri::InvalidUri| BaseUrlError::Syntax(e.to_string()))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(BaseUrlError::Host);
        };
        if authority.as_str().contains('@') {
            return Err(BaseUrlError::Credentials);
        }
        if authority.host().is_empty() {
            return Err(BaseUrlError::Host);
        }
        if authority.as_str().len() > authority.host().len() && authority.port_u16().is_none() {
            return Err(BaseUrlError::Syntax(
                "the port is not a number up to 65535".to_owned(),
            ));
        }
        let prefix = parts
            .path_and_query
            .map_or(String::new(), |path| path.path().trim_end_matches('/').to_owned());
        Ok(Self {
            scheme,
            authority,
            prefix,
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                i += 3;
            }
            None => {
                decoded.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        fn check(text: &str, expected: Result<&str, BaseUrlError>) {
            let parsed = text.parse::<BaseUrl>().map(|base| base.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{text}");
        }
        check("http://localhost:8428", Ok("http://localhost:8428"));
        check(" http://localhost:8428/ \n", Ok("http://localhost:8428"));
        check("https://vm.example/a/b//", Ok("https://vm.example/a/b"));
        check("http://[::1]:8428", Ok("http://[::1]:8428"));
        check("localhost:8428", Err(BaseUrlError::Scheme(String::new())));
        check("ftp://localhost", Err(BaseUrlError::Scheme("ftp".to_owned())));
        check("", Err(BaseUrlError::Scheme(String::new())));
        check("http://a:b@localhost", Err(BaseUrlError::Credentials));
        check("http://localhost?x=1", Err(BaseUrlError::Query));
        check("http://localhost#x", Err(BaseUrlError::Query));
        assert!("http://".parse::<BaseUrl>().is_err());
        assert!("http://:80".parse::<BaseUrl>().is_err());
        assert!("http://localhost:99999".parse::<BaseUrl>().is_err());
        assert!("http://local host".parse::<BaseUrl>().is_err());
    }

    #[test]
    fn joins_below_the_prefix() {
        fn check(base: &str, target: &str, expected: &str) {
            let base: BaseUrl = base.parse().unwrap();
            assert_eq!(base.join(&target.parse().unwrap()).unwrap(), *expected);
        }
        check(
            "http://h:1",
            "/api/v1/query?query=up",
            "http://h:1/api/v1/query?query=up",
        );
        check(
            "http://h:1/p/",
            "/api/v1/query?query=up",
            "http://h:1/p/api/v1/query?query=up",
        );
        check("http://h:1", "http://evil:2/x?y=z", "http://h:1/x?y=z");
    }

    #[test]
    fn credentials_never_show() {
        for text in [
            "http://u:s3cret@h",
            "u:s3cret@h",
            "https://u:s3cret@h:x",
            "ftp://u:s3cret@h",
            "http://u:s3cret@h?q",
        ] {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{text}");
        }
        let (base, auth) = BaseUrl::split_credentials("http://u:s3cret@h/p").unwrap();
        assert!(!format!("{base} {base:?} {auth:?}").contains("s3cret"));
    }
}
