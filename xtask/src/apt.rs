//! System packages: installed where we may (root on Debian and its kin), asked for where we may not.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::shell;

/// Installs a Debian package. `elsewhere` tells everyone else how to get the same thing.
pub fn install(package: &str, elsewhere: &str) -> Result<()> {
    let allowed = is_root() && shell::find("apt-get").is_some();
    ensure!(allowed, "{package} is missing. Debian, Ubuntu: sudo apt-get install {package}. {elsewhere}");
    eprintln!("{package} is missing: installing it with apt-get");
    shell::run(apt_get().arg("update"))?;
    shell::run(apt_get().args(["install", "-y", "--no-install-recommends", package]))
}

pub fn is_root() -> bool {
    shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-q").env("DEBIAN_FRONTEND", "noninteractive");
    command
}
