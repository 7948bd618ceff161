//! The npm packages of `end2end/`: Playwright for the tests, wasm-opt for releases, both pinned by one lock file.

use std::{fs, io, path::Path, process::Command, time::SystemTime};

use anyhow::Result;

use crate::{shell, tools};

const FOLDER: &str = "end2end";

/// Makes `node_modules` what the lock file says.
pub fn install() -> Result<()> {
    tools::check_node()?;
    if is_stale() {
        // What it says is progress: standard output is for results.
        let args = ["ci", "--no-audit", "--no-fund"];
        shell::run(Command::new("npm").args(args).current_dir(FOLDER).stdout(io::stderr()))?;
    }
    Ok(())
}

/// A program that one of the packages brings, to be run in their folder. Call `install` first.
pub fn program(name: &str) -> Command {
    let mut command = Command::new("npx");
    command.args(["--no-install", name]).current_dir(FOLDER);
    command
}

/// A few lines of JavaScript, run in the packages' folder; `args` are `process.argv.slice(1)`.
pub fn script(text: &str) -> Command {
    let mut command = Command::new("node");
    command.args(["--eval", text, "--"]).current_dir(FOLDER);
    command
}

/// npm leaves its own copy of the lock file when, and only when, an installation is complete.
fn is_stale() -> bool {
    let folder = Path::new(FOLDER);
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    installed.is_none() || installed < modified(&folder.join("package-lock.json"))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
