//! Which deployment is meant: a file of values, and flags for what is changed most often.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use vmotel_deploy::{Catalog, Deployment, Form, Naming, Stack, Topology};

use super::catalog;

/// The values of a deployment, from a file and from flags; flags count more.
#[derive(Debug, Default, PartialEq, clap::Args)]
pub struct Choice {
    /// A file of values, in TOML or YAML [default: all defaults].
    #[arg(long)]
    pub values: Option<PathBuf>,
    /// What it is rendered for.
    #[arg(long, value_parser = ["compose", "kubernetes", "operator", "prometheus-operator"])]
    form: Option<String>,
    /// A single node, or a cluster.
    #[arg(long, value_parser = ["single", "cluster"])]
    topology: Option<String>,
    /// The name of the application.
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// The image of the application, with a tag or a digest.
    #[arg(long)]
    image: Option<String>,
    /// The port of the application's metrics.
    #[arg(long)]
    port: Option<u16>,
    /// The number of instances of the application.
    #[arg(long)]
    replicas: Option<u32>,
    /// How long data is kept, such as 90d or 1y.
    #[arg(long)]
    retention: Option<String>,
    /// The catalog of the application's metrics, as JSON [default: the families of this workspace].
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
}

/// A form and a topology whose rendered defaults lie in the repository.
#[derive(Debug, Clone, Copy)]
pub struct Defaults {
    form: Form,
    topology: Topology,
    /// The folder, relative to the root of the workspace.
    pub folder: &'static str,
}

/// All rendered defaults.
pub const DEFAULTS: [Defaults; 7] = [
    Defaults {
        form: Form::Compose,
        topology: Topology::Single,
        folder: "deploy/compose/single",
    },
    Defaults {
        form: Form::Compose,
        topology: Topology::Cluster,
        folder: "deploy/compose/cluster",
    },
    Defaults {
        form: Form::Kubernetes,
        topology: Topology::Single,
        folder: "deploy/kubernetes/single",
    },
    Defaults {
        form: Form::Kubernetes,
        topology: Topology::Cluster,
        folder: "deploy/kubernetes/cluster",
    },
    Defaults {
        form: Form::Operator,
        topology: Topology::Single,
        folder: "deploy/operator/single",
    },
    Defaults {
        form: Form::Operator,
        topology: Topology::Cluster,
        folder: "deploy/operator/cluster",
    },
    Defaults {
        form: Form::PrometheusOperator,
        topology: Topology::Single,
        folder: "deploy/prometheus-operator",
    },
];

impl Defaults {
    /// Returns the stack of these defaults.
    ///
    /// # Errors
    /// The catalog is not valid.
    pub fn stack(self) -> anyhow::Result<Stack> {
        let mut values = Deployment {
            form: self.form,
            topology: self.topology,
            ..Deployment::default()
        };
        self.place(&mut values);
        Ok(Stack::new(values, catalog(false)?)?)
    }

    /// Tells whether compose reads the files as they lie there.
    #[must_use]
    pub fn is_compose(self) -> bool {
        self.form == Form::Compose
    }

    /// Returns the folder below the root of the workspace.
    #[must_use]
    pub fn path(self, root: &Path) -> PathBuf {
        root.join(self.folder)
    }

    /// Names the Dockerfile of the example service where it is rendered.
    fn place(self, values: &mut Deployment) {
        if self.form == Form::Compose
            && let Some(build) = &mut values.application.build
        {
            build.dockerfile = format!("{}/application/Dockerfile", self.folder);
        }
    }
}

impl Choice {
    /// Tells whether nothing was chosen, so that all defaults are meant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the folder of the defaults of this form and topology, which must be nothing but defaults.
    ///
    /// # Errors
    /// Other values were chosen, or they cannot be read.
    pub fn folder(&self, root: &Path) -> anyhow::Result<PathBuf> {
        let choice = Self {
            form: self.form.clone(),
            topology: self.topology.clone(),
            ..Self::default()
        };
        match defaults(&self.deployment()?) {
            Some(defaults) if choice == *self => Ok(defaults.path(root)),
            _ => bail!("deploy/ holds the defaults; name a folder for other values with --output"),
        }
    }

    /// Returns the stack that was chosen.
    ///
    /// # Errors
    /// The values cannot be read, or are not valid.
    pub fn stack(&self) -> anyhow::Result<Stack> {
        let mut values = self.deployment()?;
        let example = Deployment::default().application;
        if let Some(defaults) = defaults(&values).filter(|_| values.application == example) {
            defaults.place(&mut values);
        }
        let catalog = match &self.catalog {
            None => catalog(values.application.pushes)?,
            Some(path) => Catalog::from_json(&read(path)?, Naming::default())
                .with_context(|| format!("in {}", path.display()))?,
        };
        Ok(Stack::new(values, catalog)?)
    }

    fn deployment(&self) -> anyhow::Result<Deployment> {
        let mut values = match &self.values {
            None => Deployment::default(),
            Some(path) => {
                let text = read(path)?;
                let yaml = path
                    .extension()
                    .is_some_and(|ending| ending == "yml" || ending == "yaml");
                let values = if yaml {
                    Deployment::from_yaml(&text)
                } else {
                    Deployment::from_toml(&text)
                };
                values.with_context(|| format!("in {}", path.display()))?
            }
        };
        match self.form.as_deref() {
            None => {}
            Some("kubernetes") => values.form = Form::Kubernetes,
            Some("operator") => values.form = Form::Operator,
            Some("prometheus-operator") => values.form = Form::PrometheusOperator,
            Some(_) => values.form = Form::Compose,
        }
        match self.topology.as_deref() {
            None => {}
            Some("cluster") => values.topology = Topology::Cluster,
            Some(_) => values.topology = Topology::Single,
        }
        let application = &mut values.application;
        if let Some(name) = &self.app {
            application.name.clone_from(name);
        }
        if let Some(image) = &self.image {
            application.image.clone_from(image);
            application.build = None;
        }
        application.port = self.port.unwrap_or(application.port);
        application.replicas = self.replicas.unwrap_or(application.replicas);
        if let Some(retention) = &self.retention {
            values.storage.retention = retention.parse().map_err(anyhow::Error::msg)?;
        }
        Ok(values)
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn defaults(values: &Deployment) -> Option<Defaults> {
    let mut all = DEFAULTS.into_iter();
    all.find(|d| {
        d.form == values.form && (d.topology == values.topology || d.form == Form::PrometheusOperator)
    })
}
