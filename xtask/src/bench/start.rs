//! Row `start`: from nothing to the first answer, with the database there.

use anyhow::Result;

use super::{
    Bench, Row,
    rounds::median,
    server::Home,
    table::{Aim, Line},
};

const TIMES: usize = 11;

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("start: {TIMES} times");
    let home = Home::new(&[])?;
    // Makes the database.
    home.serve(&bench.latchkey)?.stop()?;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let server = home.serve(&bench.latchkey)?;
        times.push(server.took.as_secs_f64() * 1000.0);
        server.stop()?;
    }
    let ms = median(times);
    let line = Line::new(Row::Start, "start to the first good answer of /readyz, SQLite");
    Ok(vec![line.figure(ms, "ms").aim(Aim::at_most(150.0, ms, "ms"))])
}
