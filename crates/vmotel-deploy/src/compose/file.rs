//! The structure of a compose file: the part of the specification that is rendered.

use serde::{Serialize, Serializer};
use serde_saphyr::FlowSeq;

use crate::yaml::Ordered;

fn is_empty<T>(list: &FlowSeq<Vec<T>>) -> bool {
    list.0.is_empty()
}

#[derive(Debug, Serialize)]
pub(super) struct Compose {
    pub(super) name: String,
    pub(super) services: Ordered<Service>,
    pub(super) networks: Ordered<Network>,
    pub(super) volumes: Ordered<Volume>,
    pub(super) secrets: Ordered<Secret>,
}

#[derive(Debug, Serialize)]
pub(super) struct Service {
    pub(super) image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) build: Option<Build>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pull_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    pub(super) depends_on: Ordered<Depends>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volumes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) secrets: Vec<&'static str>,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    pub(super) environment: Ordered<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ports: Vec<String>,
    #[serde(skip_serializing_if = "Networks::is_empty")]
    pub(super) networks: Networks,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) network_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) command: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) entrypoint: Vec<String>,
    pub(super) restart: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) healthcheck: Option<Health>,
    pub(super) logging: Logging,
    pub(super) user: String,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) cap_add: FlowSeq<Vec<&'static str>>,
    pub(super) cap_drop: FlowSeq<[&'static str; 1]>,
    pub(super) deploy: Deploy,
    pub(super) read_only: bool,
    pub(super) security_opt: FlowSeq<[&'static str; 1]>,
    pub(super) stop_grace_period: String,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) tmpfs: FlowSeq<Vec<&'static str>>,
}

/// The networks of a service: names alone where that says all.
#[derive(Debug)]
pub(super) struct Networks(pub(super) Vec<(String, Attachment)>);

/// How a service is known in a network, beside its own name.
#[derive(Debug, Serialize)]
pub(super) struct Attachment {
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) aliases: FlowSeq<Vec<String>>,
}

impl Networks {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self
            .0
            .iter()
            .all(|(_, attachment)| attachment.aliases.0.is_empty())
        {
            let names: Vec<&String> = self.0.iter().map(|(name, _)| name).collect();
            FlowSeq(names).serialize(serializer)
        } else {
            serializer.collect_map(self.0.iter().map(|(name, attachment)| (name, attachment)))
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Build {
    pub(super) context: String,
    pub(super) dockerfile: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Depends {
    condition: &'static str,
}

impl Depends {
    pub(super) fn healthy() -> Self {
        Self {
            condition: "service_healthy",
        }
    }

    pub(super) fn completed() -> Self {
        Self {
            condition: "service_completed_successfully",
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Health {
    test: FlowSeq<[String; 5]>,
    interval: &'static str,
    timeout: &'static str,
    retries: u32,
    start_period: &'static str,
}

impl Health {
    /// Asks a path from within the container.
    pub(super) fn get(port: u16, path: &str) -> Self {
        Self {
            test: FlowSeq([
                "CMD".to_owned(),
                "wget".to_owned(),
                "-q".to_owned(),
                "-O/dev/null".to_owned(),
                format!("http://127.0.0.1:{port}{path}"),
            ]),
            interval: "10s",
            timeout: "5s",
            retries: 3,
            start_period: "1m",
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Deploy {
    pub(super) replicas: u32,
    pub(super) resources: Resources,
}

#[derive(Debug, Serialize)]
pub(super) struct Resources {
    pub(super) limits: Limits,
}

#[derive(Debug, Serialize)]
pub(super) struct Limits {
    pub(super) cpus: String,
    pub(super) memory: String,
    pub(super) pids: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Logging {
    pub(super) driver: &'static str,
    pub(super) options: LoggingOptions,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LoggingOptions {
    pub(super) max_size: &'static str,
    pub(super) max_file: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Network {
    /// Whether it has no way out.
    pub(super) internal: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Volume {}

#[derive(Debug, Serialize)]
pub(super) struct Secret {
    pub(super) file: String,
}
