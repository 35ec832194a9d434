//! Which deployment is meant: a file of values, and flags for what is changed most often.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, bail};
use vmotel_deploy::{Deployment, Form, Stack, Topology};

use super::catalog;
use crate::step;

/// The values of a deployment, from a file and from flags; flags count more.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Choice {
    /// A file of values, in TOML [default: all defaults].
    #[arg(long)]
    pub(super) values: Option<PathBuf>,
    /// What it is rendered for.
    #[arg(long, value_parser = ["compose", "kubernetes", "operator", "prometheus-operator"])]
    pub(super) form: Option<String>,
    /// A single node, or a cluster.
    #[arg(long, value_parser = ["single", "cluster"])]
    pub(super) topology: Option<String>,
}

/// A form and a topology whose rendered defaults lie in the repository.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    form: Form,
    topology: Topology,
    /// The folder, relative to the root of the workspace.
    pub(super) folder: &'static str,
}

/// All rendered defaults.
pub(super) const DEFAULTS: [Defaults; 7] = [
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
    pub(super) fn stack(self) -> anyhow::Result<Stack> {
        let mut values = Deployment {
            form: self.form,
            topology: self.topology,
            ..Deployment::default()
        };
        self.place(&mut values);
        Ok(Stack::new(values, catalog::catalog()?)?)
    }

    /// Tells whether compose reads the files as they lie there.
    pub(super) fn is_compose(self) -> bool {
        self.form == Form::Compose
    }

    /// Returns the folder in this workspace.
    pub(super) fn path(self) -> PathBuf {
        step::workspace_root().join(self.folder)
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
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_none() && self.form.is_none() && self.topology.is_none()
    }

    /// Returns the folder of the defaults of this form and topology, which must be nothing but defaults.
    pub(super) fn folder(&self) -> anyhow::Result<PathBuf> {
        let values = self.deployment()?;
        match defaults(&values) {
            Some(defaults) if self.values.is_none() => Ok(defaults.path()),
            _ => bail!("deploy/ holds the defaults; name a folder for other values with --output"),
        }
    }

    /// Returns the stack that was chosen.
    pub(super) fn stack(&self) -> anyhow::Result<Stack> {
        let mut values = self.deployment()?;
        let example = Deployment::default().application;
        if let Some(defaults) = defaults(&values).filter(|_| values.application == example) {
            defaults.place(&mut values);
        }
        Ok(Stack::new(values, catalog::catalog()?)?)
    }

    fn deployment(&self) -> anyhow::Result<Deployment> {
        let mut values = match &self.values {
            None => Deployment::default(),
            Some(path) => {
                let text =
                    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Deployment::from_toml(&text).with_context(|| format!("in {}", path.display()))?
            }
        };
        if let Some(form) = &self.form {
            values.form = match form.as_str() {
                "compose" => Form::Compose,
                "kubernetes" => Form::Kubernetes,
                "operator" => Form::Operator,
                "prometheus-operator" => Form::PrometheusOperator,
                other => bail!("no form {other}"),
            };
        }
        if let Some(topology) = &self.topology {
            values.topology = match topology.as_str() {
                "single" => Topology::Single,
                "cluster" => Topology::Cluster,
                other => bail!("no topology {other}"),
            };
        }
        Ok(values)
    }
}

fn defaults(values: &Deployment) -> Option<Defaults> {
    let all = DEFAULTS.into_iter();
    all.rev()
        .rfind(|d| d.form == values.form && d.topology == values.topology)
}
