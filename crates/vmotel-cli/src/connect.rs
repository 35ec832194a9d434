//! The server, and how it is reached.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use http::{HeaderMap, HeaderName, HeaderValue};
use vmotel_query::{Auth, BaseUrl, ClientConfig, QueryClient, Secret, Tenant};

use crate::command::usage;
use crate::times;

/// A file of headers or a password is small; another file was meant.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// How servers are reached.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The tenant of a cluster, as ACCOUNT or ACCOUNT:PROJECT, or `multitenant` [default: none, a single node].
    #[arg(long, env = "VMOTEL_TENANT", value_parser = tenant)]
    pub(crate) tenant: Option<Tenant>,
    /// A header for every request, as in `X-Scope: a`; may be repeated. Keys belong into --headers-file.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<Unchecked>,
    /// A file of headers, one a line.
    #[arg(long, env = "VMOTEL_HEADERS_FILE", value_name = "FILE")]
    headers_file: Option<PathBuf>,
    /// The time for one exchange.
    #[arg(long, env = "VMOTEL_TIMEOUT", value_name = "DURATION", default_value = "30s", value_parser = times::duration)]
    timeout: Duration,
    /// A PEM file of certificates to trust besides the system's.
    #[arg(long, env = "VMOTEL_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Ask for compressed answers: worth it over slow links.
    #[arg(long)]
    gzip: bool,
}

/// The server that is asked.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Server {
    /// The address of VictoriaMetrics.
    #[arg(
        long,
        env = "VMOTEL_URL",
        hide_env_values = true,
        default_value = "http://localhost:8428"
    )]
    url: Unchecked,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

impl Server {
    /// Returns a client.
    pub(crate) fn client(&self) -> anyhow::Result<QueryClient> {
        let config = self.connection.config("VMOTEL")?;
        Ok(QueryClient::new(
            self.url.address("--url")?,
            self.connection.tenant(),
            config,
        )?)
    }
}

impl Server {
    /// Returns a client for exchanges of any size that may take long.
    pub(crate) fn bulk_client(&self, timeout: Duration) -> anyhow::Result<QueryClient> {
        let config = ClientConfig {
            max_response_bytes: u64::MAX,
            timeout,
            ..self.connection.config("VMOTEL")?
        };
        Ok(QueryClient::new(
            self.url.address("--url")?,
            self.connection.tenant(),
            config,
        )?)
    }

    /// Returns what tells this server and tenant from others, without credentials.
    pub(crate) fn identity(&self) -> anyhow::Result<String> {
        Ok(format!(
            "{} {:?}",
            self.url.address("--url")?,
            self.connection.tenant()
        ))
    }
}

impl Connection {
    pub(crate) fn tenant(&self) -> Tenant {
        self.tenant.unwrap_or_default()
    }

    /// Returns the tenant as it is written on the command line; none of a single node.
    pub(crate) fn tenant_text(&self) -> Option<String> {
        Some(match self.tenant? {
            Tenant::Cluster { account, project } => format!("{account}:{project}"),
            Tenant::Multitenant => "multitenant".to_owned(),
            _ => return None,
        })
    }

    /// Returns the settings with the credentials of the variables with a prefix.
    pub(crate) fn config(&self, prefix: &str) -> anyhow::Result<ClientConfig> {
        Ok(ClientConfig {
            auth: auth(prefix)?,
            headers: self.headers()?,
            timeout: self.timeout,
            ca_file: self.ca_file.clone(),
            gzip: self.gzip,
            ..ClientConfig::default()
        })
    }

    /// Returns the settings for a server that gets no credentials of another one.
    pub(crate) fn config_without_headers(&self, prefix: &str) -> anyhow::Result<ClientConfig> {
        Ok(ClientConfig {
            headers: HeaderMap::new(),
            ..self.config(prefix)?
        })
    }

    fn headers(&self) -> anyhow::Result<HeaderMap> {
        let mut all: HeaderMap = HeaderMap::new();
        for text in &self.headers {
            let (name, value) = header(&text.0).map_err(|error| usage(format!("--header: {error:#}")))?;
            all.append(name, value);
        }
        if let Some(file) = &self.headers_file {
            for (number, line) in secret(file)?.lines().enumerate() {
                if line.trim().is_empty() {
                    continue;
                }
                // The line may hold a key, so it is not shown.
                let (name, mut value) = split_header(line)
                    .with_context(|| format!("line {} of {}", number + 1, file.display()))?;
                value.set_sensitive(true);
                all.append(name, value);
            }
        }
        Ok(all)
    }
}

/// Returns the credentials of `PREFIX_USERNAME`, `PREFIX_PASSWORD`, `PREFIX_PASSWORD_FILE`, `PREFIX_TOKEN`, `PREFIX_TOKEN_FILE`.
fn auth(prefix: &str) -> anyhow::Result<Auth> {
    let variable = |name: &str| {
        std::env::var(format!("{prefix}_{name}"))
            .ok()
            .filter(|value| !value.is_empty())
    };
    let token = match (variable("TOKEN"), variable("TOKEN_FILE")) {
        (Some(_), Some(_)) => bail!("{prefix}_TOKEN and {prefix}_TOKEN_FILE are both set, expected one"),
        (Some(token), None) => Some(Auth::Bearer(Secret::new(token))),
        (None, Some(file)) => Some(Auth::BearerFile(file.into())),
        (None, None) => None,
    };
    let password = match (variable("PASSWORD"), variable("PASSWORD_FILE")) {
        (Some(_), Some(_)) => {
            bail!("{prefix}_PASSWORD and {prefix}_PASSWORD_FILE are both set, expected one")
        }
        (Some(password), None) => Some(password),
        (None, Some(file)) => Some(
            secret(Path::new(&file))?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
        ),
        (None, None) => None,
    };
    match (variable("USERNAME"), password, token) {
        (None, None, None) => Ok(Auth::None),
        (None, None, Some(token)) => Ok(token),
        (Some(username), Some(password), None) => Ok(Auth::Basic {
            username,
            password: Secret::new(password),
        }),
        (Some(_), None, None) => {
            bail!("{prefix}_USERNAME is set without {prefix}_PASSWORD or {prefix}_PASSWORD_FILE")
        }
        (None, Some(_), _) => bail!("{prefix}_PASSWORD is set without {prefix}_USERNAME"),
        (Some(_), _, Some(_)) => {
            bail!("{prefix}_USERNAME and {prefix}_TOKEN are both set, expected one way to authenticate")
        }
    }
}

fn secret(file: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read {}", file.display());
    let size = std::fs::metadata(file).with_context(cannot)?.len();
    if size > MAX_SECRET_BYTES {
        bail!(
            "{} has {size} bytes, expected at most {MAX_SECRET_BYTES}",
            file.display()
        );
    }
    std::fs::read_to_string(file).with_context(cannot)
}

/// A value that may hold a password where it should not: it is checked when it is used, as clap's errors repeat values.
#[derive(Clone)]
pub(crate) struct Unchecked(String);

impl From<&str> for Unchecked {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Unchecked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unchecked(..)")
    }
}

impl Unchecked {
    /// Reads an address, the value of an option; the error never repeats it.
    pub(crate) fn address(&self, option: &str) -> anyhow::Result<BaseUrl> {
        let address = self.0.parse::<BaseUrl>();
        address.map_err(|error| {
            let hint = if self.0.contains('@') {
                "; credentials come from VMOTEL_USERNAME and VMOTEL_PASSWORD_FILE"
            } else {
                ""
            };
            usage(format!("{option}: {error}{hint}"))
        })
    }
}

fn tenant(text: &str) -> anyhow::Result<Tenant> {
    if text == "multitenant" {
        return Ok(Tenant::Multitenant);
    }
    let (account, project) = text.split_once(':').unwrap_or((text, "0"));
    match (account.parse(), project.parse()) {
        (Ok(account), Ok(project)) => Ok(Tenant::Cluster { account, project }),
        _ => bail!("expected ACCOUNT, ACCOUNT:PROJECT (numbers below 2^32) or multitenant"),
    }
}

fn header(text: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let (name, value) = split_header(text)?;
    if name == http::header::AUTHORIZATION || name == http::header::COOKIE {
        bail!(
            "{name} on the command line is seen by other users; use VMOTEL_TOKEN_FILE, VMOTEL_PASSWORD_FILE or --headers-file"
        );
    }
    Ok((name, value))
}

/// Reads `NAME=VALUE`.
pub(crate) fn pair(text: &str) -> anyhow::Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => bail!("expected NAME=VALUE"),
    }
}

fn split_header(text: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let Some((name, value)) = text.split_once(':') else {
        bail!("expected `Name: value`");
    };
    let name: HeaderName = name.trim().parse().context("the name is not one of a header")?;
    let value: HeaderValue = value
        .trim()
        .parse()
        .context("the value cannot stand in a header")?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tenants() {
        assert_eq!(
            tenant("7").unwrap(),
            Tenant::Cluster {
                account: 7,
                project: 0
            }
        );
        assert_eq!(
            tenant("7:8").unwrap(),
            Tenant::Cluster {
                account: 7,
                project: 8
            }
        );
        assert_eq!(tenant("multitenant").unwrap(), Tenant::Multitenant);
        assert!(tenant("a").is_err());
        assert!(tenant("1:99999999999").is_err());
    }

    #[test]
    fn refuses_keys_on_the_command_line() {
        let error = header("Authorization: Bearer s3cret").unwrap_err().to_string();
        assert!(
            !error.contains("s3cret") && error.contains("VMOTEL_TOKEN_FILE"),
            "{error}"
        );
        assert!(header("no colon").is_err());
        assert_eq!(header("X-A: b").unwrap().1, "b");
    }
}
