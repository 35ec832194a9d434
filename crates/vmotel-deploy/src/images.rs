//! The pinned versions.

use serde::{Deserialize, Serialize};

/// The container images of a deployment, each with its tag, or a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// The single node.
    pub victoria_metrics: String,
    /// The writing side of a cluster.
    pub vminsert: String,
    /// The reading side of a cluster.
    pub vmselect: String,
    /// The storage of a cluster.
    pub vmstorage: String,
    /// The copier of data.
    pub vmbackup: String,
    /// The scraper.
    pub vmagent: String,
    /// The evaluator of rules.
    pub vmalert: String,
    /// The proxy in front.
    pub vmauth: String,
    /// The sender of notifications.
    pub alertmanager: String,
    /// The dashboards.
    pub grafana: String,
}

/// The versions that this crate pins, by image.
pub const IMAGES: [(&str, &str); 10] = [
    ("victoriametrics/victoria-metrics", "v1.145.0"),
    ("victoriametrics/vminsert", "v1.145.0-cluster"),
    ("victoriametrics/vmselect", "v1.145.0-cluster"),
    ("victoriametrics/vmstorage", "v1.145.0-cluster"),
    ("victoriametrics/vmbackup", "v1.145.0"),
    ("victoriametrics/vmagent", "v1.145.0"),
    ("victoriametrics/vmalert", "v1.145.0"),
    ("victoriametrics/vmauth", "v1.145.0"),
    ("prom/alertmanager", "v0.33.1"),
    ("grafana/grafana", "12.2.0"),
];

impl Default for Images {
    fn default() -> Self {
        let [
            victoria_metrics,
            vminsert,
            vmselect,
            vmstorage,
            vmbackup,
            vmagent,
            vmalert,
            vmauth,
            alertmanager,
            grafana,
        ] = IMAGES.map(|(name, tag)| format!("{name}:{tag}"));
        Self {
            victoria_metrics,
            vminsert,
            vmselect,
            vmstorage,
            vmbackup,
            vmagent,
            vmalert,
            vmauth,
            alertmanager,
            grafana,
        }
    }
}

impl Images {
    pub(crate) fn each(&self) -> [(&'static str, &str); 10] {
        [
            ("images.victoria_metrics", &self.victoria_metrics),
            ("images.vminsert", &self.vminsert),
            ("images.vmselect", &self.vmselect),
            ("images.vmstorage", &self.vmstorage),
            ("images.vmbackup", &self.vmbackup),
            ("images.vmagent", &self.vmagent),
            ("images.vmalert", &self.vmalert),
            ("images.vmauth", &self.vmauth),
            ("images.alertmanager", &self.alertmanager),
            ("images.grafana", &self.grafana),
        ]
    }
}

/// The oldest version of VictoriaMetrics that is tested.
pub(crate) const OLDEST: (u32, u32) = (1, 112);

/// Tells whether an image of the organisations that are pinned here is one of theirs; those of others are not known.
pub(crate) fn is_published(image: &str) -> bool {
    let name = image.split(['@', ':']).next().unwrap_or(image);
    let organisation = name.split_once('/').map(|(organisation, _)| organisation);
    let mut ours = IMAGES
        .iter()
        .filter(|(known, _)| known.split_once('/').map(|(o, _)| o) == organisation);
    ours.next().is_none() || IMAGES.iter().any(|(known, _)| *known == name)
}

/// Returns the version of an image of VictoriaMetrics that is older than what is tested.
pub(crate) fn too_old(image: &str) -> Option<&str> {
    let (name, tag) = image.rsplit_once(":v")?;
    let mut numbers = tag.split('.').map_while(|number| number.parse::<u32>().ok());
    let version = (numbers.next()?, numbers.next()?);
    (name.starts_with("victoriametrics/") && version < OLDEST).then_some(tag)
}

/// Tells whether an image names a version: a digest, or a tag other than `latest`.
pub(crate) fn is_pinned(image: &str) -> bool {
    let tag = image.rsplit('/').next().unwrap_or(image);
    image.contains("@sha256:")
        || tag
            .split_once(':')
            .is_some_and(|(name, tag)| !name.is_empty() && !tag.is_empty() && tag != "latest")
}
