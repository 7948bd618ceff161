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

/// Regenerate the images: icons and social card (public/), README and docs (docs/pictures/), and the baselines of the
/// browser tests (end2end/tests/baselines/).
///
/// The server has a new database with fake users. Fonts, times and IDs are the same on every machine. Check what git says
/// has changed before you commit. Takes two minutes.
#[derive(clap::Args)]
pub struct Args {
    /// Only these. Can be given several times.
    #[arg(long, value_name = "IMAGES")]
    only: Vec<Pictures>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pictures {
    /// Icons and social card; the next build includes them
    Icons,
    /// README and docs
    Docs,
    /// Baselines for `screenshots.spec.ts`
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
        let postgres = Postgres::start(&[])?;
        let run = |command: &mut Command| {
            shell::run(
                command.env("LATCHKEY_BIN", workspace.server(Profile::Dev)).env(postgres::URL_VARIABLE, &postgres.url),
            )
        };
        if wants(Pictures::Docs) {
            run(playwright("screenshots.config.ts").arg("pictures"))?;
        }
        if wants(Pictures::Baselines) {
            run(playwright("playwright.config.ts").args(["screenshots.spec", "--update-snapshots=changed"]))?;
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
