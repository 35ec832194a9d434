//! Backups from within the pods that keep the data: their volumes can be mounted by no other pod of another host.

use super::pod::{Amounts, Container, Mount, Resources, Variable};
use super::workload::{NO_PRIVILEGES, pod_name};
use crate::Stack;
use crate::topology::{Program, Service};

/// The secret with the credentials of the object storage.
pub(super) const CREDENTIALS: &str = "backup_credentials";

/// Tells whether a service keeps data that is backed up.
pub(super) fn is_backed_up(stack: &Stack, service: &Service) -> bool {
    let keeps = matches!(service.program, Program::VictoriaMetrics | Program::Vmstorage);
    keeps && stack.values.backup.destination.is_some()
}

/// Returns the container that makes the backups of a service: from a snapshot, only what changed; each day also as a copy that the object
/// storage makes by itself.
pub(super) fn container(stack: &Stack, service: &Service) -> Option<Container> {
    if !is_backed_up(stack, service) {
        return None;
    }
    let backup = &stack.values.backup;
    let destination = format!(
        "{}/$(POD_NAME)",
        backup
            .destination
            .as_deref()
            .unwrap_or_default()
            .trim_end_matches('/')
    );
    let credentials = if backup.credentials {
        format!(" -credsFilePath=/run/secrets/{CREDENTIALS}")
    } else {
        String::new()
    };
    // The key is in the environment of this shell: neither in the object nor among the arguments of a process.
    let script = format!(
        "export snapshot_createURL=\"http://127.0.0.1:{}/snapshot/create?authKey=$(cat /run/secrets/admin_key)\"
trap 'exit 0' TERM
while sleep {} & wait $!; do
  /vmbackup-prod -envflag.enable -loggerFormat=json -storageDataPath=/storage{credentials} -dst=\"$DESTINATION/latest\" &&
    /vmbackup-prod -envflag.enable -loggerFormat=json -storageDataPath=/storage{credentials} -dst=\"$DESTINATION/$(date -u +%Y-%m-%d)\" -origin=\"$DESTINATION/latest\" ||
    echo 'the backup failed' >&2
done
",
        service.health.0, backup.interval.0
    );
    let volume = service.volume.as_ref()?;
    Some(Container {
        name: "backup".to_owned(),
        image: stack.values.images.vmbackup.clone(),
        image_pull_policy: "IfNotPresent",
        command: vec!["/bin/sh".to_owned(), "-uc".to_owned(), script],
        args: Vec::new(),
        env: vec![
            pod_name(),
            Variable {
                name: "DESTINATION".to_owned(),
                value: Some(destination),
                value_from: None,
            },
        ],
        ports: Vec::new(),
        startup_probe: None,
        readiness_probe: None,
        liveness_probe: None,
        resources: {
            let amounts = Amounts {
                cpu: "1".to_owned(),
                memory: "256Mi".to_owned(),
                ephemeral_storage: "256Mi".to_owned(),
            };
            Resources {
                requests: amounts.clone(),
                limits: amounts,
            }
        },
        security_context: NO_PRIVILEGES,
        volume_mounts: vec![
            Mount {
                name: volume.0.clone(),
                mount_path: volume.1.to_owned(),
                read_only: true,
            },
            Mount {
                name: "secrets".to_owned(),
                mount_path: "/run/secrets".to_owned(),
                read_only: true,
            },
            Mount {
                name: "tmp".to_owned(),
                mount_path: "/tmp".to_owned(),
                read_only: false,
            },
        ],
    })
}
