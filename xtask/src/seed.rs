//! `cargo xtask seed`: a development database with as many people as one likes.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::Result;

use crate::{
    build, shell,
    workspace::{Profile, Workspace},
};

/// Fill a development database with fake users, such as 1,000,000 of them, to see how Latchkey copes.
///
/// They share one password, which is created and printed. Builds the production version first. A million users take minutes.
#[derive(clap::Args)]
pub struct Args {
    /// Number of users.
    #[arg(long)]
    users: u32,
    /// Sessions per user, most of them active.
    #[arg(long, default_value_t = 1)]
    sessions_per_user: u32,
    /// Database to fill. [default: the SQLite database in the data folder]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Data folder. [default: ./data]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Add users even if there already are some.
    #[arg(long)]
    force: bool,
    /// Use the unoptimised program: fast to build, slow to fill.
    #[arg(long)]
    debug: bool,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let mut seed = Command::new(build_seeder(workspace, Profile::from_flag(!args.debug))?);
    let (users, sessions) = (args.users.to_string(), args.sessions_per_user.to_string());
    seed.args(["--users", &users, "--sessions", &sessions]);
    for (flag, value) in [("--database-url", &args.database_url), ("--data-dir", &args.data_dir)] {
        if let Some(value) = value {
            seed.args([flag, value]);
        }
    }
    if args.force {
        seed.arg("--force");
    }
    shell::run(&mut seed)?;
    Ok(ExitCode::SUCCESS)
}

/// The program that fills databases; its source is in xtask/seed.
pub fn build_seeder(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    build::build_program("seed", profile)?;
    Ok(workspace.program("seed", profile))
}
