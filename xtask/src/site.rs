//! The folder that the server serves: `public/` at its root, and `pkg/` with the hash of each file in its name, so that
//! browsers may keep the files for ever. The names follow cargo-leptos (`hash_files`), which is what leptos looks for.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    css, npm, shell,
    wasm::Package,
    workspace::{Profile, Workspace},
};

/// Everything that belongs into the folder, by its path in there.
type Files = BTreeMap<PathBuf, Vec<u8>>;

const COMPRESS: &str = r#"
    const { readFileSync, writeFileSync } = require("node:fs");
    const { brotliCompressSync, constants } = require("node:zlib");
    for (const name of process.argv.slice(1)) {
        const content = readFileSync(name);
        const params = {
            [constants.BROTLI_PARAM_QUALITY]: 11,
            [constants.BROTLI_PARAM_LGWIN]: 24,
            [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
        };
        writeFileSync(name + ".br", brotliCompressSync(content, { params }));
    }
"#;

pub fn assemble(workspace: &Workspace, profile: Profile, package: &Package) -> Result<()> {
    let folder = workspace.server_folder(profile);
    let site = folder.join("site");
    let mut files = Files::new();
    add_folder(&mut files, Path::new("public"), Path::new(""))?;
    let mut hashes = String::new();
    for (part, end, content) in contents(package)? {
        let hash = short_hash(&content);
        hashes += &format!("{part}{end}: {hash}\n");
        files.insert(format!("pkg/latchkey.{part}{hash}.{end}").into(), content);
    }
    for module in [&package.page, &package.islands] {
        add_folder(&mut files, &module.snippets(), Path::new("pkg/snippets"))?;
    }
    write(&site, &files)?;
    if profile.is_release() {
        compress(&site)?;
    }
    // After the files that it names, so that a server never reads of a file that is not there yet.
    replace(&folder.join("hash.txt"), hashes.as_bytes())?;
    remove_others(&site, &files)
}

/// The files that have a hash in their name: what stands before it, how the name ends, what is in there.
fn contents(package: &Package) -> Result<[(&'static str, &'static str, Vec<u8>); 5]> {
    let Package { page, islands } = package;
    Ok([
        ("page-", "js", fs::read(page.js())?),
        ("page-", "wasm", fs::read(page.wasm())?),
        ("", "js", fs::read(islands.js())?),
        ("", "wasm", fs::read(islands.wasm())?),
        ("", "css", css::bundle(Path::new("style/main.css"))?.into_bytes()),
    ])
}

/// The files of the package with their sizes: name, raw, brotli.
pub fn sizes(workspace: &Workspace, profile: Profile) -> Result<Vec<(String, u64, Option<u64>)>> {
    let site = workspace.server_folder(profile).join("site");
    let mut sizes = Vec::new();
    for path in files_below(&site.join("pkg"))? {
        if !is_compressed(&path) {
            let brotli = fs::metadata(compressed(&path)).ok().map(|file| file.len());
            let name = path.strip_prefix(&site)?.display().to_string();
            sizes.push((name, fs::metadata(&path)?.len(), brotli));
        }
    }
    Ok(sizes)
}

fn add_folder(files: &mut Files, from: &Path, to: &Path) -> Result<()> {
    for path in files_below(from)? {
        files.insert(to.join(path.strip_prefix(from)?), fs::read(&path)?);
    }
    Ok(())
}

/// 16 hex digits: no two versions of one file will ever share them.
fn short_hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn write(site: &Path, files: &Files) -> Result<()> {
    for (name, content) in files {
        replace(&site.join(name), content)?;
    }
    Ok(())
}

/// Whoever reads the file at the same time sees all of the old content or all of the new.
fn replace(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder)?;
    let half_written = folder.join(".half-written");
    fs::write(&half_written, content)?;
    fs::rename(&half_written, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Puts `x.br` beside each `x` of the package. The hash in the name says that an old one still fits.
fn compress(site: &Path) -> Result<()> {
    let is_missing = |path: &PathBuf| !is_compressed(path) && !compressed(path).exists();
    let missing: Vec<_> = files_below(&site.join("pkg"))?.into_iter().filter(is_missing).collect();
    if missing.is_empty() { Ok(()) } else { compress_files(&missing) }
}

/// Puts `x.br` beside each of these.
pub fn compress_files(paths: &[PathBuf]) -> Result<()> {
    shell::run(npm::script(COMPRESS).args(paths))
}

fn remove_others(site: &Path, files: &Files) -> Result<()> {
    for path in files_below(site)? {
        let original = if is_compressed(&path) { path.with_extension("") } else { path.clone() };
        if !files.contains_key(original.strip_prefix(site)?) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

pub fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "br")
}

pub fn compressed(path: &Path) -> PathBuf {
    path.with_added_extension("br")
}

/// All files, however deep; none when there is no such folder.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { files.extend(files_below(&path)?) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}
