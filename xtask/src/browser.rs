//! The browser tests: Playwright starts its own servers, of the binary that is named here.

use std::path::Path;

use anyhow::Result;

use crate::{
    apt, build, npm, python, shell,
    workspace::{Profile, Workspace},
};

/// Playwright knows where it would keep a browser, whether or not one is there.
const HAS_OWN_BROWSER: &str = r#"
    const { chromium } = require("@playwright/test");
    process.exit(require("node:fs").existsSync(chromium.executablePath()) ? 0 : 1);
"#;

/// Chromium without windows. The whole one starts a process more for each window, with the buttons of its toolbar.
const HEADLESS: &str = "chromium-headless-shell";

/// Of the Apache that a browser test starts.
const MOD_AUTH_OPENIDC: &str = "/usr/lib/apache2/modules/mod_auth_openidc.so";

pub fn test(workspace: &Workspace, postgres: (&str, &str)) -> Result<()> {
    // First, because the build takes a while.
    npm::install()?;
    ensure_chromium()?;
    ensure_apache()?;
    let python = python::install(workspace)?;
    build::build(workspace, Profile::Dev)?;
    let mut playwright = npm::program("playwright");
    playwright.arg("test").env("LATCHKEY_BIN", workspace.server(Profile::Dev)).env("LATCHKEY_TEST_PYTHON", python);
    shell::run(playwright.env(postgres.0, postgres.1))
}

/// Of Debian's packages this one brings the program and no service: nothing listens anywhere until a test starts it.
fn ensure_apache() -> Result<()> {
    if Path::new(MOD_AUTH_OPENIDC).is_file() {
        return Ok(());
    }
    apt::install(
        "libapache2-mod-auth-openidc",
        "The tests know Apache as Debian and Ubuntu have it. Other systems: use a container",
    )
}

pub fn check_types() -> Result<()> {
    npm::install()?;
    shell::run(npm::program("tsc").arg("--noEmit"))
}

/// In the order in which `chromium.ts` of the tests looks for one.
pub fn ensure_chromium() -> Result<()> {
    let has_own = shell::output(&mut npm::script(HAS_OWN_BROWSER)).is_ok();
    if has_own || shell::find(HEADLESS).is_some() {
        return Ok(());
    }
    let installed = apt::install(HEADLESS, "Everywhere: cd end2end && npx playwright install chromium");
    if let (Err(error), Some(chromium)) = (&installed, shell::find("chromium")) {
        eprintln!("{error:#}\nGoing on with {}, which takes half as long again.", chromium.display());
        return Ok(());
    }
    installed
}
