//! Row `login`: how much of the machine's hashes becomes logins.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};

use super::{
    Bench, Row,
    people::{Browser, sign_up},
    rounds::median,
    server::{Home, REAL_HASHES, Server},
    table::{Aim, Line},
};
use crate::shell;

/// More than hash at once: there is always one that waits.
const PEOPLE: usize = 8;

/// The number of hashes that fit into the memory that the program takes for them.
const FIT: usize = 4;

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("login: a server starts");
    let home = Home::new(&REAL_HASHES)?;
    let server = home.serve(&bench.latchkey)?;
    let emails: Vec<String> = (0..PEOPLE).map(|number| format!("person-{number}@example.com")).collect();
    for email in &emails {
        sign_up(&server.client(), email)?;
    }
    // Or the first round would wait for the emails.
    log_ins_a_second(&server, &emails, 1, true)?;
    let (mut hashes, mut own, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=bench.rounds {
        hashes.push(bare_hashes_a_second(bench)?);
        own.push(log_ins_a_second(&server, &emails, bench.seconds, true)?);
        new.push(log_ins_a_second(&server, &emails, bench.seconds, false)?);
        let last = |rates: &[f64]| rates.last().copied().unwrap_or_default();
        eprintln!(
            "  round {round} of {}: {:.1} hashes/s, {:.1} logins/s, {:.1} from new browsers",
            bench.rounds,
            last(&hashes),
            last(&own),
            last(&new)
        );
    }
    let ratio_of = |rates: &[f64]| median(rates.iter().zip(&hashes).map(|(rate, hashes)| rate / hashes).collect());
    let (own_ratio, new_ratio) = (ratio_of(&own), ratio_of(&new));
    Ok(vec![
        Line::new(Row::Login, "argon2 by itself, as many threads").figure(median(hashes.clone()), "hashes/s"),
        Line::new(Row::Login, "login, a hash each ÷ argon2 by itself")
            .figure(median(own), "logins/s")
            .ratio(own_ratio)
            .aim(Aim::at_least(0.95, own_ratio, "")),
        Line::new(Row::Login, "from a new browser each time: a mail each, and the oldest session is logged out")
            .figure(median(new), "logins/s")
            .ratio(new_ratio),
    ])
}

fn bare_hashes_a_second(bench: &Bench) -> Result<f64> {
    let threads = thread::available_parallelism()?.get().min(FIT).to_string();
    let [(_, memory_kib), (_, passes)] = REAL_HASHES;
    let printed = shell::output(Command::new(&bench.bare).args([
        "hash",
        "--memory-kib",
        memory_kib,
        "--passes",
        passes,
        "--threads",
        &threads,
        "--seconds",
        &bench.seconds.to_string(),
    ]))?;
    printed.parse().with_context(|| format!("bare hash printed {printed}"))
}

/// Each person logs in again and again, with the right password: in their own browser, or in a new one each time.
fn log_ins_a_second(server: &Server, emails: &[String], seconds: u64, own: bool) -> Result<f64> {
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let workers: Vec<_> = emails
        .iter()
        .cloned()
        .map(|email| {
            let client = server.client();
            thread::spawn(move || {
                let (mut done, mut browser) = (0_u32, Browser::default());
                while Instant::now() < end {
                    if !own {
                        browser = Browser::default();
                    }
                    browser.log_in(&client, &email)?;
                    done += 1;
                }
                Ok::<_, anyhow::Error>(done)
            })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker.join().map_err(|_| anyhow!("a thread panicked"))??;
    }
    Ok(f64::from(done) / start.elapsed().as_secs_f64())
}
