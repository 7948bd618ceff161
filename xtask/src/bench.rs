//! `cargo xtask bench`: what the program costs on this machine.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    build, npm,
    postgres::{self, Postgres},
    seed, shell,
    workspace::{Profile, Workspace},
};

/// Measure performance on this machine, as ratios within one run. Builds the production version first.
///
/// The load comes from this machine and takes seconds. Compare ratios between runs and machines, not absolute numbers.
///
/// `lists` first fills databases with a million users, which takes minutes. Use LATCHKEY_BENCH_USERS=100000 for less. It
/// uses a temporary PostgreSQL, or the one in LATCHKEY_TEST_POSTGRES_URL.
#[derive(clap::Args)]
pub struct Args {
    /// Only measurements whose file name contains this, such as `storm` or `lists`.
    only: Option<String>,
    /// Measure the unoptimised program: fast to build, and only the ratios mean anything.
    #[arg(long)]
    debug: bool,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let profile = Profile::from_flag(!args.debug);
    build::build(workspace, profile)?;
    npm::install()?;
    let mut playwright = npm::program("playwright");
    playwright.args(["test", "--config=bench.config.ts"]).args(&args.only);
    playwright.env("LATCHKEY_BIN", workspace.server(profile));
    let measures_lists = args.only.as_deref().is_none_or(|only| "lists".contains(only));
    let postgres = measures_lists.then(Postgres::start).transpose()?;
    if let Some(postgres) = &postgres {
        playwright.env("LATCHKEY_SEEDER", seed::build_seeder(workspace, profile)?);
        playwright.env(postgres::URL_VARIABLE, &postgres.url);
    }
    shell::run(&mut playwright)?;
    Ok(ExitCode::SUCCESS)
}
