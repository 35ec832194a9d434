//! Where in the address space of a server the data lives.

use std::str::FromStr;

use crate::ParamError;

/// The tenant, which decides the paths of requests.
///
/// A single node has none; in a cluster each tenant has paths of its own. The project is always written out, as a path without it
/// means project 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tenant {
    /// A single node, or a proxy that knows the tenant: paths begin with `/api/v1`. The default.
    #[default]
    SingleNode,
    /// A tenant of a cluster: paths begin with `/select/ACCOUNT:PROJECT/prometheus` or `/insert/ACCOUNT:PROJECT/prometheus`.
    Cluster {
        /// The account.
        account: u32,
        /// The project, usually 0.
        project: u32,
    },
    /// All tenants of a cluster, told apart by the labels `vm_account_id` and `vm_project_id`.
    Multitenant,
}

impl Tenant {
    pub(crate) fn path(self, service: Service, rest: &str) -> String {
        let service = match service {
            Service::Select => "select",
            Service::Insert => "insert",
            Service::Delete => "delete",
        };
        match self {
            Self::SingleNode => rest.to_owned(),
            Self::Cluster { account, project } => format!("/{service}/{account}:{project}/prometheus{rest}"),
            Self::Multitenant => format!("/{service}/multitenant/prometheus{rest}"),
        }
    }
}

impl FromStr for Tenant {
    type Err = ParamError;

    /// Reads `ACCOUNT:PROJECT` or `ACCOUNT`, which means project 0, and `multitenant`.
    ///
    /// # Examples
    /// ```
    /// use vmotel_query::Tenant;
    ///
    /// assert_eq!("42".parse(), Ok(Tenant::Cluster { account: 42, project: 0 }));
    /// assert_eq!("1:2".parse(), Ok(Tenant::Cluster { account: 1, project: 2 }));
    /// assert!("-1".parse::<Tenant>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, ParamError> {
        if text == "multitenant" {
            return Ok(Self::Multitenant);
        }
        let (account, project) = text.split_once(':').unwrap_or((text, "0"));
        let number = |text: &str| text.parse::<u32>();
        match (number(account), number(project)) {
            (Ok(account), Ok(project)) => Ok(Self::Cluster { account, project }),
            _ => Err(ParamError {
                name: "tenant",
                value: text.to_owned(),
                expected: "ACCOUNT:PROJECT with numbers below 2^32",
            }),
        }
    }
}

/// Which of a cluster's front services answers a path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Service {
    Select,
    Insert,
    /// vmselect as well, under a path of its own.
    Delete,
}
