//! `cargo xtask bench`: what the program costs on this machine, as ratios within one run.

mod client;
mod held;
mod login;
mod logout;
mod memory;
mod oauth;
mod package;
mod pages;
mod people;
mod process;
mod requests;
mod rounds;
mod search;
mod server;
mod start;
mod storm;
mod table;
mod wrk;

use std::{
    path::PathBuf,
    process::{ExitCode, exit},
};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use self::table::Line;
use crate::{
    build,
    postgres::{self, Postgres},
    workspace::{Profile, Workspace},
};

/// Measure performance on this machine, as ratios within one run. Builds the production version first.
///
/// Without rows it measures what takes minutes. docs/PERFORMANCE.md says what each row means. The load comes from this
/// machine: compare ratios between runs and machines, not absolute numbers. An aim that is missed is no failure: the exit
/// code says whether everything could be measured. Linux only.
///
/// It uses a temporary PostgreSQL, or the one in LATCHKEY_TEST_POSTGRES_URL.
#[derive(clap::Args)]
pub struct Args {
    /// Rows of the table. [default: the quick ones]
    #[arg(value_name = "ROW")]
    rows: Vec<Row>,
    /// Every row.
    #[arg(long, conflicts_with = "rows")]
    all: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// How often each load runs, in turn with the others.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of each load in a round.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How many sessions, pages and people the rows `stored`, `memory` and `search` mean by many. [default: 100000; with
    /// --all 1000000]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    many: Option<u32>,
    /// Measure the unoptimised program: fast to build, and the figures mean little.
    #[arg(long)]
    debug: bool,
    /// Measure the programs that are there, without building.
    #[arg(long)]
    no_build: bool,
}

/// In the order in which they are measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Row {
    /// All layers without authentication, beside bare axum
    Layers,
    /// What the log of requests costs
    Log,
    /// An API call with the access token
    Api,
    /// A read with the session, on SQLite and PostgreSQL
    Sessions,
    /// Rendered pages, and what they ask of the database
    Pages,
    /// From the start to the first answer
    Start,
    /// How long what was ended is still let in
    Logout,
    /// Logins beside argon2 by itself
    Login,
    /// Pages and calls while many people try to log in
    Storm,
    /// Requests with many revocations held
    Revocations,
    /// Requests with many sessions in the store
    Stored,
    /// What applications ask for, and calls with their tokens
    Oauth,
    /// What the server holds in memory
    Memory,
    /// What a browser loads
    Package,
    /// Lists of administration with many people
    Search,
}

impl Row {
    /// As it is typed.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn needs_postgres(self) -> bool {
        matches!(self, Self::Sessions | Self::Logout | Self::Stored | Self::Search)
    }

    /// In a few minutes all of them together.
    fn is_quick(self) -> bool {
        !matches!(self, Self::Storm | Self::Revocations | Self::Stored | Self::Memory | Self::Search)
    }
}

/// What all rows work with.
struct Bench {
    rows: Vec<Row>,
    rounds: u32,
    seconds: u64,
    many: u32,
    latchkey: PathBuf,
    bare: PathBuf,
    layered: PathBuf,
    seed: PathBuf,
    postgres: Option<Postgres>,
}

impl Bench {
    fn has(&self, row: Row) -> bool {
        self.rows.contains(&row)
    }

    fn postgres(&self) -> Result<&Postgres> {
        self.postgres.as_ref().context("no row was said to need PostgreSQL")
    }

    fn many_words(&self) -> String {
        table::thousands(self.many.into())
    }
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    ensure!(
        cfg!(target_os = "linux"),
        "the time on a processor and the memory are read from /proc: this runs on Linux only"
    );
    ctrlc::set_handler(|| {
        postgres::stop();
        exit(130);
    })?;
    wrk::install()?;
    let profile = Profile::from_flag(!args.debug);
    if !args.no_build {
        build::build(workspace, profile)?;
        build::build_programs(&["bare", "layered", "seed"], profile)?;
    }
    let rows: Vec<Row> = Row::value_variants().iter().copied().filter(|row| is_asked(*row, args)).collect();
    let bench = Bench {
        postgres: rows.iter().any(|row| row.needs_postgres()).then(|| Postgres::start(&[])).transpose()?,
        rows,
        rounds: args.rounds,
        seconds: args.seconds,
        many: args.many.unwrap_or(if args.all { 1_000_000 } else { 100_000 }),
        latchkey: workspace.server(profile),
        bare: workspace.program("bare", profile),
        layered: workspace.program("layered", profile),
        seed: workspace.program("seed", profile),
    };
    let (lines, is_whole) = measure(&bench);
    if args.json {
        table::print_json(&lines)
    } else {
        table::print(&lines)
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_asked(row: Row, args: &Args) -> bool {
    match &*args.rows {
        [] => args.all || row.is_quick(),
        rows => rows.contains(&row),
    }
}

/// What could be measured, and whether that's everything: what fails at the end takes nothing of before away.
fn measure(bench: &Bench) -> (Vec<Line>, bool) {
    let (mut lines, mut is_whole) = (Vec::new(), true);
    let measured = bench.rows.iter().map(|row| (row.name(), measure_row(bench, *row)));
    for (name, measured) in std::iter::once(("requests".to_owned(), requests::measure(bench))).chain(measured) {
        match measured {
            Ok(more) => lines.extend(more),
            Err(error) => {
                eprintln!("{name} could not be measured: {error:#}");
                is_whole = false;
            }
        }
    }
    (lines, is_whole)
}

fn measure_row(bench: &Bench, row: Row) -> Result<Vec<Line>> {
    match row {
        // All of them in the same rounds, before.
        Row::Layers | Row::Log | Row::Api | Row::Sessions => Ok(Vec::new()),
        Row::Pages => pages::measure(bench),
        Row::Start => start::measure(bench),
        Row::Logout => logout::measure(bench),
        Row::Login => login::measure(bench),
        Row::Storm => storm::measure(bench),
        Row::Revocations => held::revocations(bench),
        Row::Stored => held::stored(bench),
        Row::Oauth => oauth::measure(bench),
        Row::Memory => memory::measure(bench),
        Row::Package => package::measure(bench),
        Row::Search => search::measure(bench),
    }
}
