//! The browser's half of the app: Rust -> WebAssembly -> a JavaScript module that loads it -> (release) wasm-opt. Twice:
//! what every page needs, and the islands.

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

/// Of the product in what every page loads: no view, and so nothing of Leptos.
pub const PAGE_FEATURES: &str = "page";

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
    /// On every page.
    pub page: Module,
    /// Where there are islands.
    pub islands: Module,
}

/// WebAssembly with the JavaScript that loads it.
pub struct Module {
    folder: PathBuf,
}

impl Module {
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
    let names = if profile.is_release() { Names::Dropped } else { Names::Kept };
    build_both(workspace, profile, names, profile.of_wasm())
}

/// The release package once more, with the names of its functions: what `cargo xtask size` takes apart.
pub fn build_with_names(workspace: &Workspace) -> Result<Package> {
    build_both(workspace, Profile::Release, Names::Kept, "wasm-release-with-names")
}

fn build_both(workspace: &Workspace, profile: Profile, names: Names, folder: &str) -> Result<Package> {
    let build = |features: &str, folder: &str| -> Result<Module> {
        let module = Module { folder: workspace.scratch(folder)? };
        // Cargo gives both the same name: each is bound before the next one is compiled.
        bind_if_changed(&compile(workspace, profile, features)?, &module, profile, names)?;
        Ok(module)
    };
    Ok(Package {
        page: build(PAGE_FEATURES, &format!("{folder}-page"))?,
        islands: build(&workspace.browser_features, folder)?,
    })
}

fn bind_if_changed(compiled: &Path, module: &Module, profile: Profile, names: Names) -> Result<()> {
    let stamp_file = module.folder.join("stamp");
    let stamp = stamp(compiled)?;
    if fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp) {
        return Ok(());
    }
    bind(compiled, module, profile, names)?;
    // Last, so that whatever failed above is done again.
    Ok(fs::write(stamp_file, stamp)?)
}

fn compile(workspace: &Workspace, profile: Profile, features: &str) -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    // Asked for here and not in Cargo.toml: the server would be compiled twice, once as a library that no one loads.
    cargo.args(["rustc", "--lib", "--crate-type=cdylib", "--target", TARGET, "--profile", profile.of_wasm()]);
    shell::run(cargo.args(["--no-default-features", "--features", features]))?;
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

fn bind(compiled: &Path, module: &Module, profile: Profile, names: Names) -> Result<()> {
    fs::remove_dir_all(&module.folder)?;
    Bindgen::new()
        .input_path(compiled)
        .out_name("latchkey")
        .web(true)?
        .typescript(false)
        // The page names the hashed file itself.
        .omit_default_module_path(true)
        .remove_name_section(names == Names::Dropped)
        .remove_producers_section(profile.is_release())
        .generate(&module.folder)?;
    if profile.is_release() { optimise(&module.wasm(), names) } else { Ok(()) }
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
