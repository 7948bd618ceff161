//! Numbered progress on stderr, with the time that each step took.

use std::time::{Duration, Instant};

use anyhow::Result;

pub struct Steps {
    current: usize,
    total: usize,
}

impl Steps {
    pub fn new(total: usize) -> Self {
        Self { current: 0, total }
    }

    /// A step that prints nothing of its own: one line.
    pub fn quiet<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprint!("{} ... ", self.next(name));
        report(work)
    }

    /// A step during which other programs print: a line above their output and one below.
    pub fn loud<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let title = self.next(name);
        eprintln!("{title}");
        report(|| {
            let result = work();
            eprint!("{title} ... ");
            result
        })
    }

    fn next(&mut self, name: &str) -> String {
        self.current += 1;
        format!("[{}/{}] {name}", self.current, self.total)
    }
}

fn report<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let result = work();
    let word = if result.is_ok() { "ok" } else { "failed" };
    eprintln!("{word} {}", seconds(start.elapsed()));
    result
}

pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
