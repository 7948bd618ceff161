//! Lines of the log on their way out. Requests put them down; a thread of its own writes all that have come in a moment at
//! once. To hand over each by itself, and wake the thread for it, costs more than to format it. Server side.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{lock::lock, state::Stopwatch};

/// Beyond it lines are dropped and counted: whoever reads the log does not keep up.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Kept from one moment to the next, in bytes.
const ROOM: usize = 64 * 1024;
/// What a line waits for others, at most.
const MOMENT: Duration = Duration::from_millis(5);

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    /// Since the start.
    dropped: u64,
    is_over: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    has_some: Condvar,
}

/// Where lines are put down. Cheap to clone.
#[derive(Clone, Default)]
pub struct Lines(Arc<Shared>);

impl Lines {
    pub fn dropped(&self) -> u64 {
        lock(&self.0.waiting).dropped
    }

    /// Starts the thread that writes them to `out`.
    pub fn written_to(&self, out: impl Write + Send + 'static) -> Writer {
        let lines = self.clone();
        let thread = thread::spawn(move || lines.write_all_to(out));
        Writer { lines: self.clone(), thread }
    }

    fn write_all_to(&self, mut out: impl Write) {
        let mut text = Vec::new();
        loop {
            let waiting = lock(&self.0.waiting);
            let is_idle = |waiting: &mut Waiting| waiting.text.is_empty() && !waiting.is_over;
            drop(self.0.has_some.wait_while(waiting, is_idle));
            thread::sleep(MOMENT);
            let mut waiting = lock(&self.0.waiting);
            mem::swap(&mut waiting.text, &mut text);
            let is_over = waiting.is_over;
            drop(waiting);
            // No one is left who could be told.
            let _ = out.write_all(&text).and_then(|()| out.flush());
            text.clear();
            text.shrink_to(ROOM);
            if is_over {
                return;
            }
        }
    }
}

/// A line comes whole: what comes in two parts may have another between.
impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = lock(&self.0.waiting);
        if waiting.text.len() + line.len() > WAITING_BYTES_MAX {
            waiting.dropped += 1;
            return Ok(line.len());
        }
        let is_first = waiting.text.is_empty();
        waiting.text.extend_from_slice(line);
        drop(waiting);
        if is_first {
            self.0.has_some.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How long the end waits for whoever reads the log.
const PATIENCE: Duration = Duration::from_secs(2);

/// The thread. Dropped, it writes what is left, and ends; where no one reads that, the program ends without it.
pub struct Writer {
    lines: Lines,
    thread: JoinHandle<()>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.lines.0.waiting).is_over = true;
        self.lines.0.has_some.notify_one();
        let watch = Stopwatch::start();
        while !self.thread.is_finished() && watch.elapsed() < PATIENCE {
            thread::sleep(MOMENT);
        }
    }
}
