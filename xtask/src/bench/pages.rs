//! Row `pages`: what a rendered page costs, and how often it asks the database.

use std::{thread, time::Duration};

use anyhow::{Context, Result, ensure};

use super::{
    Bench, Row,
    people::People,
    rounds,
    rounds::{Target, Who},
    server::{Home, Server},
    table::{Aim, Line},
    wrk,
};

/// In the lists of administration.
const USERS: &str = "1000";

/// Each of them is four people: an administrator is made on the command line, which takes a moment.
const ADMINISTRATORS: u32 = wrk::CONNECTIONS / 4;

/// A line for each statement.
const STATEMENTS: [(&str, &str); 1] = [("LATCHKEY_LOG", "info,sqlx::query=debug")];

/// How a statement begins that writes.
const WRITES: [&str; 3] = ["insert", "update", "delete"];

/// A statement is written down when it ends, and the answer may be on its way by then.
const LAST_STATEMENTS: Duration = Duration::from_millis(300);

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("pages: two servers start");
    let (bare, home) = (Server::bare(&bench.bare)?, Home::new(&[])?);
    home.run(&bench.seed, &["--users", USERS], "")?;
    let server = home.serve(&bench.latchkey)?;
    let people = People::sign_up(&server, wrk::CONNECTIONS)?;
    let administrators = People::administrators(&home, &bench.latchkey, &server, ADMINISTRATORS)?;
    let pages = [
        ("/login", Who::Nobody, 150.0),
        ("/dashboard", Who::Browsers(&people), 400.0),
        ("/admin/users", Who::Browsers(&administrators), 1_000.0),
    ];
    let mut targets = vec![Target::new("bare axum", &bare, "/json", Who::Nobody)];
    for (path, who, _) in pages {
        targets.push(Target::new(path, &server, path, who).header("Accept: text/html"));
    }
    let measured = rounds::measure(&targets, bench.rounds, bench.seconds)?;
    let mut lines = Vec::new();
    for (path, who, most_us) in pages {
        let (page, bare) = (measured.of(path)?, measured.of("bare axum")?);
        let cpu_us = page.median(|run| run.cpu_us);
        let (reads, writes) = statements(bench, &home, &server, path, who)?;
        let line = Line::new(Row::Pages, format!("{path}, rendered; the ratio is to bare axum, by CPU"));
        let line = line.figure(cpu_us, "µs CPU").figure(page.median(|run| run.per_second), "pages/s");
        let line = line.ratio(page.ratio_to(bare, |run| run.cpu_us)).aim(Aim::at_most(most_us, cpu_us, "µs CPU"));
        lines.push(line.figure(reads, "reads").figure(writes, "writes"));
    }
    Ok(lines)
}

/// What one request asks of the database, when nothing is asked for the first time: reads and writes.
fn statements(bench: &Bench, home: &Home<'_>, first: &Server, path: &str, who: Who<'_>) -> Result<(f64, f64)> {
    // Another instance, because this one logs each statement; cookies are good at both.
    let server = home.serve_beside(&bench.latchkey, first, &STATEMENTS)?;
    let cookie = who.cookies()?.first().cloned().unwrap_or_default();
    for _ in 0..3 {
        server.empty_log()?;
        let answer = server.client().get(path, &cookie)?;
        ensure!(answer.status == 200, "{path} answers {}", answer.status);
        thread::sleep(LAST_STATEMENTS);
    }
    count(&server.log()?, path)
}

/// Jobs ask the database, too: only what belongs to the request counts. Each of its lines has its id.
fn count(log: &str, path: &str) -> Result<(f64, f64)> {
    let of_path = format!(" path={path} ");
    let mut answers = log.lines().filter(|line| line.contains(" answered ") && line.contains(&of_path));
    let id = answers.next().and_then(|line| line.split_once("{id=")?.1.split_once(' ')).map(|(id, _)| id);
    let id = id
        .filter(|_| answers.next().is_none())
        .with_context(|| format!("the log names not one answer of {path}:\n{log}"))?;
    let (mut reads, mut writes) = (0.0, 0.0);
    for line in log.lines().filter(|line| line.contains(id)) {
        match line.split_once(" summary=\"") {
            Some((_, statement)) if WRITES.iter().any(|verb| statement.starts_with(verb)) => writes += 1.0,
            Some(_) => reads += 1.0,
            None => {}
        }
    }
    Ok((reads, writes))
}
