//! A PostgreSQL of our own for the tests: empty, on a free port of 127.0.0.1, gone at the end whatever happens.

use std::{
    env,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::{apt, shell};

/// The tests read it, and so do we: who sets it brings a server of their own.
pub const URL_VARIABLE: &str = "LATCHKEY_TEST_POSTGRES_URL";

/// For hundreds of databases, of which each lives for a second: looking through them all would never end.
pub const NO_VACUUM: [&str; 2] = ["-c", "autovacuum=off"];

const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Here rather than in `Postgres`, so that Ctrl-C can stop it too.
static CLUSTER: Mutex<Option<Cluster>> = Mutex::new(None);

/// Stops the cluster when it goes out of scope.
pub struct Postgres {
    pub url: String,
}

impl Postgres {
    /// `options`: of the program, where it's ours.
    pub fn start(options: &[&str]) -> Result<Self> {
        if let Ok(url) = env::var(URL_VARIABLE) {
            return Ok(Self { url });
        }
        // Locked from the first file on: an interrupt waits until there is something whole to take away.
        let mut slot = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cluster = Cluster::create(options)?;
        cluster.wait_until_ready()?;
        let cluster = slot.insert(cluster);
        Ok(Self { url: format!("postgres://latchkey@127.0.0.1:{}/postgres", cluster.port) })
    }
}

/// An empty database on it, gone when it goes out of scope.
pub struct Database<'a> {
    pub url: String,
    name: String,
    server: &'a Postgres,
}

impl Postgres {
    pub fn create_database(&self) -> Result<Database<'_>> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("latchkey_bench_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        shell::output(&mut self.client("createdb", &name)?)?;
        let (server, _) = self.url.rsplit_once('/').context("the URL of PostgreSQL names no database")?;
        Ok(Database { url: format!("{server}/{name}"), name, server: self })
    }

    fn client(&self, program: &str, database: &str) -> Result<Command> {
        let mut command = Command::new(find_programs()?.join(program));
        command.args(["--maintenance-db", &self.url, database]);
        Ok(command)
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        if let Ok(mut command) = self.server.client("dropdb", &self.name) {
            let _ = shell::output(command.args(["--force", "--if-exists"]));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        stop();
    }
}

/// Safe to call at any time, from any thread; when it returns, the cluster is gone, whoever stopped it.
pub fn stop() {
    let mut slot = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    drop(slot.take());
}

struct Cluster {
    process: Child,
    programs: PathBuf,
    port: u16,
    folder: TempDir,
}

impl Cluster {
    fn create(options: &[&str]) -> Result<Self> {
        let programs = find_programs()?;
        let folder = tempfile::Builder::new().prefix("latchkey-postgres-").tempdir()?;
        if apt::is_root() {
            shell::run(Command::new("chown").arg("postgres:").arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        let new = ["--username=latchkey", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        shell::output(command(&programs, "initdb", folder.path()).args(new).arg("-D").arg(&data))?;

        let port = free_port()?;
        let mut postgres = command(&programs, "postgres", folder.path());
        postgres.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        // -F: no fsync. No one will miss this data after a power failure.
        postgres.args(["-F", "-c", "max_connections=300"]).args(options);
        let log = File::create(folder.path().join("log"))?;
        postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = postgres.spawn().context("cannot start postgres")?;
        Ok(Self { process, programs, port, folder })
    }

    /// The server writes its state into the eighth line of its pid file; pg_ctl looks there too.
    fn wait_until_ready(&mut self) -> Result<()> {
        for _ in 0..START_TIMEOUT.as_millis() / POLL_INTERVAL.as_millis() {
            let state = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
            if state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            if self.process.try_wait()?.is_some() {
                break;
            }
            thread::sleep(POLL_INTERVAL);
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        bail!("PostgreSQL doesn't start:\n{log}")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut pg_ctl = command(&self.programs, "pg_ctl", self.folder.path());
        pg_ctl.args(["stop", "--silent", "--wait", "--mode=fast", "-D"]).arg(self.folder.path().join("data"));
        if shell::output(&mut pg_ctl).is_err() {
            // It may be gone already: Ctrl-C reaches it as well as us.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// PostgreSQL refuses to run as root. And should we be ended outright, the kernel tells it to stop: Linux only, and
/// the reason for `setpriv`.
fn command(programs: &Path, name: &str, folder: &Path) -> Command {
    let program = programs.join(name);
    let mut command;
    if cfg!(target_os = "linux") {
        command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if apt::is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        }
        command.arg("--").arg(program);
    } else {
        command = Command::new(program);
    }
    command.current_dir(folder);
    command
}

fn find_programs() -> Result<PathBuf> {
    if let Some(folder) = installed_programs() {
        return Ok(folder);
    }
    // Debian also starts a server of its own then, which does no harm: it has another port and folder.
    let elsewhere = format!("macOS: brew install postgresql. Or set {URL_VARIABLE} to the URL of a superuser of yours");
    apt::install("postgresql", &elsewhere)?;
    installed_programs().context("the package postgresql has no initdb in /usr/lib/postgresql/*/bin")
}

/// Debian keeps them out of PATH; the newest version wins.
fn installed_programs() -> Option<PathBuf> {
    if let Some(initdb) = shell::find("initdb") {
        return fs::canonicalize(initdb).ok()?.parent().map(Path::to_owned);
    }
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let folders = versions.filter(|version| version.path().join("bin/initdb").is_file());
    folders
        .max_by_key(|version| version.file_name().to_string_lossy().parse::<u32>().ok())
        .map(|v| v.path().join("bin"))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
