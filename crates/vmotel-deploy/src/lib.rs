#![doc = include_str!("../README.md")]

mod alertmanager;
mod catalog;
mod check;
mod compose;
mod dashboards;
mod edges;
mod error;
mod explain;
mod grafana;
mod images;
mod inventory;
mod kubernetes;
mod quantity;
mod rules;
#[cfg(feature = "schema")]
mod schema;
mod scrape;
mod stack;
mod topology;
mod tree;
mod values;
mod vmauth;
mod yaml;

pub use catalog::{Catalog, Metric, Signals};
pub use check::Finding;
pub use error::DeployError;
pub use images::{IMAGES, Images};
pub use quantity::{Bytes, Retention, Span};
pub use stack::Stack;
pub use tree::Tree;
pub use values::{
    Agent, Alerting, Application, Backup, Build, Cluster, Deployment, Form, Ingress, Kubernetes, Ports,
    Scraping, Slo, Storage, Thresholds, Topology,
};
#[doc(no_inline)]
pub use vmotel_model::Naming;

#[cfg(feature = "schema")]
pub use schema::schema;
