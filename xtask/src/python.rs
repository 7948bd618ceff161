//! The Python packages of `end2end/`: clients that others wrote, in an environment of our own, pinned by one list.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{apt, shell, workspace::Workspace};

const PACKAGES: &str = "end2end/requirements.txt";
/// In the environment, when all of them are in it: the list they were installed from.
const INSTALLED: &str = "installed.txt";

/// Debian has the first of them in a package of its own.
const HAS_VENV: [&str; 2] = ["-c", "import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))"];

/// Makes the environment what the list says, and returns its Python.
pub fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.scratch("python")?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = fs::read_to_string(PACKAGES).with_context(|| format!("cannot read {PACKAGES}"))?;
    if fs::read_to_string(folder.join(INSTALLED)).is_ok_and(|installed| installed == wanted) && works(&python) {
        return Ok(python);
    }
    ensure_venv()?;
    // One of an older Python, or of another list, is replaced.
    shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", PACKAGES];
    shell::run(Command::new(&python).args(pip))?;
    fs::write(folder.join(INSTALLED), wanted)?;
    Ok(python)
}

/// An update of the system may have taken away the Python of the environment.
fn works(python: &Path) -> bool {
    shell::output(Command::new(python).arg("--version")).is_ok()
}

fn ensure_venv() -> Result<()> {
    let has_venv = || shell::output(Command::new("python3").args(HAS_VENV)).is_ok();
    if !has_venv() {
        apt::install("python3-venv", "Everywhere: install Python 3.11 or newer with venv, https://python.org")?;
        ensure!(has_venv(), "Python is too old: install Python 3.11 or newer with venv, https://python.org");
    }
    Ok(())
}
