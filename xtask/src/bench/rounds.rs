//! Loads that are compared: each runs for a moment, in turn, again and again, so that what else the machine does falls on
//! all of them.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result};

use super::{people::People, server::Server, wrk};

/// What is asked, of whom, by whom.
pub struct Target<'a> {
    name: String,
    server: &'a Server,
    path: &'static str,
    who: Who<'a>,
    headers: Vec<String>,
}

#[derive(Clone, Copy)]
pub enum Who<'a> {
    Nobody,
    /// With the access token alone, as programs come.
    Tokens(&'a People),
    /// With session and access token, as browsers come.
    Browsers(&'a People),
    /// With what it gives anew for each load: see `requests.lua`.
    Programs(&'a dyn Fn() -> Result<Vec<String>>),
    /// With these cookies.
    Sessions(&'a [String]),
}

impl Who<'_> {
    /// A header for each.
    pub fn cookies(&self) -> Result<Vec<String>> {
        match self {
            Self::Nobody => Ok(Vec::new()),
            Self::Tokens(people) => people.access_cookies(),
            Self::Browsers(people) => people.cookies(),
            Self::Programs(lines) => lines(),
            Self::Sessions(cookies) => Ok(cookies.to_vec()),
        }
    }
}

impl<'a> Target<'a> {
    pub fn new(name: impl Into<String>, server: &'a Server, path: &'static str, who: Who<'a>) -> Self {
        Self { name: name.into(), server, path, who, headers: Vec::new() }
    }

    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    fn run(&self, seconds: u64) -> Result<Run> {
        let cookies = self.who.cookies()?;
        let before = self.server.cpu_time()?;
        let url = format!("{}{}", self.server.url, self.path);
        let seen = wrk::run(&url, &cookies, &self.headers, seconds).with_context(|| self.name.clone())?;
        let cpu = self.server.cpu_time()?.saturating_sub(before);
        self.server.empty_log()?;
        Ok(Run { per_second: seen.per_second, cpu_us: micros(cpu) / seen.requests, p99_ms: seen.p99_ms })
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// One load in one round.
#[derive(Clone, Copy)]
pub struct Run {
    pub per_second: f64,
    /// Of the server for a request; a database server's is its own.
    pub cpu_us: f64,
    pub p99_ms: f64,
}

/// One load in all rounds.
pub struct Runs(Vec<Run>);

impl Runs {
    pub fn median(&self, of: impl Fn(&Run) -> f64) -> f64 {
        median(self.0.iter().map(of).collect())
    }

    /// Of each round by itself: what a round has had less of, both have had less of.
    pub fn ratio_to(&self, base: &Self, of: impl Fn(&Run) -> f64) -> f64 {
        median(self.0.iter().zip(&base.0).map(|(run, base)| of(run) / of(base)).collect())
    }

    /// Requests a second.
    pub fn throughput_to(&self, base: &Self) -> f64 {
        self.ratio_to(base, |run| run.per_second)
    }

    /// As the ratio of requests a second would be on processors that do nothing else.
    pub fn cpu_to(&self, base: &Self) -> f64 {
        base.ratio_to(self, |run| run.cpu_us)
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        _ if values.is_empty() => f64::NAN,
        1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// Also writes down what the first use of a session does.
const WARM_UP_SECONDS: u64 = 3;

/// All loads in all rounds, by name.
pub struct Measured(BTreeMap<String, Runs>);

impl Measured {
    pub fn of(&self, name: &str) -> Result<&Runs> {
        self.0.get(name).with_context(|| format!("{name} was not measured"))
    }
}

pub fn measure(targets: &[Target<'_>], rounds: u32, seconds: u64) -> Result<Measured> {
    for target in targets {
        eprintln!("  warming up: {}", target.name);
        target.run(WARM_UP_SECONDS)?;
    }
    let mut measured: BTreeMap<String, Runs> = BTreeMap::new();
    for round in 1..=rounds {
        for target in targets {
            let run = target.run(seconds)?;
            eprintln!(
                "  round {round} of {rounds}: {:<36} {:>8.0} requests/s {:>8.1} µs CPU {:>8.2} ms p99",
                target.name, run.per_second, run.cpu_us, run.p99_ms
            );
            measured.entry(target.name.clone()).or_insert_with(|| Runs(Vec::new())).0.push(run);
        }
    }
    Ok(Measured(measured))
}
