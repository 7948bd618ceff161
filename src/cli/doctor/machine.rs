//! What the machine has: time and memory for password hashes, disk, open files. Server side.

use std::path::Path;

use super::Finding;
use crate::{
    base::{caller::Caller, config::Config, error::AppError, metrics::Metrics, state::Stopwatch},
    passwords::{hash::Passwords, typed::Password},
    web::connections,
};

pub async fn look(config: &Config) -> Vec<Finding> {
    let findings = [Some(hashing(config).await), memory(config), disk(&config.data_dir), Some(open_files(config))];
    findings.into_iter().flatten().collect()
}

/// People wait for no longer with a good mind.
const HASH_SLOW_MS: u64 = 1_000;

/// A hash should cost an attacker something, and a person no patience.
async fn hashing(config: &Config) -> Finding {
    let measured = async {
        let passwords = Passwords::new(config, Metrics::default())?;
        let password = Password::parse_existing("how long does one hash take here".into())?;
        let watch = Stopwatch::start();
        // To check one costs what it costs to make one.
        passwords.verify(&Caller::default(), password, None).await?;
        Ok::<_, AppError>((watch.elapsed_ms(), passwords.at_once()))
    };
    match measured.await {
        Ok((ms, _)) if ms > HASH_SLOW_MS => Finding::warning(
            "passwords",
            format!("one hash takes {ms} ms, which users will notice"),
            "lower LATCHKEY_ARGON2_PASSES or LATCHKEY_ARGON2_MEMORY_KIB",
        ),
        Ok((ms, at_once)) => Finding::ok("passwords", format!("one hash takes {ms} ms; up to {at_once} at once")),
        Err(error) => Finding::error("passwords", error.to_string(), "check LATCHKEY_ARGON2_*"),
    }
}

/// Where the system tells how much is free.
fn memory(config: &Config) -> Option<Finding> {
    let free_kib = free_memory_kib()?;
    let wanted_kib = u64::from(config.hash_budget_mib) * 1024;
    let words = format!("{} MiB free; hashes use up to {} MiB", free_kib / 1024, wanted_kib / 1024);
    let fix = "lower LATCHKEY_HASH_BUDGET_MIB, or give the machine more memory";
    Some(Finding::warning_if(free_kib < wanted_kib, "memory", words, fix))
}

/// Linux: what can be had without swapping, within the limit of the container.
fn free_memory_kib() -> Option<u64> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let row = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let machine = row.split_whitespace().next()?.parse::<u64>().ok()?;
    let bytes = |file: &str| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let limit = bytes("/sys/fs/cgroup/memory.max");
    let used = bytes("/sys/fs/cgroup/memory.current").unwrap_or_default();
    let container = limit.map(|limit| limit.saturating_sub(used) / 1024);
    Some(container.map_or(machine, |container| container.min(machine)))
}

const MIB: u64 = 1024 * 1024;
/// Enough for a day of attention.
const DISK_LOW: u64 = 1024 * MIB;
/// The next journal may not fit.
const DISK_OUT: u64 = 100 * MIB;

#[cfg(unix)]
fn disk(folder: &Path) -> Option<Finding> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let (shown, words) = (folder.display(), format!("{} MiB free at {}", free / MIB, folder.display()));
    let fix = format!("free some space at {shown}, or move LATCHKEY_DATA_DIR: a full disk stops the server");
    Some(match free {
        ..DISK_OUT => Finding::error("disk", words, fix),
        DISK_OUT..DISK_LOW => Finding::warning("disk", words, fix),
        _ => Finding::ok("disk", words),
    })
}

#[cfg(not(unix))]
fn disk(_folder: &Path) -> Option<Finding> {
    None
}

/// Every open page holds a connection, and a connection is an open file. The server asks for as many as it needs.
fn open_files(config: &Config) -> Finding {
    let (_, limit) = connections::open_files();
    let (fitting, wanted) = (connections::fitting(config, limit), config.connections);
    let at_most = limit.map_or("no limit".to_owned(), |limit| format!("up to {limit}"));
    if fitting >= wanted as usize {
        return Finding::ok("open files", format!("{at_most}, enough for {wanted} connections"));
    }
    Finding::warning(
        "open files",
        format!(
            "{at_most}, if the server is started like this command: enough for {fitting} connections, not {wanted}"
        ),
        "set LimitNOFILE=65536 in the service's unit, run `ulimit -n 65536` before the start, or lower LATCHKEY_CONNECTIONS",
    )
}
