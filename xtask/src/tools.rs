//! What must be on the machine before anything can be built; what rustup can add is added.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{shell, wasm};

const OLDEST_NODE: u32 = 20;

/// For every build.
pub fn check_compilers() -> Result<()> {
    check_cc()?;
    if !sysroot()?.join("lib/rustlib").join(wasm::TARGET).is_dir() {
        rustup(&["target", "add", wasm::TARGET])?;
    }
    Ok(())
}

/// For the tests: `rustup --profile minimal` leaves these two out.
pub fn check_lints() -> Result<()> {
    let programs = sysroot()?.join("bin");
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if !programs.join(format!("{program}{}", env::consts::EXE_SUFFIX)).is_file() {
            rustup(&["component", "add", component])?;
        }
    }
    Ok(())
}

/// For whatever comes from npm: wasm-opt and the browser tests.
pub fn check_node() -> Result<()> {
    let advice = format!("install Node {OLDEST_NODE} or newer, with npm: https://nodejs.org");
    let version = shell::output(Command::new("node").arg("--version")).with_context(|| advice.clone())?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(major.is_some_and(|major| major >= OLDEST_NODE), "Node {version} is too old: {advice}");
    ensure!(shell::find("npm").is_some(), "npm is missing: {advice}");
    Ok(())
}

/// SQLite and the cryptography of the server are C. (rustc links with `cc` too, unless it is told otherwise.)
fn check_cc() -> Result<()> {
    let found = cfg!(windows) || env::var_os("CC").is_some() || shell::find("cc").is_some();
    ensure!(found, "no C compiler found: install gcc or clang (Debian: apt-get install build-essential)");
    Ok(())
}

/// Asked of rustc rather than of rustup, because Rust may have come from a distribution.
fn sysroot() -> Result<PathBuf> {
    Ok(Path::new(&shell::output(Command::new("rustc").args(["--print", "sysroot"]))?).to_owned())
}

fn rustup(args: &[&str]) -> Result<()> {
    let line = args.join(" ");
    if shell::find("rustup").is_none() {
        bail!("this needs `rustup {line}`, but rustup is not installed: https://rustup.rs");
    }
    shell::run(Command::new("rustup").args(args))
}
