//! `cargo xtask screenshots`: makes every picture in the repository anew, with the browser of the tests.

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::ValueEnum;

use crate::{
    browser, build, npm,
    postgres::{self, Postgres},
    shell, tools,
    workspace::{Profile, Workspace},
};

/// Make the pictures anew: icons and social card (public/), those of README and docs (docs/pictures/), and those that the
/// browser tests compare pages with (end2end/tests/baselines/).
///
/// The server has a fresh database with people who do not exist; letters, times and ids are the same on every machine.
/// Look at what git says has changed before you commit it. Takes two minutes.
#[derive(clap::Args)]
pub struct Args {
    /// Only these; may be given several times.
    #[arg(long, value_name = "PICTURES")]
    only: Vec<Pictures>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pictures {
    /// From the drawings; the server that is built afterwards carries them
    Icons,
    /// For people who read
    Docs,
    /// For the test `screenshots.spec.ts`
    Baselines,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let wants = |pictures| args.only.is_empty() || args.only.contains(&pictures);
    tools::check_node()?;
    npm::install()?;
    browser::ensure_chromium()?;
    if wants(Pictures::Icons) {
        shell::run(playwright("screenshots.config.ts").arg("icons"))?;
    }
    if wants(Pictures::Docs) || wants(Pictures::Baselines) {
        build::build(workspace, Profile::Dev)?;
        let postgres = Postgres::start()?;
        let run = |command: &mut Command| {
            shell::run(
                command.env("LATCHKEY_BIN", workspace.server(Profile::Dev)).env(postgres::URL_VARIABLE, &postgres.url),
            )
        };
        if wants(Pictures::Docs) {
            run(playwright("screenshots.config.ts").arg("pictures"))?;
        }
        if wants(Pictures::Baselines) {
            run(playwright("playwright.config.ts").args(["screenshots.spec", "--update-snapshots=all"]))?;
            shell::run(playwright("screenshots.config.ts").arg("shrink"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn playwright(config: &str) -> Command {
    let mut command = npm::program("playwright");
    command.args(["test", &format!("--config={config}")]);
    command
}
