//! `cargo xtask size`: how big the browser package is, against its limits, and what each part of it costs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, ensure};

use crate::{
    css, npm, site, tools, wasm, wasm_parts,
    workspace::{Profile, Workspace},
};

/// The whole package, compressed: WebAssembly, JavaScript and style sheet.
const LIMIT_BYTES: u64 = 175_000;

/// What a page without islands needs to react, compressed: WebAssembly and JavaScript.
const PAGE_LIMIT_BYTES: u64 = 40_000;

/// What costs less is counted together.
const PART_MIN_BYTES: u64 = 1_000;

/// Build the browser package for release and show the size of each part. Fails above a limit.
#[derive(clap::Args)]
pub struct Args {
    /// Number of largest functions to show.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    functions: usize,
}

struct File {
    name: &'static str,
    /// Loaded by every page, so that it reacts.
    on_every_page: bool,
    raw: u64,
    brotli: u64,
}

pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let result = check(workspace);
    let package = wasm::build_with_names(workspace)?;
    for (name, module) in [("every page", package.page), ("islands", package.islands)] {
        print_parts(name, &module.wasm(), args.functions)?;
    }
    result?;
    Ok(ExitCode::SUCCESS)
}

/// Builds, shows the sizes, and fails above a limit. The server takes no part in it.
pub fn check(workspace: &Workspace) -> Result<()> {
    tools::check_compilers()?;
    npm::install()?;
    let files = measure(workspace)?;
    println!("\n{:<24} {:>12} {:>12} {:>12}", "browser package", "raw", "brotli", "limit");
    for File { name, raw, brotli, .. } in &files {
        println!("{name:<24} {:>12} {:>12}", kilobytes(*raw), kilobytes(*brotli));
    }
    let totals = [
        Total::of("so that a page reacts", files.iter().filter(|file| file.on_every_page), PAGE_LIMIT_BYTES),
        Total::of("in all", files.iter(), LIMIT_BYTES),
    ];
    for Total { name, raw, brotli, limit } in &totals {
        println!("{name:<24} {:>12} {:>12} {:>12}", kilobytes(*raw), kilobytes(*brotli), kilobytes(*limit));
    }
    let too_big: Vec<String> = totals.iter().filter_map(Total::objection).collect();
    ensure!(too_big.is_empty(), "the browser package is too big: {}", too_big.join("; "));
    Ok(())
}

/// Files that have a limit together.
struct Total {
    name: &'static str,
    raw: u64,
    brotli: u64,
    limit: u64,
}

impl Total {
    fn of<'a>(name: &'static str, files: impl Iterator<Item = &'a File>, limit: u64) -> Self {
        let (raw, brotli) = files.fold((0, 0), |(raw, brotli), file| (raw + file.raw, brotli + file.brotli));
        Self { name, raw, brotli, limit }
    }

    fn objection(&self) -> Option<String> {
        let Self { name, brotli, limit, .. } = self;
        (brotli > limit).then(|| format!("{name} {}, limit {}", kilobytes(*brotli), kilobytes(*limit)))
    }
}

fn measure(workspace: &Workspace) -> Result<Vec<File>> {
    let package = wasm::build(workspace, Profile::Release)?;
    let folder = workspace.scratch("size")?;
    let mut contents = vec![
        ("every page: wasm", true, fs::read(package.page.wasm())?),
        ("every page: js", true, fs::read(package.page.js())?),
        ("islands: wasm", false, fs::read(package.islands.wasm())?),
        ("islands: js", false, fs::read(package.islands.js())?),
        ("css", false, css::bundle(Path::new("style/main.css"))?.into_bytes()),
    ];
    for (module, on_every_page) in [(&package.page, true), (&package.islands, false)] {
        for snippet in site::files_below(&module.snippets())? {
            contents.push(("js of a dependency", on_every_page, fs::read(snippet)?));
        }
    }
    let mut paths = Vec::new();
    for (number, (_, _, content)) in contents.iter().enumerate() {
        let path = folder.join(number.to_string());
        fs::write(&path, content)?;
        paths.push(env::current_dir()?.join(path));
    }
    site::compress_files(&paths)?;
    let sizes = |((name, on_every_page, content), path): ((&'static str, bool, Vec<u8>), PathBuf)| -> Result<File> {
        let brotli = fs::metadata(site::compressed(&path))?.len();
        Ok(File { name, on_every_page, raw: content.len() as u64, brotli })
    };
    contents.into_iter().zip(paths).map(sizes).collect()
}

/// Uncompressed: what one part would weigh alone says nothing about what it adds to the others.
fn print_parts(name: &str, wasm: &Path, functions: usize) -> Result<()> {
    let costs = wasm_parts::read(&fs::read(wasm)?)?;
    let (large, small): (Vec<_>, Vec<_>) = costs.by_part.iter().partition(|(_, bytes)| *bytes >= PART_MIN_BYTES);
    println!("\n{:<44} {:>12} {:>8}", format!("{name}: part of the wasm"), "raw", "share");
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
