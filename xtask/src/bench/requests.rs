//! Rows `layers`, `log`, `api`, `sessions`: what a request costs, beside bare axum and beside the same handler without
//! authentication.

use anyhow::Result;

use super::{
    Bench, Row,
    people::People,
    rounds,
    rounds::{Measured, Runs, Target, Who},
    server::{Home, LOGGING, Server},
    table::{Aim, Line},
    wrk,
};

pub const ME: &str = "/api/v1/me";
const OPEN: &str = "/api/v1/open";
/// Of the comparing program: a read that knows nothing but the session.
pub const SESSION_ME: &str = "/session/me";

// The loads by name.
const BARE: &str = "bare axum";
const BY_HAND: &str = "axum + jsonwebtoken";
const LAYERS: &str = "layers";
const LAYERS_LOGGING: &str = "layers, log on";
const TOKEN_OPEN: &str = "token, not looked at";
const TOKEN: &str = "token";
const TOKEN_LOGGING: &str = "token, log on";
const SQLITE_OPEN: &str = "session, not looked at (SQLite)";
const SQLITE: &str = "session (SQLite)";
const POSTGRES_OPEN: &str = "session, not looked at (PostgreSQL)";
const POSTGRES: &str = "session (PostgreSQL)";

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    if ![Row::Layers, Row::Log, Row::Api, Row::Sessions].iter().any(|row| bench.has(*row)) {
        return Ok(Vec::new());
    }
    eprintln!("requests: servers start, and {} people sign up at each", wrk::CONNECTIONS);
    let bare = Server::bare(&bench.bare)?;
    let homes = [Home::new(&[])?, Home::new(&LOGGING)?];
    let postgres_home = bench.has(Row::Sessions).then(|| Home::on_postgres(bench.postgres()?, &[])).transpose()?;
    let layered = &bench.layered;
    let quiet = Place::open(homes[0].serve(layered)?)?;
    let logging = Place::open(homes[1].serve(layered)?)?;
    let postgres = postgres_home.as_ref().map(|home| Place::open(home.serve(layered)?)).transpose()?;
    let token = bare.client().get("/token", "")?.body;

    let (quietly, loudly) = (&quiet.server, &logging.server);
    let browsers = Who::Browsers(&quiet.people);
    let by_hand = Target::new(BY_HAND, &bare, "/es256", Who::Nobody).header(format!("Authorization: Bearer {token}"));
    let targets = [
        (&[Row::Layers, Row::Log, Row::Api][..], Target::new(BARE, &bare, "/json", Who::Nobody)),
        (&[Row::Api], by_hand),
        (&[Row::Layers, Row::Log], Target::new(LAYERS, quietly, OPEN, Who::Nobody)),
        (&[Row::Log], Target::new(LAYERS_LOGGING, loudly, OPEN, Who::Nobody)),
        (&[Row::Api], Target::new(TOKEN_OPEN, quietly, OPEN, Who::Tokens(&quiet.people))),
        (&[Row::Api], Target::new(TOKEN, quietly, ME, Who::Tokens(&quiet.people))),
        (&[Row::Api], Target::new(TOKEN_LOGGING, loudly, ME, Who::Tokens(&logging.people))),
        (&[Row::Sessions], Target::new(SQLITE_OPEN, quietly, OPEN, browsers)),
        (&[Row::Sessions], Target::new(SQLITE, quietly, SESSION_ME, browsers)),
    ];
    let is_asked = |rows: &[Row]| rows.iter().any(|row| bench.has(*row));
    let targets = targets.into_iter().filter(|(rows, _)| is_asked(rows)).map(|(_, target)| target);
    let on_postgres = postgres.iter().flat_map(|Place { server, people }| {
        let browsers = Who::Browsers(people);
        [Target::new(POSTGRES_OPEN, server, OPEN, browsers), Target::new(POSTGRES, server, SESSION_ME, browsers)]
    });
    let targets: Vec<_> = targets.chain(on_postgres).collect();
    let measured = rounds::measure(&targets, bench.rounds, bench.seconds)?;
    let mut lines = Vec::new();
    if bench.has(Row::Layers) {
        lines.extend(layers(&measured)?);
    }
    if bench.has(Row::Log) {
        lines.extend(log(&measured)?);
    }
    if bench.has(Row::Api) {
        lines.extend(api(&measured)?);
    }
    if bench.has(Row::Sessions) {
        lines.extend(sessions(&measured)?);
    }
    Ok(lines)
}

/// A server with people who are logged in.
struct Place {
    server: Server,
    people: People,
}

impl Place {
    fn open(server: Server) -> Result<Self> {
        let people = People::sign_up(&server, wrk::CONNECTIONS)?;
        Ok(Self { server, people })
    }
}

fn layers(measured: &Measured) -> Result<Vec<Line>> {
    let (bare, layers) = (measured.of(BARE)?, measured.of(LAYERS)?);
    Ok(vec![
        load_line(Row::Layers, "bare axum: one JSON answer, nothing else", bare),
        beside(Row::Layers, "all layers, no authentication ÷ bare axum (log off)", layers, bare, Some(0.80)),
    ])
}

fn log(measured: &Measured) -> Result<Vec<Line>> {
    let (bare, on, off) = (measured.of(BARE)?, measured.of(LAYERS_LOGGING)?, measured.of(LAYERS)?);
    let line_us = (on.ratio_to(off, |run| run.cpu_us) - 1.0) * off.median(|run| run.cpu_us);
    let part = line_us / bare.median(|run| run.cpu_us);
    Ok(vec![
        Line::new(Row::Log, "the log's line ÷ a request of bare axum, by CPU")
            .figure(line_us, "µs CPU")
            .ratio(part)
            .aim(Aim::at_most(0.15, part, "")),
        beside(Row::Log, "all layers, log on ÷ log off", on, off, None),
    ])
}

fn api(measured: &Measured) -> Result<Vec<Line>> {
    let (bare, open, token) = (measured.of(BARE)?, measured.of(TOKEN_OPEN)?, measured.of(TOKEN)?);
    Ok(vec![
        beside(Row::Api, "axum + jsonwebtoken, verified each time ÷ bare axum", measured.of(BY_HAND)?, bare, None),
        beside(Row::Api, "access token ÷ the same without authentication", token, open, Some(0.95)),
        p99(Row::Api, "its p99 ÷ the same without authentication", token, open),
        beside(Row::Api, "access token ÷ bare axum (log off)", token, bare, Some(0.75)),
        beside(Row::Api, "access token ÷ bare axum (log on)", measured.of(TOKEN_LOGGING)?, bare, Some(0.65)),
    ])
}

fn sessions(measured: &Measured) -> Result<Vec<Line>> {
    let (sqlite, postgres) = (measured.of(SQLITE)?, measured.of(POSTGRES)?);
    let without = "session ÷ the same without authentication";
    let (sqlite_open, postgres_open) = (measured.of(SQLITE_OPEN)?, measured.of(POSTGRES_OPEN)?);
    Ok(vec![
        beside(Row::Sessions, format!("{without}, SQLite"), sqlite, sqlite_open, Some(0.85)),
        beside(Row::Sessions, format!("{without}, PostgreSQL"), postgres, postgres_open, Some(0.85)),
    ])
}

/// What one load did, beside another.
pub fn beside(row: Row, what: impl Into<String>, load: &Runs, base: &Runs, least: Option<f64>) -> Line {
    let ratio = load.throughput_to(base);
    let line = load_line(row, what, load).ratio(ratio).cpu_ratio(load.cpu_to(base));
    match least {
        Some(least) => line.aim(Aim::at_least(least, ratio, "")),
        None => line,
    }
}

pub fn load_line(row: Row, what: impl Into<String>, load: &Runs) -> Line {
    Line::new(row, what)
        .figure(load.median(|run| run.per_second), "requests/s")
        .figure(load.median(|run| run.cpu_us), "µs CPU")
        .figure(load.median(|run| run.p99_ms), "ms p99")
}

fn p99(row: Row, what: &str, load: &Runs, base: &Runs) -> Line {
    let ratio = load.ratio_to(base, |run| run.p99_ms);
    let line = Line::new(row, what).figure(load.median(|run| run.p99_ms), "ms p99");
    line.ratio(ratio).aim(Aim::at_most(1.2, ratio, ""))
}
