//! Certificates and a key that change while the client lives.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ClientConfig as TlsConfig;
use tokio::time::Instant;

use super::{Files, Material, System};
use crate::ConfigError;

/// At least this long between two looks at the files.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// Looks at the files now and then; what cannot be used is told and not used.
pub(crate) struct Renewal {
    system: System,
    files: Files,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    looked: Option<Instant>,
    used: Material,
    /// What was found last and could not be used.
    bad: Option<Material>,
    error: Option<String>,
}

impl Renewal {
    /// Reads the files for the first time.
    pub(crate) fn begin(system: System, files: Files) -> Result<(Arc<Self>, TlsConfig), ConfigError> {
        let used = files.read()?;
        let config = system.config(&files, &used)?;
        let renewal = Self {
            system,
            files,
            state: Mutex::new(State {
                used,
                ..State::default()
            }),
        };
        Ok((Arc::new(renewal), config))
    }

    /// Returns other settings than before if the files have changed and can be used. At most one look a second is taken, off the
    /// runtime's threads, by whoever comes first.
    pub(crate) async fn look(self: &Arc<Self>) -> Option<TlsConfig> {
        if !self.is_due(Instant::now()) {
            return None;
        }
        let renewal = Arc::clone(self);
        let look = tokio::task::spawn_blocking(move || renewal.look_now());
        // A panic there is none of the request's matters.
        look.await.ok().flatten()
    }

    /// Returns why what is in the files now is not used, if so.
    pub(crate) fn error(&self) -> Option<String> {
        self.lock().error.clone()
    }

    fn is_due(&self, now: Instant) -> bool {
        let mut state = self.lock();
        let due = !self.files.is_empty()
            && state
                .looked
                .is_none_or(|looked| now.saturating_duration_since(looked) >= LOOK_AFTER);
        if due {
            state.looked = Some(now);
        }
        due
    }

    fn look_now(&self) -> Option<TlsConfig> {
        let read = self.files.read();
        let mut state = self.lock();
        let material = match read {
            Ok(material) => material,
            Err(error) => {
                state.error = Some(error.to_string());
                return None;
            }
        };
        if material == state.used {
            (state.bad, state.error) = (None, None);
            return None;
        }
        if state.bad.as_ref() == Some(&material) {
            return None;
        }
        match self.system.config(&self.files, &material) {
            Ok(config) => {
                (state.bad, state.error) = (None, None);
                state.used = material;
                Some(config)
            }
            Err(error) => {
                state.bad = Some(material);
                state.error = Some(error.to_string());
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewal")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
