//! Row `memory`: what the server holds, at rest and after much.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{
    Bench, Row, held,
    people::People,
    requests::SESSION_ME,
    server::{Home, Server},
    storm,
    table::{Aim, Line},
    wrk,
};

/// What a load has left behind it is given back by then, if it ever is.
const REST: Duration = Duration::from_secs(3);

const STORM: Duration = Duration::from_secs(15);

/// Sessions in use, and pages.
const MANY: u32 = 100_000;

/// Seconds of load between two looks at how many requests there were.
const STEP: u64 = 5;

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("memory: idle");
    // As in production.
    let home = Home::new(&[("LATCHKEY_LAB", "false")])?;
    let server = home.serve(&bench.latchkey)?;
    let idle = at_rest(&server)?;
    let mut lines = vec![line("idle, without the Lab").figure(idle, "MB").aim(Aim::at_most(30.0, idle, "MB"))];
    lines.push(pages(bench, &server)?);
    drop((server, home));
    lines.push(sessions(bench)?);
    eprintln!("memory: a storm of logins");
    let home = storm::home()?;
    let server = home.serve(&bench.latchkey)?;
    storm::rage(&server, || thread::sleep(STORM))?;
    let after = at_rest(&server)?;
    lines.push(line("after a storm of logins").figure(after, "MB").aim(Aim::at_most(200.0, after, "MB")));
    Ok(lines)
}

/// Each of many sessions is used.
fn sessions(bench: &Bench) -> Result<Line> {
    let wanted = bench.many.min(MANY);
    eprintln!("memory: {wanted} sessions are written and used");
    let home = Home::new(&[])?;
    // One in six of those that are written has ended, and a few users are disabled.
    let mut sessions = held::active_sessions(bench, &home, wanted / 4 * 5)?;
    sessions.truncate(wanted as usize);
    let server = home.serve(&bench.layered)?;
    let before = at_rest(&server)?;
    ask(&server, SESSION_ME, &sessions, &[], sessions.len())?;
    let more = at_rest(&server)? - before;
    let what = format!("more, with {} active sessions, each of them used", sessions.len());
    Ok(line(&what).figure(more, "MB").aim(Aim::at_most(30.0, more, "MB")))
}

/// Whether it grows with them: the first tenth fills what is kept.
fn pages(bench: &Bench, server: &Server) -> Result<Line> {
    let pages = bench.many.min(MANY) as usize;
    eprintln!("memory: {pages} pages");
    let people = People::sign_up(server, wrk::CONNECTIONS)?;
    let headers = ["Accept: text/html".to_owned()];
    let mut asked = 0;
    let mut until = |end: usize| {
        while asked < end {
            asked += ask(server, "/dashboard", &people.cookies()?, &headers, 1)?;
        }
        at_rest(server)
    };
    let (first, all) = (until(pages / 10)?, until(pages)?);
    let what = format!("after {asked} pages ÷ after the first tenth");
    Ok(line(&what).figure(all, "MB").ratio(all / first).aim(Aim::at_most(1.05, all / first, "")))
}

/// At least that number of requests, with the cookies in turn; how many there were.
fn ask(server: &Server, path: &str, cookies: &[String], headers: &[String], at_least: usize) -> Result<usize> {
    let mut asked = 0;
    while asked < at_least {
        // Each load begins with the first cookie again.
        let from_here =
            cookies.iter().cycle().skip(asked % cookies.len()).take(cookies.len()).cloned().collect::<Vec<_>>();
        asked += wrk::run(&format!("{}{path}", server.url), &from_here, headers, STEP)?.requests as usize;
    }
    Ok(asked)
}

fn at_rest(server: &Server) -> Result<f64> {
    thread::sleep(REST);
    server.resident_mb()
}

fn line(what: &str) -> Line {
    Line::new(Row::Memory, what)
}
