//! A program that answers on a free port of this machine, with a data folder that is gone afterwards.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::Write,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::{client::Client, process};
use crate::{
    postgres::{Database, Postgres},
    shell,
    workspace::PRODUCT,
};

const START_TIMEOUT: Duration = Duration::from_secs(120);

/// Nothing is measured of these: the least that the program takes, and everyone here comes from one address.
const FOR_ALL: [(&str, &str); 5] = [
    ("LATCHKEY_ARGON2_MEMORY_KIB", "7168"),
    ("LATCHKEY_ARGON2_PASSES", "1"),
    ("LATCHKEY_SIGN_UPS_PER_NETWORK", "1000000"),
    ("LATCHKEY_TRIES_PER_NETWORK", "1000000"),
    ("LATCHKEY_LOG", QUIET),
];

/// What a hash costs unless the program is told otherwise.
pub const REAL_HASHES: [(&str, &str); 2] = [("LATCHKEY_ARGON2_MEMORY_KIB", "19456"), ("LATCHKEY_ARGON2_PASSES", "2")];

/// No line for each request.
pub const QUIET: &str = "warn";

/// What the program logs unless it's told otherwise, in the form of production.
pub const LOGGING: [(&str, &str); 2] =
    [("LATCHKEY_LOG", "info,tower_sessions=error,tower_sessions_core=off,sqlx=warn"), ("LATCHKEY_LOG_FORMAT", "json")];

/// A data folder, with the settings of all programs that work on it.
pub struct Home<'a> {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
    _database: Option<Database<'a>>,
}

impl<'a> Home<'a> {
    /// On SQLite.
    pub fn new(settings: &[(&'static str, &str)]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-bench-").tempdir()?;
        let settings = FOR_ALL.iter().chain(settings).map(|(name, value)| (*name, (*value).to_owned())).collect();
        Ok(Self { folder, settings, _database: None })
    }

    pub fn on_postgres(postgres: &'a Postgres, settings: &[(&'static str, &str)]) -> Result<Self> {
        let (mut home, database) = (Self::new(settings)?, postgres.create_database()?);
        home.settings.push(("LATCHKEY_DATABASE_URL", database.url.clone()));
        Ok(Self { _database: Some(database), ..home })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `latchkey serve`, or a program that takes the same.
    pub fn serve(&self, program: &Path) -> Result<Server> {
        self.serve_with(program, &[])
    }

    /// With more settings.
    pub fn serve_with(&self, program: &Path, settings: &[(&str, &str)]) -> Result<Server> {
        let addr = free_address()?;
        self.serve_at(program, addr, &format!("http://{addr}"), settings)
    }

    /// A second instance, under the address that the first one is known by.
    pub fn serve_beside(&self, program: &Path, first: &Server, settings: &[(&str, &str)]) -> Result<Server> {
        self.serve_at(program, free_address()?, &first.url, settings)
    }

    fn serve_at(&self, program: &Path, addr: SocketAddr, known_as: &str, settings: &[(&str, &str)]) -> Result<Server> {
        let mut command = self.command(program);
        if program.file_stem().is_some_and(|name| name == PRODUCT) {
            command.arg("serve");
        }
        command.env("LATCHKEY_ADDR", addr.to_string()).env("LATCHKEY_BASE_URL", known_as);
        command.envs(settings.iter().copied());
        let client = Client::new(&format!("http://{addr}"), known_as);
        Server::start(command, client, "/readyz", &self.path().join(format!("log-{}", addr.port())))
    }

    /// Runs another program on the same data to its end, with `input` to read.
    pub fn run(&self, program: &Path, args: &[&str], input: &str) -> Result<String> {
        let mut command = self.command(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        // A program that reads nothing may be gone before it is written to.
        let _ = child.stdin.take().context("a pipe")?.write_all(input.as_bytes());
        let output = child.wait_with_output()?;
        ensure!(
            output.status.success(),
            "{} {}: {}",
            program.display(),
            args.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = bound_to_us(program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("LATCHKEY_") {
                command.env_remove(name);
            }
        }
        command.envs(self.settings.iter().map(|(name, value)| (*name, value)));
        command.env("LATCHKEY_DATA_DIR", self.path()).current_dir(self.path());
        command
    }
}

/// Ends when we do, also when we are ended outright: Linux only, and the reason for `setpriv`.
fn bound_to_us(program: &Path) -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Ends when it goes out of scope.
pub struct Server {
    pub url: String,
    /// From the start of the program to its first good answer.
    pub took: Duration,
    client: Client,
    process: Child,
    log: PathBuf,
    /// Of a program that has no [`Home`].
    folder: Option<TempDir>,
}

impl Server {
    /// The program that has nothing of the product.
    pub fn bare(program: &Path) -> Result<Self> {
        let (addr, folder) = (free_address()?, TempDir::new()?);
        let mut command = bound_to_us(program);
        command.args(["serve", &addr.to_string()]);
        let url = format!("http://{addr}");
        let mut server = Self::start(command, Client::new(&url, &url), "/json", &folder.path().join("log"))?;
        server.folder = Some(folder);
        Ok(server)
    }

    /// Returns when `path` is answered well.
    fn start(mut command: Command, client: Client, path: &str, log: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let start = Instant::now();
        let process = command.spawn().context("cannot start a server")?;
        let (url, log) = (client.url.clone(), log.to_owned());
        let mut server = Self { url, took: Duration::ZERO, client, process, log, folder: None };
        server.wait_until_ready(path, start)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, path: &str, start: Instant) -> Result<()> {
        while start.elapsed() < START_TIMEOUT && self.process.try_wait()?.is_none() {
            if self.client.get(path, "").is_ok_and(|answer| answer.status == 200) {
                self.took = start.elapsed();
                return Ok(());
            }
            // Short: how long a start takes is measured with it.
            thread::sleep(Duration::from_millis(1));
        }
        bail!("a server doesn't start; its log:\n{}", fs::read_to_string(&self.log).unwrap_or_default())
    }

    pub fn client(&self) -> Client {
        self.client.clone()
    }

    pub fn cpu_time(&self) -> Result<Duration> {
        process::cpu_time(self.process.id())
    }

    pub fn resident_mb(&self) -> Result<f64> {
        process::resident_mb(self.process.id())
    }

    /// As a service manager does it.
    pub fn stop(mut self) -> Result<()> {
        shell::run(Command::new("kill").arg(self.process.id().to_string()))?;
        self.process.wait()?;
        Ok(())
    }

    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.log)?)
    }

    /// It writes at the end, wherever that is: a load at full speed fills a disk.
    pub fn empty_log(&self) -> Result<()> {
        Ok(File::options().write(true).open(&self.log)?.set_len(0)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
