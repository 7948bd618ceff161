//! `cargo xtask`: builds, starts, tests and measures Latchkey with nothing but Rust, and Node where a browser comes in.

mod apt;
mod bench;
mod browser;
mod build;
mod css;
mod npm;
mod postgres;
mod python;
mod run;
mod screenshots;
mod seed;
mod shell;
mod site;
mod size;
mod steps;
mod test;
mod tools;
mod wasm;
mod wasm_parts;
mod workspace;
mod yours;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Build, start, test and measure Latchkey.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Build(build::Args),
    Size(size::Args),
    Test(test::Args),
    Bench(bench::Args),
    Seed(seed::Args),
    Screenshots(screenshots::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode> {
    let workspace = Workspace::enter()?;
    match command {
        Command::Run(args) => run::run(&workspace, &args),
        Command::Build(args) => build::run(&workspace, &args),
        Command::Size(args) => size::run(&workspace, &args),
        Command::Test(args) => test::run(&workspace, &args),
        Command::Bench(args) => bench::run(&workspace, &args),
        Command::Seed(args) => seed::run(&workspace, &args),
        Command::Screenshots(args) => screenshots::run(&workspace, &args),
    }
}
