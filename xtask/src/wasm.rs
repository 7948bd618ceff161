//! The browser's half of the app: Rust -> WebAssembly -> a JavaScript module that loads it -> (release) wasm-opt.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    npm, shell,
    workspace::{Profile, Workspace},
};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// What rustc assumes that every browser can do; wasm-opt has to be told, or it refuses the file.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The finished package, not yet hashed or moved to where the server looks.
pub struct Package {
    folder: PathBuf,
}

impl Package {
    pub fn js(&self) -> PathBuf {
        self.folder.join("latchkey.js")
    }

    pub fn wasm(&self) -> PathBuf {
        self.folder.join("latchkey_bg.wasm")
    }

    /// JavaScript that a dependency may bring along; the package imports it by this name.
    pub fn snippets(&self) -> PathBuf {
        self.folder.join("snippets")
    }
}

/// Whether the functions in the wasm keep their names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Kept,
    Dropped,
}

pub fn build(workspace: &Workspace, profile: Profile) -> Result<Package> {
    let compiled = compile(workspace, profile)?;
    let package = Package { folder: workspace.scratch(profile.of_wasm())? };
    let names = if profile.is_release() { Names::Dropped } else { Names::Kept };
    bind_if_changed(&compiled, &package, profile, names)?;
    Ok(package)
}

/// The release package once more, with the names of its functions: what `cargo xtask size` takes apart.
pub fn build_with_names(workspace: &Workspace) -> Result<Package> {
    let compiled = compile(workspace, Profile::Release)?;
    let package = Package { folder: workspace.scratch("wasm-release-with-names")? };
    bind_if_changed(&compiled, &package, Profile::Release, Names::Kept)?;
    Ok(package)
}

fn bind_if_changed(compiled: &Path, package: &Package, profile: Profile, names: Names) -> Result<()> {
    let stamp_file = package.folder.join("stamp");
    let stamp = stamp(compiled)?;
    if fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp) {
        return Ok(());
    }
    bind(compiled, package, profile, names)?;
    // Last, so that whatever failed above is done again.
    Ok(fs::write(stamp_file, stamp)?)
}

fn compile(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    // Asked for here and not in Cargo.toml: the server would be compiled twice, once as a library that no one loads.
    cargo.args(["rustc", "--lib", "--crate-type=cdylib", "--target", TARGET, "--profile", profile.of_wasm()]);
    shell::run(cargo.args(["--no-default-features", "--features", &workspace.browser_features]))?;
    Ok(workspace.target.join(TARGET).join(profile.of_wasm()).join("latchkey.wasm"))
}

/// cargo leaves the file alone when nothing changed; a new version of this tool may do other things with it.
fn stamp(compiled: &Path) -> Result<String> {
    let describe = |path: &Path| -> Result<String> {
        let metadata = fs::metadata(path).with_context(|| format!("{} is missing", path.display()))?;
        Ok(format!("{} {:?}\n", metadata.len(), metadata.modified()?))
    };
    Ok(describe(compiled)? + &describe(&env::current_exe()?)?)
}

fn bind(compiled: &Path, package: &Package, profile: Profile, names: Names) -> Result<()> {
    fs::remove_dir_all(&package.folder)?;
    Bindgen::new()
        .input_path(compiled)
        .out_name("latchkey")
        .web(true)?
        .typescript(false)
        // The page names the hashed file itself.
        .omit_default_module_path(true)
        .remove_name_section(names == Names::Dropped)
        .remove_producers_section(profile.is_release())
        .generate(&package.folder)?;
    if profile.is_release() { optimise(&package.wasm(), names) } else { Ok(()) }
}

fn optimise(wasm: &Path, names: Names) -> Result<()> {
    let smaller = wasm.with_extension("opt");
    let mut wasm_opt = npm::program("wasm-opt");
    if names == Names::Kept {
        wasm_opt.arg("--debuginfo");
    }
    shell::run(wasm_opt.arg("-Oz").args(WASM_FEATURES).arg(wasm).arg("-o").arg(&smaller))?;
    Ok(fs::rename(smaller, wasm)?)
}
