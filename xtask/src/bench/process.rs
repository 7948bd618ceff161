//! What a process has used, as Linux tells it.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// Linux counts in these for whoever reads `/proc`, whatever its own clock does (`getconf CLK_TCK`).
const TICKS_A_SECOND: f64 = 100.0;

/// Time on a processor since the start, all threads together, in the program and in the kernel for it.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = read(pid, "stat")?;
    // The name of the program is in brackets, and may hold anything. The two are fields 14 and 15 of all.
    let (_, after_name) = stat.rsplit_once(')').context("/proc/PID/stat has no name")?;
    let mut fields = after_name.split_whitespace().skip(11).map(str::parse::<f64>);
    let mut next = || fields.next().context("/proc/PID/stat is too short");
    Ok(Duration::from_secs_f64((next()?? + next()??) / TICKS_A_SECOND))
}

/// What it holds in memory, in megabytes of a million bytes.
pub fn resident_mb(pid: u32) -> Result<f64> {
    let status = read(pid, "status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("/proc/PID/status has no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024.0 / 1e6)
}

fn read(pid: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).with_context(|| format!("cannot read {path}: this is measured on Linux only"))
}
