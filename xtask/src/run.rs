//! `cargo xtask run`: from a fresh clone to a running server.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{
    build,
    workspace::{Profile, Workspace},
};

/// Build what has changed, then start the server on localhost:3000 with its data in ./data.
#[derive(clap::Args)]
pub struct Args {
    /// Optimise: slow to build, small and fast to run. Needs Node for wasm-opt and brotli.
    #[arg(long)]
    release: bool,
    /// Arguments for `latchkey serve`.
    #[arg(last = true)]
    serve_args: Vec<String>,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let profile = Profile::from_flag(args.release);
    build::build(workspace, profile)?;
    eprintln!();
    let mut server = Command::new(workspace.server(profile));
    become_program(server.arg("serve").args(&args.serve_args))
}

/// On Unix the server takes our place, so that signals reach it and its exit code is ours.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(anyhow::Error::new(command.exec()).context("cannot start the server"))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    crate::shell::run(command)?;
    Ok(ExitCode::SUCCESS)
}
