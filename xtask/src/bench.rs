//! `cargo xtask bench`: what the program costs on this machine.

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::{Profile, Workspace};
use crate::{build, npm, shell};

/// Measure what the program costs here, as ratios within one run. Builds the production version first.
///
/// The load comes from the same machine and from 127.0.0.1 only, and takes seconds. Figures of different runs, or of
/// different machines, say nothing beside each other; the ratios do.
#[derive(clap::Args)]
pub struct Args {
    /// Only the measurements whose file name contains this, such as `storm`.
    only: Option<String>,
    /// Measure the unoptimised program: quick to build, and only ratios mean anything.
    #[arg(long)]
    debug: bool,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let profile = Profile::from_flag(!args.debug);
    build::build(workspace, profile)?;
    npm::install()?;
    let mut playwright = npm::program("playwright");
    playwright.args(["test", "--config=bench.config.ts"]).args(&args.only);
    shell::run(playwright.env("LATCHKEY_BIN", workspace.server(profile)))?;
    Ok(ExitCode::SUCCESS)
}
