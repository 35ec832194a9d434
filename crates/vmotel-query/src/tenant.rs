//! Where in the address space of a server the data lives.

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
        };
        match self {
            Self::SingleNode => rest.to_owned(),
            Self::Cluster { account, project } => format!("/{service}/{account}:{project}/prometheus{rest}"),
            Self::Multitenant => format!("/{service}/multitenant/prometheus{rest}"),
        }
    }
}

/// Which of a cluster's front services answers a path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Service {
    Select,
    Insert,
}
