//! Row `package`: what a browser loads, compressed.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, bail};

use super::{
    Bench, Row,
    server::Home,
    table::{Aim, Line},
};
use crate::site;

/// Pages that react with nothing but the forms have no more than this to load.
const PLAIN: &str = "/login";

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("package: its files, and those that {PLAIN} runs");
    let site = bench.latchkey.parent().context("a program is in a folder")?.join("site");
    let mut all = 0.0;
    for file in site::files_below(&site.join("pkg"))? {
        if !site::is_compressed(&file) {
            all += brotli_kb(&file)?;
        }
    }
    let home = Home::new(&[])?;
    let html = home.serve(&bench.latchkey)?.client().get(PLAIN, "")?.body;
    let mut plain = 0.0;
    for name in scripts(&html) {
        plain += brotli_kb(&site.join(name))?;
    }
    Ok(vec![
        Line::new(Row::Package, "browser package, brotli").figure(all, "kB").aim(Aim::at_most(150.0, all, "kB")),
        Line::new(Row::Package, format!("what {PLAIN} runs of it"))
            .figure(plain, "kB")
            .aim(Aim::at_most(40.0, plain, "kB")),
    ])
}

/// The files of the package that run in every page. Those of the islands are named, too, and loaded where there are some.
fn scripts(html: &str) -> BTreeSet<String> {
    let names = html.split("/pkg/").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._-/".contains(c)).unwrap_or(rest.len());
        format!("pkg/{}", &rest[..end])
    });
    let runs = |name: &String| name.contains(".page-") && [".js", ".wasm"].iter().any(|end| name.ends_with(end));
    names.filter(runs).collect()
}

fn brotli_kb(file: &Path) -> Result<f64> {
    let compressed = site::compressed(file);
    match fs::metadata(&compressed) {
        Ok(file) => Ok(file.len() as f64 / 1000.0),
        Err(_) => bail!("{} isn't there: only the production version is compressed", compressed.display()),
    }
}
