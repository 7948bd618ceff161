//! `cargo xtask size`: how big the browser package is, against its limit, and what each part of it costs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail};

use crate::{
    css, npm, site, tools, wasm, wasm_parts,
    workspace::{Profile, Workspace},
};

/// All that a page loads, compressed: wasm, JavaScript and style sheet.
const LIMIT_BYTES: u64 = 200_000;

/// What costs less is counted together.
const PART_MIN_BYTES: u64 = 1_000;

/// Build the browser package for release and show the size of each part. Fails above the limit.
#[derive(clap::Args)]
pub struct Args {
    /// Number of largest functions to show.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    functions: usize,
}

struct File {
    name: &'static str,
    raw: u64,
    brotli: u64,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let result = check(workspace);
    print_parts(&wasm::build_with_names(workspace)?.wasm(), args.functions)?;
    result?;
    Ok(ExitCode::SUCCESS)
}

/// Builds, shows the sizes, and fails above the limit. The server takes no part in it.
pub fn check(workspace: &Workspace) -> Result<()> {
    tools::check_compilers()?;
    npm::install()?;
    let files = measure(workspace)?;
    let total = print(&files);
    if total > LIMIT_BYTES {
        bail!("the browser package is {}, and the limit is {}", kilobytes(total), kilobytes(LIMIT_BYTES));
    }
    Ok(())
}

fn measure(workspace: &Workspace) -> Result<Vec<File>> {
    let package = wasm::build(workspace, Profile::Release)?;
    let folder = workspace.scratch("size")?;
    let mut contents = vec![
        ("wasm", fs::read(package.wasm())?),
        ("js", fs::read(package.js())?),
        ("css", css::bundle(Path::new("style/main.css"))?.into_bytes()),
    ];
    for snippet in site::files_below(&package.snippets())? {
        contents.push(("js of a dependency", fs::read(snippet)?));
    }
    let mut paths = Vec::new();
    for (number, (_, content)) in contents.iter().enumerate() {
        let path = folder.join(number.to_string());
        fs::write(&path, content)?;
        paths.push(env::current_dir()?.join(path));
    }
    site::compress_files(&paths)?;
    let sizes = |((name, content), path): ((&'static str, Vec<u8>), PathBuf)| -> Result<File> {
        Ok(File { name, raw: content.len() as u64, brotli: fs::metadata(site::compressed(&path))?.len() })
    };
    contents.into_iter().zip(paths).map(sizes).collect()
}

/// Gives back the total, compressed.
fn print(files: &[File]) -> u64 {
    println!("\n{:<24} {:>12} {:>12}", "browser package", "raw", "brotli");
    for File { name, raw, brotli } in files {
        println!("{name:<24} {:>12} {:>12}", kilobytes(*raw), kilobytes(*brotli));
    }
    let raw = files.iter().map(|file| file.raw).sum();
    let brotli = files.iter().map(|file| file.brotli).sum();
    println!("{:<24} {:>12} {:>12}", "in all", kilobytes(raw), kilobytes(brotli));
    println!("{:<24} {:>12} {:>12}", "limit", "", kilobytes(LIMIT_BYTES));
    brotli
}

/// Uncompressed: what one part would weigh alone says nothing about what it adds to the others.
fn print_parts(wasm: &Path, functions: usize) -> Result<()> {
    let costs = wasm_parts::read(&fs::read(wasm)?)?;
    let (large, small): (Vec<_>, Vec<_>) = costs.by_part.iter().partition(|(_, bytes)| *bytes >= PART_MIN_BYTES);
    println!("\n{:<44} {:>12} {:>8}", "part of the wasm", "raw", "share");
    let row = |name: &str, bytes: u64| {
        println!("{name:<44} {:>12} {:>7.1}%", kilobytes(bytes), bytes as f64 * 100.0 / costs.total as f64);
    };
    for (name, bytes) in large {
        row(name, *bytes);
    }
    row("smaller parts", small.iter().map(|(_, bytes)| bytes).sum());
    row("in all", costs.total);
    if functions > 0 {
        println!("\n{:>12} function", "raw");
    }
    for (name, bytes) in costs.by_function.iter().take(functions) {
        println!("{:>12} {name}", kilobytes(*bytes));
    }
    Ok(())
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.1} kB", bytes as f64 / 1000.0)
}
