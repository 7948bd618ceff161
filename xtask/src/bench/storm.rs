//! Row `storm`: pages and API calls while more people try to log in than can be hashed, each beside itself at rest.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{
    Bench, Row,
    client::Client,
    people::People,
    rounds::median,
    server::{Home, REAL_HASHES, Server},
    table::Line,
};

const PEOPLE: u32 = 200;

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("storm: a server starts");
    let home = home()?;
    let server = home.serve(&bench.latchkey)?;
    let people = People::sign_up(&server, 1)?;
    let mut lines = Vec::new();
    for (what, path) in [("token: /api/v1/me", "/api/v1/me"), ("session: /dashboard", "/dashboard")] {
        let call = || {
            let client = server.client();
            let cookie = people.cookies()?.concat();
            milliseconds_of(&client, path, &cookie, Duration::from_secs(bench.seconds))
        };
        let rest = call()?;
        let in_storm = rage(&server, call)??;
        lines.push(
            Line::new(Row::Storm, format!("{what}, while {PEOPLE} people try to log in ÷ at rest"))
                .figure(in_storm, "ms")
                .ratio(in_storm / rest),
        );
    }
    Ok(lines)
}

/// Each try comes from a network of its own, or the throttle would take the storm away.
pub fn home<'a>() -> Result<Home<'a>> {
    let [memory, passes] = REAL_HASHES;
    Home::new(&[memory, passes, ("LATCHKEY_TRUSTED_PROXIES", "127.0.0.1")])
}

/// The median of calls one after the other.
fn milliseconds_of(client: &Client, path: &str, cookie: &str, time: Duration) -> Result<f64> {
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let start = Instant::now();
        let answer = client.get(path, cookie)?;
        ensure!(answer.status == 200, "{path} answers {}", answer.status);
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(times))
}

/// Does `work` while people try to log in as browsers and people would: who is told to come back in two seconds does so.
pub fn rage<T>(server: &Server, work: impl FnOnce() -> T) -> Result<T> {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    let is_over = AtomicBool::new(false);
    let try_again_and_again = |client: Client| {
        while !is_over.load(Ordering::Relaxed) {
            let number = TRIES.fetch_add(1, Ordering::Relaxed);
            let [_, a, b, c] = number.to_be_bytes();
            let (email, network) = (format!("nobody-{number}@example.com"), format!("10.{a}.{b}.{c}"));
            let fields = [("email", &*email), ("password", "not the right one")];
            let answer = client.post_form("/actions/log_in", &fields, &[("x-forwarded-for", &network)]);
            let pause = answer.ok().and_then(|answer| answer.retry_after).map_or(Duration::ZERO, Duration::from_secs);
            let start = Instant::now();
            while start.elapsed() < pause && !is_over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(20));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..PEOPLE {
            let client = server.client();
            scope.spawn(|| try_again_and_again(client));
        }
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        Ok(done)
    })
}
