//! The load: `wrk` beside the server, one thread, 32 connections.

use std::{fs, process::Command};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::{apt, shell};

pub const CONNECTIONS: u32 = 32;

const SCRIPT: &str = include_str!("requests.lua");

pub fn install() -> Result<()> {
    if shell::find("wrk").is_none() {
        apt::install("wrk", "macOS: brew install wrk")?;
    }
    Ok(())
}

/// What wrk has seen.
pub struct Seen {
    pub requests: f64,
    pub per_second: f64,
    pub p99_ms: f64,
}

/// Asks for `url` again and again. `cookies`: a header for each person, who take turns.
///
/// An answer that isn't a good one is an error: refusing is quicker than the work that is to be measured.
pub fn run(url: &str, cookies: &[String], headers: &[String], seconds: u64) -> Result<Seen> {
    let folder = TempDir::new()?;
    let (script, people) = (folder.path().join("requests.lua"), folder.path().join("cookies"));
    fs::write(&script, SCRIPT)?;
    fs::write(&people, if cookies.is_empty() { "\n".to_owned() } else { cookies.join("\n") })?;
    let printed = shell::output(
        Command::new("wrk")
            .args(["--threads", "1", "--connections", &CONNECTIONS.to_string(), "--timeout", "30s", "--latency"])
            .args(["--duration", &format!("{seconds}s"), "--script"])
            .arg(&script)
            .args([url, "--"])
            .arg(people)
            .args(headers),
    )?;
    let last = printed.lines().rfind(|line| line.starts_with('{')).unwrap_or_default();
    let seen: Value = serde_json::from_str(last).with_context(|| format!("wrk printed:\n{printed}"))?;
    let figure = |name: &str| seen[name].as_f64().with_context(|| format!("the script counts no {name}"));
    let (requests, refused, failed) = (figure("requests")?, figure("refused")?, figure("failed")?);
    ensure!(requests > 0.0, "{url} answered nothing");
    ensure!(refused + failed == 0.0, "{url}: of {requests} requests {refused} were refused and {failed} got no answer");
    Ok(Seen { requests, per_second: requests * 1e6 / figure("microseconds")?, p99_ms: figure("p99_us")? / 1000.0 })
}
