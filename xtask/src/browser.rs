//! The browser tests: Playwright starts its own servers, of the binary that is named here.

use anyhow::Result;

use crate::{
    apt, build, npm, shell,
    workspace::{Profile, Workspace},
};

/// Playwright knows where it would keep a browser, whether or not one is there.
const HAS_OWN_BROWSER: &str = r#"
    const { chromium } = require("@playwright/test");
    process.exit(require("node:fs").existsSync(chromium.executablePath()) ? 0 : 1);
"#;

pub fn test(workspace: &Workspace, postgres: (&str, &str)) -> Result<()> {
    // First, because the build takes a while.
    npm::install()?;
    ensure_chromium()?;
    build::build(workspace, Profile::Dev)?;
    let mut playwright = npm::program("playwright");
    playwright.arg("test").env("LATCHKEY_BIN", workspace.server(Profile::Dev));
    shell::run(playwright.env(postgres.0, postgres.1))
}

pub fn check_types() -> Result<()> {
    npm::install()?;
    shell::run(npm::program("tsc").arg("--noEmit"))
}

/// In the order in which `chromium.ts` of the tests looks for one.
pub fn ensure_chromium() -> Result<()> {
    let has_own = shell::output(&mut npm::script(HAS_OWN_BROWSER)).is_ok();
    if has_own || shell::find("chromium").is_some() {
        return Ok(());
    }
    apt::install("chromium", "Everywhere: cd end2end && npx playwright install chromium")
}
