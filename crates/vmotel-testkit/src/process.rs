//! One server process: its folder, its log, its end.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::server::new_dir;
use crate::tools::Found;
use crate::{Answer, Error, request};

/// A start takes well under a second; a machine under load may need long.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a server may take to write its data and go.
const STOP_WITHIN: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);
/// What an error shows of a log.
const LOG_TAIL_LINES: usize = 60;

/// A running server in its own temporary folder and process group.
///
/// Dropping it ends the whole group and removes the folder; if the thread is panicking, the end of the log is printed first. A second
/// small process ends the group should the test's process be killed.
pub struct Process {
    program: String,
    child: Child,
    watchdog: Option<Child>,
    address: String,
    dir: Option<TempDir>,
    log: PathBuf,
}

/// How a program is started by [`Process::run`].
#[derive(Debug)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What its environment has in addition to that of this process.
    pub environment: Vec<(String, String)>,
    /// Where it will listen, `host:port`. Default: empty, which reads it from the log, as servers of VictoriaMetrics and the
    /// Alertmanager write it.
    pub address: String,
    /// What answers 200 to 299 once it is ready. Default: `/health`.
    pub health: String,
    /// Its working folder. Default: a new one.
    pub dir: Option<TempDir>,
}

impl Default for Launch {
    fn default() -> Self {
        Self {
            program: PathBuf::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            address: String::new(),
            health: "/health".to_owned(),
            dir: None,
        }
    }
}

/// A server that was left running by [`Process::keep`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its address, `http://127.0.0.1:PORT`.
    pub url: String,
    /// Its process id, for `kill`.
    pub pid: u32,
    /// Its folder, with data and `server.log`.
    pub dir: PathBuf,
}

impl Process {
    /// Starts a program of the VictoriaMetrics family and waits until it listens.
    ///
    /// The program is told to listen on `listen` (port 0 takes any free one) and names the address in its log.
    pub(crate) fn start(found: &Found, dir: TempDir, listen: &str, flags: &[String]) -> Result<Self, Error> {
        let listen = format!("-httpListenAddr={listen}");
        Self::run(Launch {
            program: found.path.clone(),
            arguments: std::iter::once(listen).chain(flags.iter().cloned()).collect(),
            dir: Some(dir),
            ..Launch::default()
        })
    }

    /// Starts a program in its folder, where its `server.log` lies too, and waits until it answers.
    ///
    /// # Errors
    /// It cannot be started, or it ends or does not answer in time; the error shows its log.
    pub fn run(launch: Launch) -> Result<Self, Error> {
        let dir = launch.dir.map_or_else(new_dir, Ok)?;
        let log = dir.path().join("server.log");
        let file_error = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        let out = File::create(&log).map_err(file_error(&log))?;
        let err = out.try_clone().map_err(file_error(&log))?;
        let spawn_error = |source| Error::Spawn {
            program: launch.program.display().to_string(),
            source,
        };
        let child = Command::new(&launch.program)
            .args(&launch.arguments)
            .envs(launch.environment)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group_of_its_own()
            .spawn()
            .map_err(spawn_error)?;
        let name = launch.program.file_name().unwrap_or_default();
        let mut process = Self {
            program: name.to_string_lossy().into_owned(),
            child,
            watchdog: None,
            address: launch.address,
            dir: Some(dir),
            log,
        };
        process.watchdog = Some(watchdog(process.child.id()).map_err(spawn_error)?);
        process.wait_until_ready(&launch.health)?;
        Ok(process)
    }

    /// Returns `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns `http://host:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the folder of the server.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.log.parent().unwrap_or(&self.log)
    }

    /// Returns the whole log so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Sends a GET request and returns the answer if its status is 200 to 299.
    ///
    /// # Errors
    /// A failing connection or another status.
    pub fn get(&self, target: &str) -> Result<Answer, Error> {
        self.send("GET", target, &[], &[])
    }

    /// Sends a request and returns the answer if its status is 200 to 299.
    ///
    /// # Errors
    /// A failing connection or another status.
    pub fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Error> {
        let answer = request(&self.address, method, target, headers, body)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(Error::Status {
            url: format!("{}{target}", self.url()),
            status: answer.status,
            body: answer.text(),
        })
    }

    /// Asks the server to end, waits until it has written its data and gone, and gives back its folder.
    ///
    /// # Errors
    /// The server did not end in time; it is killed then.
    pub fn stop(mut self) -> Result<TempDir, Error> {
        let ended = self.end(Signal::TERM);
        let dir = self.dir.take();
        match (ended, dir) {
            (true, Some(dir)) => Ok(dir),
            _ => Err(self.not_ready("did not end when asked to")),
        }
    }

    /// Kills the server without a chance to write its data, and gives back its folder.
    ///
    /// # Errors
    /// The server could not be killed.
    pub fn kill(mut self) -> Result<TempDir, Error> {
        let ended = self.end(Signal::KILL);
        let dir = self.dir.take();
        match (ended, dir) {
            (true, Some(dir)) => Ok(dir),
            _ => Err(self.not_ready("could not be killed")),
        }
    }

    /// Leaves the server running when this process ends.
    #[must_use]
    pub fn keep(mut self) -> Kept {
        self.dismiss_watchdog();
        let url = self.url();
        let dir = self.dir.take().map_or_else(PathBuf::new, TempDir::keep);
        Kept {
            url,
            pid: self.child.id(),
            dir,
        }
    }

    fn wait_until_ready(&mut self, health: &str) -> Result<(), Error> {
        for _ in 0..READY_WITHIN.as_millis() / POLL.as_millis() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.not_ready(&format!("ended at once with {status}")));
            }
            if self.address.is_empty() {
                self.address = bound_address(&self.log()).unwrap_or_default();
            }
            if !self.address.is_empty() && self.get(health).is_ok() {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        Err(self.not_ready("was not ready in time"))
    }

    fn not_ready(&self, what: &str) -> Error {
        Error::NotReady {
            program: self.program.clone(),
            what: what.to_owned(),
            log: self.log_tail(),
        }
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("/flag.go:")).collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
    }

    fn dismiss_watchdog(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            // Before its input closes, so that it does not act.
            let _ = watchdog.kill();
            let _ = watchdog.wait();
        }
    }

    /// Ends the group; returns false if it had to be killed for not ending in time.
    fn end(&mut self, signal: Signal) -> bool {
        self.dismiss_watchdog();
        let ended = matches!(self.child.try_wait(), Ok(Some(_)))
            || (self.signal(signal).is_ok() && self.wait(STOP_WITHIN).is_some());
        if !ended {
            let _ = self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
        ended
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process_group(Pid::from_child(&self.child), signal)?)
    }

    fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        for _ in 0..within.as_millis() / POLL.as_millis() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(POLL);
        }
        None
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "a failing test shows the log of its server")]
    fn drop(&mut self) {
        // Stopped or kept: nothing is left to do.
        let Some(dir) = self.dir.take() else { return };
        if thread::panicking() {
            eprintln!(
                "--- log of {} ---\n{}\n--- end of log ---",
                self.program,
                self.log_tail()
            );
        }
        self.end(Signal::KILL);
        drop(dir);
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} at {}", self.program, self.child.id(), self.address)
    }
}

trait OwnGroup {
    fn process_group_of_its_own(&mut self) -> &mut Self;
}

impl OwnGroup for Command {
    fn process_group_of_its_own(&mut self) -> &mut Self {
        use std::os::unix::process::CommandExt as _;
        self.process_group(0)
    }
}

/// Starts a shell that ends the group when its input closes, which the kernel does whatever way this process goes.
fn watchdog(group: u32) -> io::Result<Child> {
    Command::new("sh")
        .arg("-c")
        .arg(format!("read -r _; kill -s KILL -- -{group}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group_of_its_own()
        .spawn()
}

/// Finds the address in the line "started server at http://127.0.0.1:PORT/" (1.112 and 1.145 write it alike), or in the
/// `msg="Listening on" address=127.0.0.1:PORT` of Alertmanager and Prometheus, which may have more in between.
fn bound_address(log: &str) -> Option<String> {
    let address = if let Some((_, after)) = log.split_once("started server at http://") {
        after.split_once('/')?.0
    } else {
        let (line, _) = log.split_once("\"Listening on\"")?.1.split_once('\n')?;
        line.split_once("address=")?.1.split(' ').next()?
    };
    (!address.ends_with(":0")).then(|| address.to_owned())
}
