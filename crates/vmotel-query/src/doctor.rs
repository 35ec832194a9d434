//! The doctor: looks at live endpoints and says what is wrong, with numbers, and how it is mended.
//!
//! Reading and concluding are apart: `read` does the IO, a check in `check` takes what was read and returns findings.

mod check;
mod exposition;
mod finding;
mod metrics;
mod read;
mod reading;
mod report;

use std::time::Duration;

pub use finding::{Finding, Problem, Severity};
pub use report::{Checked, Outcome, Report};

use crate::{BaseUrl, ClientConfig, ConfigError, Tenant};

/// What the doctor looks at; every address is optional, and a check that needs another one says so.
///
/// # Examples
/// ```
/// use vmotel_query::doctor::{DoctorConfig, Endpoint};
///
/// let config = DoctorConfig {
///     app: Some(Endpoint::new("http://localhost:9464".parse()?)),
///     vm: Some(Endpoint::new("http://localhost:8428".parse()?)),
///     ..DoctorConfig::default()
/// };
/// assert!(config.vmagent.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DoctorConfig {
    /// An application: the address of its metrics, or of its server; then its metrics are at `/metrics`. Default: none.
    pub app: Option<Endpoint>,
    /// A vmagent. Default: none.
    pub vmagent: Option<Endpoint>,
    /// A VictoriaMetrics single node, or vmselect with a `tenant`. Default: none.
    pub vm: Option<Endpoint>,
    /// A vmalert. Default: none.
    pub vmalert: Option<Endpoint>,
    /// The tenant whose series are looked at. Default: none, a single node.
    pub tenant: Tenant,
    /// The time between the two readings, which tells what grows. Default: 2 s. VictoriaMetrics' servers make their metrics anew once a
    /// second: below that, what grows may look as if it stood still.
    pub pause: Duration,
    /// Whether addresses that were not given are asked too, without credentials: up to five targets that are down, and other ports of an
    /// app that does not answer. Default: true.
    pub probe: bool,
}

/// An address and how it is reached.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The address.
    pub url: BaseUrl,
    /// Credentials, headers and limits; they are used for this address alone.
    pub http: ClientConfig,
}

impl Endpoint {
    /// Creates an endpoint that needs no credentials.
    #[must_use]
    pub fn new(url: BaseUrl) -> Self {
        Self {
            url,
            http: ClientConfig::default(),
        }
    }
}

impl Default for DoctorConfig {
    fn default() -> Self {
        Self {
            app: None,
            vmagent: None,
            vm: None,
            vmalert: None,
            tenant: Tenant::default(),
            pause: Duration::from_secs(2),
            probe: true,
        }
    }
}

/// Examines what the configuration names. It only reads: no endpoint that changes anything is called.
///
/// An address that does not answer is a finding, not an error.
///
/// # Errors
/// A setting of an endpoint is invalid.
///
/// # Panics
/// tokio panics if the runtime was built without its io or time driver.
pub async fn examine(config: &DoctorConfig) -> Result<Report, ConfigError> {
    let readings = read::read(config).await?;
    Ok(check::all(&readings))
}
