//! Row `logout`: how long what was ended is still let in.

use std::{
    fs::File,
    io::Write,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};

use super::{
    Bench, Row,
    client::Client,
    people::{People, id_of, log_in, sign_up},
    server::{Home, Server},
    table::{Aim, Line},
};

/// So that the worst of a hundred is seen.
const TIMES: usize = 100;

/// Far beyond what may be: then it's not the feed that is slow.
const GIVE_UP: Duration = Duration::from_secs(10);

const EMAIL: &str = "person@example.com";

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("logout: on SQLite");
    let home = Home::new(&[])?;
    let server = home.serve(&bench.latchkey)?;
    let mut lines = vec![by_api(bench, &home, &server, &server, "at the same instance, SQLite", 5.0)?];
    lines.push(vec![disk(&home)?]);
    lines.push(by_command(bench, &home, &server)?);
    eprintln!("logout: on PostgreSQL");
    let home = Home::on_postgres(bench.postgres()?, &[])?;
    let first = home.serve(&bench.latchkey)?;
    let second = home.serve_beside(&bench.latchkey, &first, &[])?;
    lines.push(by_api(bench, &home, &first, &second, "at a second instance, PostgreSQL", 100.0)?);
    Ok(lines.into_iter().flatten().collect())
}

/// An administrator at `first`, while the user's token is used at `second`.
fn by_api(
    bench: &Bench,
    home: &Home<'_>,
    first: &Server,
    second: &Server,
    whence: &str,
    most_ms: f64,
) -> Result<Vec<Line>> {
    let administrators = People::administrators(home, &bench.latchkey, first, 1)?;
    sign_up(&first.client(), EMAIL)?;
    let client = first.client();
    let ends = repeat(first, second, |id| {
        let token = administrators.tokens()?.concat();
        let path = format!("/api/v1/admin/users/{id}/force-logout");
        let answer = client.post_json(&path, &token, r#"{"reason": "to measure it"}"#)?;
        ensure!(answer.status == 200, "force logout answers {}: {}", answer.status, answer.body);
        Ok(())
    })?;
    Ok(lines(whence, &ends, most_ms))
}

fn by_command(bench: &Bench, home: &Home<'_>, server: &Server) -> Result<Vec<Line>> {
    let ends = repeat(server, server, |_| {
        home.run(&bench.latchkey, &["force-logout", "--user", EMAIL, "--reason", "to measure it"], "").map(|_| ())
    })?;
    Ok(lines("on the command line, SQLite", &ends, 400.0))
}

/// What the disk takes for as much as a force logout writes, by itself: no answer comes before it's safe there.
fn disk(home: &Home<'_>) -> Result<Line> {
    let mut file = File::create(home.path().join("disk"))?;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        file.write_all(&[0; 16 * 1024])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed());
    }
    let [p50, p99] = percentiles(times);
    let line = Line::new(Row::Logout, "the disk by itself, where SQLite writes");
    Ok(line.figure(p50, "ms p50").figure(p99, "ms p99"))
}

/// How one force logout went.
struct End {
    /// From its beginning to the first refused call.
    refused_after: Duration,
    /// Calls that began after its answer and were let in all the same.
    accepted: u32,
}

fn repeat(first: &Server, second: &Server, end: impl Fn(&str) -> Result<()>) -> Result<Vec<End>> {
    let mut ends = Vec::new();
    for _ in 0..TIMES {
        let token = log_in(&first.client(), EMAIL)?.token(&first.client())?;
        let id = id_of(&first.client(), &token)?;
        ends.push(watch(&second.client(), &token, || end(&id))?);
    }
    Ok(ends)
}

/// Calls with the token again and again while `end` ends it.
fn watch(client: &Client, token: &str, end: impl FnOnce() -> Result<()>) -> Result<End> {
    thread::scope(|scope| {
        let (begun, has_begun) = mpsc::channel();
        let calls = scope.spawn(move || {
            let mut calls = Vec::new();
            loop {
                let start = Instant::now();
                let status = client.call("/api/v1/me", token)?.status;
                calls.push((start, Instant::now(), status));
                if calls.len() == 1 {
                    let _ = begun.send(());
                }
                match status {
                    401 => return Ok(calls),
                    200 => ensure!(calls[0].0.elapsed() < GIVE_UP, "a token is accepted for ever"),
                    other => anyhow::bail!("/api/v1/me answers {other}"),
                }
            }
        });
        // The token is in use when it ends.
        let _ = has_begun.recv();
        let begin = Instant::now();
        end()?;
        let answered = Instant::now();
        let calls = calls.join().map_err(|_| anyhow!("a thread panicked"))??;
        let refused = calls.last().map_or(answered, |(_, end, _)| *end);
        let late = calls.iter().filter(|(start, _, status)| *status == 200 && *start > answered);
        Ok(End { refused_after: refused.saturating_duration_since(begin), accepted: u32::try_from(late.count())? })
    })
}

fn lines(whence: &str, ends: &[End], most_ms: f64) -> Vec<Line> {
    let [p50, p99] = percentiles(ends.iter().map(|end| end.refused_after).collect());
    let accepted = f64::from(ends.iter().map(|end| end.accepted).sum::<u32>());
    let line = |what: &str| Line::new(Row::Logout, format!("{what} {whence}"));
    vec![
        line("calls accepted after the answer,").figure(accepted, "calls").aim(Aim::at_most(0.0, accepted, "")),
        line("force logout → refused,")
            .figure(p50, "ms p50")
            .figure(p99, "ms p99")
            .aim(Aim::at_most(most_ms, p99, "ms p99")),
    ]
}

/// The median and the worst but one of a hundred, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort();
    [times.len() / 2, (times.len() * 99).div_ceil(100) - 1].map(|at| times[at].as_secs_f64() * 1000.0)
}
