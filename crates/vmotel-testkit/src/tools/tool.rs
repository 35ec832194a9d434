//! The programs and how each is recognised.

/// An external program that the project runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Tool {
    /// The single node.
    VictoriaMetrics,
    /// The scraper and forwarder.
    Vmagent,
    /// The evaluator of rules.
    Vmalert,
    /// The unit tester of rules.
    VmalertTool,
    /// The authenticating proxy.
    Vmauth,
    /// The maker of backups, from a snapshot of the single node or of a storage node.
    Vmbackup,
    /// The reader of backups.
    Vmrestore,
    /// The Prometheus server.
    Prometheus,
    /// The checker of expositions, configurations and rules.
    Promtool,
    /// The Alertmanager.
    Alertmanager,
    /// The checker of Alertmanager configurations.
    Amtool,
    /// The checker of compose files; asking it for a configuration needs no engine.
    DockerCompose,
    /// The assembler of Kubernetes objects.
    Kustomize,
}

/// Which version of a program is wanted: tests that matter run on both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Version {
    /// The one of Debian stable (suite trixie): VictoriaMetrics 1.112.
    #[default]
    Stable,
    /// The newest one (suite sid): VictoriaMetrics 1.145 when this was tested.
    Newest,
}

impl Version {
    /// Both versions, the stable one first.
    pub const BOTH: [Self; 2] = [Self::Stable, Self::Newest];

    /// Returns the Debian suite that carries it.
    #[must_use]
    pub fn suite(self) -> &'static str {
        match self {
            Self::Stable => "trixie",
            Self::Newest => "sid",
        }
    }

    /// Returns the version of the single node in that suite when this was tested, as in `1.112`.
    #[must_use]
    pub fn tested(self) -> &'static str {
        match self {
            Self::Stable => "1.112",
            Self::Newest => "1.145",
        }
    }
}

/// The facts about one program.
struct Facts {
    /// Accepted file names, Debian's first.
    names: &'static [&'static str],
    package: &'static str,
    /// The newest upstream version the project was tested with.
    tested: &'static str,
    /// The option that prints the help.
    help: &'static str,
    /// What the help must hold; Debian bookworm's VictoriaMetrics 1.79 lacks some.
    required: &'static [&'static str],
    /// What the help holds from some version between the two of [`Version`] on.
    newer: Option<&'static str>,
}

impl Tool {
    /// All programs.
    pub const ALL: [Self; 13] = [
        Self::VictoriaMetrics,
        Self::Vmagent,
        Self::Vmalert,
        Self::VmalertTool,
        Self::Vmauth,
        Self::Vmbackup,
        Self::Vmrestore,
        Self::Prometheus,
        Self::Promtool,
        Self::Alertmanager,
        Self::Amtool,
        Self::DockerCompose,
        Self::Kustomize,
    ];

    /// Returns the file name of the program in Debian's packages.
    #[must_use]
    pub fn binary(self) -> &'static str {
        self.facts().names[0]
    }

    /// Returns the file names under which the program is looked for, Debian's first.
    #[must_use]
    pub fn file_names(self) -> &'static [&'static str] {
        self.facts().names
    }

    /// Returns the Debian package that holds the program.
    #[must_use]
    pub fn package(self) -> &'static str {
        self.facts().package
    }

    /// Returns the newest upstream version that the project was tested with, as in `1.145`.
    #[must_use]
    pub fn tested(self) -> &'static str {
        self.facts().tested
    }

    /// Returns the folder of the program in its package.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::DockerCompose => "usr/libexec/docker/cli-plugins",
            _ => "usr/bin",
        }
    }

    pub(super) fn help(self) -> &'static str {
        self.facts().help
    }

    pub(super) fn required(self) -> &'static [&'static str] {
        self.facts().required
    }

    pub(super) fn newer(self) -> Option<&'static str> {
        self.facts().newer
    }

    fn facts(self) -> Facts {
        let victoria = |names, required, newer| Facts {
            names,
            package: "victoria-metrics",
            tested: Version::Newest.tested(),
            help: "-help",
            required,
            newer,
        };
        let other = |names, package, tested, required| Facts {
            names,
            package,
            tested,
            help: "--help",
            required,
            newer: None,
        };
        match self {
            Self::VictoriaMetrics => victoria(
                &["victoria-metrics", "victoria-metrics-prod"],
                &[
                    "-storageDataPath",
                    "-search.latencyOffset",
                    "-opentelemetry.usePrometheusNaming",
                ],
                Some("-opentelemetry.promoteScopeMetadata"),
            ),
            Self::Vmagent => victoria(
                &["vmagent", "vmagent-prod"],
                &[
                    "-promscrape.config",
                    "-remoteWrite.flushInterval",
                    "-opentelemetry.usePrometheusNaming",
                ],
                Some("-opentelemetry.promoteScopeMetadata"),
            ),
            Self::Vmalert => victoria(
                &["vmalert", "vmalert-prod"],
                &["-rule.evalDelay", "-datasource.url", "-notifier.blackhole"],
                Some("-group.maxStartDelay"),
            ),
            Self::VmalertTool => victoria(&["vmalert-tool", "vmalert-tool-prod"], &["unittest"], None),
            Self::Vmauth => victoria(
                &["vmauth", "vmauth-prod"],
                &["-auth.config", "-loadBalancingPolicy"],
                Some("-mergeQueryArgs"),
            ),
            Self::Vmbackup => victoria(
                &["vmbackup", "vmbackup-prod"],
                &["-snapshot.createURL", "-storageDataPath", "-dst"],
                None,
            ),
            Self::Vmrestore => victoria(
                &["vmrestore", "vmrestore-prod"],
                &["-storageDataPath", "-src"],
                None,
            ),
            Self::Prometheus => other(
                &["prometheus"],
                "prometheus",
                "3.5",
                &["--config.file", "--web.listen-address", "--storage.tsdb.path"],
            ),
            Self::Promtool => other(
                &["promtool"],
                "promtool",
                "3.5",
                &["check metrics", "check config", "test rules"],
            ),
            Self::Alertmanager => other(
                &["prometheus-alertmanager", "alertmanager"],
                "prometheus-alertmanager",
                "0.33",
                &["--config.file", "--web.listen-address"],
            ),
            Self::Amtool => other(&["amtool"], "prometheus-alertmanager", "0.33", &["check-config"]),
            Self::Kustomize => other(&["kustomize"], "kustomize", "5.8", &["build"]),
            Self::DockerCompose => other(
                &["docker-compose"],
                "docker-compose",
                "2.40",
                &["config", "--file"],
            ),
        }
    }
}

impl std::fmt::Display for Tool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.binary())
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.suite())
    }
}
