//! Where things are: the root of the repository, cargo's target folder, the two profiles.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::shell;

/// The name of the product: of its package, and of its program.
pub const PRODUCT: &str = "latchkey";

pub struct Workspace {
    pub root: PathBuf,
    /// Asked of cargo, because CARGO_TARGET_DIR or a config file may have moved it.
    pub target: PathBuf,
    /// Of the product in the browser, as cargo takes them: those that are on by default, but for the server's.
    pub browser_features: String,
}

impl Workspace {
    /// Finds the workspace and makes its root the current folder, so that every other path can be a short relative one.
    pub fn enter() -> Result<Self> {
        let json = shell::output(shell::cargo().args(["metadata", "--no-deps", "--format-version=1"]))?;
        let metadata: serde_json::Value = serde_json::from_str(&json)?;
        let path =
            |key: &str| metadata[key].as_str().map(PathBuf::from).context("cargo metadata has changed its format");
        let workspace = Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
            browser_features: browser_features(&metadata).context("the product has no default features")?,
        };
        env::set_current_dir(&workspace.root)?;
        Ok(workspace)
    }

    /// The folder of the server's executable, where it looks for `site/` and `hash.txt`.
    pub fn server_folder(&self, profile: Profile) -> PathBuf {
        self.target.join(profile.server_folder())
    }

    pub fn server(&self, profile: Profile) -> PathBuf {
        self.program(PRODUCT, profile)
    }

    /// Where cargo puts a program.
    pub fn program(&self, name: &str, profile: Profile) -> PathBuf {
        self.server_folder(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// A folder of our own below the target folder, for what can be made again.
    pub fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join("xtask").join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }
}

/// So that a part of the product which is left out is left out on both sides.
fn browser_features(metadata: &serde_json::Value) -> Option<String> {
    let product = metadata["packages"].as_array()?.iter().find(|package| package["name"] == PRODUCT)?;
    let default = product["features"]["default"].as_array()?.iter().filter_map(serde_json::Value::as_str);
    let parts = default.filter(|feature| *feature != "ssr");
    Some(std::iter::once("hydrate").chain(parts).collect::<Vec<_>>().join(","))
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    pub fn from_flag(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    pub fn is_release(self) -> bool {
        self == Self::Release
    }

    fn server_folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }

    /// The cargo profile of the browser package; also the name of its target folder.
    pub fn of_wasm(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }
}
