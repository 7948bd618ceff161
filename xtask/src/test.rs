//! `cargo xtask test`: everything that must hold, in parts, of which each runs even when another failed.

use std::{
    num::NonZero,
    process::{ExitCode, exit},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::ValueEnum;

use crate::{
    browser,
    postgres::{self, Postgres},
    shell, size, steps, tools, wasm,
    workspace::{PRODUCT, Workspace},
    yours,
};

/// What a shell reports of a program that Ctrl-C ended.
const EXIT_INTERRUPTED: i32 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Run all checks and tests. The last line counts the parts: `N passed, N failed`.
///
/// Rust and browser tests use a temporary PostgreSQL. Set LATCHKEY_TEST_POSTGRES_URL to use your own: its user must be
/// allowed to create databases.
#[derive(clap::Args)]
pub struct Args {
    /// Only this part. Can be given several times.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

/// In the order in which they run: what is cheap and tells much first. The parts name the whole workspace, so that each
/// finds the crates that the one before has compiled.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Formatting
    Fmt,
    /// Types of the browser tests
    Types,
    /// Lints of the server, the tools and the tests
    ClippyServer,
    /// Documentation builds without warnings
    Doc,
    /// Rust tests, on SQLite and PostgreSQL
    Rust,
    /// Lints of the browser code
    ClippyBrowser,
    /// Lints of the product without the Lab, on both sides
    ClippyWithoutLab,
    /// docs/MAKE_IT_YOURS.md, followed on a copy
    Yours,
    /// Size limit of the browser package
    Size,
    /// Playwright tests in Chromium, on a new build
    Browser,
}

struct Outcome {
    part: Part,
    time: Duration,
    result: Result<()>,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        postgres::stop();
        exit(EXIT_INTERRUPTED);
    })?;
    tools::check_compilers()?;
    tools::check_lints()?;
    let mut tests = Tests { workspace, postgres: None };
    let mut outcomes = Vec::new();
    for part in Part::value_variants() {
        if args.only.is_empty() || args.only.contains(part) {
            outcomes.push(tests.run(*part));
        }
        // Ctrl-C ends the part as well, perhaps before the handler above is done: no other part then.
        while INTERRUPTED.load(Ordering::SeqCst) {
            thread::park();
        }
    }
    drop(tests);
    Ok(conclude(&outcomes))
}

struct Tests<'a> {
    workspace: &'a Workspace,
    /// Started by the first part that needs it, stopped when this value goes.
    postgres: Option<Postgres>,
}

impl Tests<'_> {
    fn run(&mut self, part: Part) -> Outcome {
        println!("\n==> {}", part.name());
        let start = Instant::now();
        let result = match part {
            Part::Fmt => shell::run(shell::cargo().args(["fmt", "--all", "--check"])),
            Part::Types => browser::check_types(),
            Part::ClippyServer => clippy(&["--workspace", "--all-targets"]),
            Part::ClippyBrowser => self.clippy_browser(),
            Part::ClippyWithoutLab => clippy_without_lab(),
            Part::Yours => yours::follow(self.workspace),
            Part::Doc => doc(),
            Part::Rust => self.rust(),
            Part::Size => size::check(self.workspace),
            Part::Browser => self.browser(),
        };
        if let Err(error) = &result {
            eprintln!("\n{} failed: {error:#}", part.name());
        }
        Outcome { part, time: start.elapsed(), result }
    }

    /// Both packages: what every page needs, and the islands.
    fn clippy_browser(&self) -> Result<()> {
        for features in [wasm::PAGE_FEATURES, &self.workspace.browser_features] {
            clippy(&[&BROWSER, &["--features", features][..]].concat())?;
        }
        Ok(())
    }

    fn rust(&mut self) -> Result<()> {
        let url = self.postgres_url()?;
        // One more than there are processors: many tests wait for the database, or for time to pass.
        let threads = format!("--test-threads={}", thread::available_parallelism().map_or(2, NonZero::get) + 1);
        let tests = |only: &[&str]| {
            let mut cargo = shell::cargo();
            cargo.args(["test", "--workspace", "--", &threads]).args(only).env(postgres::URL_VARIABLE, &url);
            cargo
        };
        shell::run(&mut tests(&[]))?;
        // What may go wrong with what is kept in memory must go right without it, too.
        shell::run(tests(&NO_LONGER).env("LATCHKEY_VERIFIED_TOKENS", "0").env("LATCHKEY_CACHED_SESSIONS", "0"))
    }

    fn browser(&mut self) -> Result<()> {
        let url = self.postgres_url()?;
        browser::test(self.workspace, (postgres::URL_VARIABLE, &url))
    }

    fn postgres_url(&mut self) -> Result<String> {
        let postgres = match self.postgres.take() {
            Some(running) => running,
            None => Postgres::start(&postgres::NO_VACUUM)?,
        };
        Ok(self.postgres.insert(postgres).url.clone())
    }
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
    }
}

/// Tests of what was right before and is not any more.
const NO_LONGER: [&str; 8] = [
    "revocation::",
    "resurrection::",
    "instances::",
    "jwt_attacks::",
    "keys::",
    "algorithms::",
    "verified_tokens::",
    "proof::",
];

const BROWSER: [&str; 3] = ["--lib", "--target=wasm32-unknown-unknown", "--no-default-features"];

/// Without the seeder, which needs the product: what it asks for would be there. With the tool, so that the crates have
/// the features of the other parts and are not compiled once more.
fn clippy_without_lab() -> Result<()> {
    let features = format!("--features={PRODUCT}/ssr");
    clippy(&["--workspace", "--exclude=seed", "--all-targets", "--no-default-features", &features])?;
    clippy(&[&BROWSER, &["--features=hydrate"][..]].concat())
}

fn clippy(what: &[&str]) -> Result<()> {
    shell::run(shell::cargo().arg("clippy").args(what).args(["--", "-D", "warnings"]))
}

fn doc() -> Result<()> {
    let what = ["doc", "--workspace", "--no-deps", "--document-private-items"];
    shell::run(shell::cargo().args(what).env("RUSTDOCFLAGS", "-D warnings"))
}

fn conclude(outcomes: &[Outcome]) -> ExitCode {
    println!();
    for Outcome { part, time, result } in outcomes {
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        println!("{:<16} {word:<8} {:>9}", part.name(), steps::seconds(*time));
    }
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    println!("{} passed, {failed} failed", outcomes.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
