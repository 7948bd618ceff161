//! Rows `revocations` and `stored`: what a request costs when much is held, beside the same with nearly nothing.

use std::{fs, path::Path};

use anyhow::Result;

use super::{
    Bench, Row,
    client::SESSION,
    people::People,
    requests::{ME, SESSION_ME, beside},
    rounds,
    rounds::{Target, Who},
    server::{Home, Server},
    table::{Aim, Line},
    wrk,
};

const REVOCATIONS: [(&str, u32); 3] = [("none", 0), ("10,000", 10_000), ("100,000", 100_000)];

/// On SQLite: the set in memory is the same on both databases.
pub fn revocations(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("revocations: three servers start");
    let mut held = Vec::new();
    for (words, how_many) in REVOCATIONS {
        let home = Home::new(&[])?;
        home.run(&bench.seed, &["--users", "1", "--sessions", "0", "--revocations", &how_many.to_string()], "")?;
        let server = home.serve(&bench.layered)?;
        let resident_mb = server.resident_mb()?;
        let people = People::sign_up(&server, wrk::CONNECTIONS)?;
        held.push(Held { words, server, people, resident_mb, _home: home });
    }
    let targets = held.iter().flat_map(|held| {
        let token = Target::new(format!("token, {} held", held.words), &held.server, ME, Who::Tokens(&held.people));
        let who = Who::Browsers(&held.people);
        [token, Target::new(format!("session, {} held", held.words), &held.server, SESSION_ME, who)]
    });
    let measured = rounds::measure(&targets.collect::<Vec<_>>(), bench.rounds, bench.seconds)?;
    let mut lines = Vec::new();
    for Held { words, resident_mb, .. } in &held[1..] {
        for what in ["token", "session"] {
            let load = measured.of(&format!("{what}, {words} held"))?;
            let none = measured.of(&format!("{what}, none held"))?;
            let cpu = load.cpu_to(none);
            let line = beside(Row::Revocations, format!("{what}, {words} revocations held ÷ none"), load, none, None);
            lines.push(line.aim(Aim::at_least(0.97, cpu, "by CPU")));
        }
        let memory = Line::new(Row::Revocations, format!("memory of {words} revocations"));
        lines.push(memory.figure(resident_mb - held[0].resident_mb, "MB"));
    }
    Ok(lines)
}

struct Held<'a> {
    words: &'static str,
    // In this order: the server ends before its data is gone.
    server: Server,
    people: People,
    resident_mb: f64,
    _home: Home<'a>,
}

const FEW: u32 = 1_000;

/// The sessions that come in turn where it's another each time: as many as are active among a thousand.
const SPREAD: usize = 800;

/// Of each user, as many as one may have.
const SESSIONS_OF_USER: u32 = 20;

/// A request may take 1.3 times as long.
const AT_LEAST: f64 = 0.77;

pub fn stored(bench: &Bench) -> Result<Vec<Line>> {
    let on_sqlite = (Home::new(&[])?, Home::new(&[])?);
    let postgres = bench.postgres()?;
    let on_postgres = (Home::on_postgres(postgres, &[])?, Home::on_postgres(postgres, &[])?);
    let mut lines = stored_on(bench, "SQLite", &on_sqlite)?;
    lines.extend(stored_on(bench, "PostgreSQL", &on_postgres)?);
    Ok(lines)
}

fn stored_on(bench: &Bench, database: &str, homes: &(Home<'_>, Home<'_>)) -> Result<Vec<Line>> {
    let (few, many) = (Store::fill(bench, &homes.0, FEW)?, Store::fill(bench, &homes.1, bench.many)?);
    let loads = [(&few, "few"), (&many, "many")].into_iter().flat_map(|(store, words)| {
        let of = |what, path, who| Target::new(format!("{what}, {words} stored"), &store.server, path, who);
        [
            of("token", ME, Who::Tokens(&store.people)),
            of("session", SESSION_ME, Who::Browsers(&store.people)),
            of("session, another each time", SESSION_ME, Who::Sessions(&store.sessions)),
        ]
    });
    let measured = rounds::measure(&loads.collect::<Vec<_>>(), bench.rounds, bench.seconds)?;
    let mut lines = Vec::new();
    for what in ["token", "session", "session, another each time"] {
        let few = measured.of(&format!("{what}, few stored"))?;
        let many = measured.of(&format!("{what}, many stored"))?;
        let words = format!("{what}, {} sessions stored ÷ 1,000, {database}", bench.many_words());
        lines.push(beside(Row::Stored, words, many, few, Some(AT_LEAST)));
    }
    Ok(lines)
}

struct Store {
    server: Server,
    people: People,
    /// Cookies of sessions all over the store.
    sessions: Vec<String>,
}

impl Store {
    fn fill(bench: &Bench, home: &Home<'_>, sessions: u32) -> Result<Self> {
        eprintln!("stored: {sessions} sessions are written");
        let sessions = active_sessions(bench, home, sessions)?;
        let server = home.serve(&bench.layered)?;
        let people = People::sign_up(&server, wrk::CONNECTIONS)?;
        Ok(Self { server, people, sessions: sessions.into_iter().take(SPREAD).collect() })
    }
}

/// Fills the store with sessions; the cookies of those that are active.
pub fn active_sessions(bench: &Bench, home: &Home<'_>, sessions: u32) -> Result<Vec<String>> {
    let users = sessions.div_ceil(SESSIONS_OF_USER).to_string();
    let file = home.path().join("secrets");
    let secrets = file.to_string_lossy();
    home.run(
        &bench.seed,
        &["--users", &users, "--sessions", &SESSIONS_OF_USER.to_string(), "--secrets", &secrets],
        "",
    )?;
    read_cookies(&file)
}

fn read_cookies(secrets: &Path) -> Result<Vec<String>> {
    let secrets = fs::read_to_string(secrets)?;
    let mut cookies: Vec<String> = secrets.lines().map(|secret| format!("{SESSION}={secret}")).collect();
    // By chance, as the secrets are: neighbours are of one user, who would wait for themselves.
    cookies.sort_unstable();
    Ok(cookies)
}
