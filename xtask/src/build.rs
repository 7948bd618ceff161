//! `cargo xtask build`: the server, and beside it the folder with what browsers need.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    npm, shell, site,
    steps::Steps,
    tools, wasm,
    workspace::{Profile, Workspace},
};

/// Build the server and the browser package, and show the size of the package.
#[derive(clap::Args)]
pub struct Args {
    /// Optimise: slow to build, small and fast to run. Needs Node for wasm-opt and brotli.
    #[arg(long)]
    release: bool,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let profile = Profile::from_flag(args.release);
    build(workspace, profile)?;
    print_sizes(workspace, profile)?;
    println!("\nserver: {}", workspace.server(profile).display());
    Ok(ExitCode::SUCCESS)
}

/// Quick when nothing changed: cargo looks after the two builds, `wasm` and `site` after the rest.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<()> {
    let mut steps = Steps::new(if profile.is_release() { 5 } else { 4 });
    steps.quiet("compilers", tools::check_compilers)?;
    if profile.is_release() {
        steps.loud("npm packages", npm::install)?;
    }
    steps.loud("server", || build_program("latchkey", profile))?;
    let package = steps.loud("browser package", || wasm::build(workspace, profile))?;
    steps.quiet("site", || site::assemble(workspace, profile, &package))
}

pub fn build_program(name: &str, profile: Profile) -> Result<()> {
    build_programs(&[name], profile)
}

pub fn build_programs(names: &[&str], profile: Profile) -> Result<()> {
    let mut command = shell::cargo();
    // With the features that the workspace has together, as the tests have them: nothing is compiled twice.
    command.args(["build", "--workspace"]);
    for name in names {
        command.args(["--bin", name]);
    }
    if profile.is_release() {
        command.arg("--release");
    }
    shell::run(&mut command)
}

fn print_sizes(workspace: &Workspace, profile: Profile) -> Result<()> {
    println!("\n{:<44} {:>12} {:>12}", "package", "raw", "brotli");
    for (name, raw, brotli) in site::sizes(workspace, profile)? {
        let brotli = brotli.map_or("-".to_owned(), kilobytes);
        println!("{name:<44} {:>12} {brotli:>12}", kilobytes(raw));
    }
    Ok(())
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.1} kB", bytes as f64 / 1000.0)
}
