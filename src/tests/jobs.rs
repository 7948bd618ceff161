//! The loop of all work on a schedule.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::FutureExt;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::{app::HANG, logs::Lines};
use crate::base::{jobs, jobs::Job};

const SOON: Duration = Duration::from_millis(1);

struct Work {
    rounds: AtomicUsize,
    failing: usize,
    /// Hears the number of each round.
    done: UnboundedSender<usize>,
}

impl Work {
    async fn round(&self) -> Result<(), &'static str> {
        let number = self.rounds.fetch_add(1, Ordering::SeqCst) + 1;
        let _ = self.done.send(number);
        if number <= self.failing { Err("no database") } else { Ok(()) }
    }
}

/// A job whose first rounds fail.
fn failing(failing: usize, job: Job) -> (JoinHandle<()>, UnboundedReceiver<usize>) {
    let (done, heard) = unbounded_channel();
    let work = Work { rounds: AtomicUsize::new(0), failing, done };
    (job.start(work, |work| work.round().boxed()), heard)
}

async fn next(heard: &mut UnboundedReceiver<usize>) -> Option<usize> {
    tokio::time::timeout(HANG, heard.recv()).await.expect("a round or the end")
}

#[tokio::test]
async fn a_job_goes_on_after_a_failure_and_an_outage_is_logged_when_it_begins_and_when_it_ends() {
    let lines = Lines::default();
    let _listening = lines.listen("text", "info");
    let (task, mut heard) = failing(3, Job::every(SOON, "sealing"));
    for number in 1..=5 {
        assert_eq!(next(&mut heard).await, Some(number));
    }
    jobs::stop([task]).await;
    let log = lines.text();
    let found: Vec<&str> = log.lines().filter(|line| line.contains("job{what=sealing}")).collect();
    let [begins, ends] = found[..] else { panic!("two lines: {log}") };
    assert!(begins.contains("ERROR") && begins.contains("a job failed") && begins.contains("no database"), "{log}");
    assert!(ends.contains("the job works again"), "{log}");
}

#[tokio::test]
async fn a_log_of_errors_alone_names_the_job_that_failed() {
    let lines = Lines::default();
    let _listening = lines.listen("json", "error");
    let (task, mut heard) = failing(usize::MAX, Job::every(SOON, "sealing"));
    assert_eq!((next(&mut heard).await, next(&mut heard).await), (Some(1), Some(2)));
    jobs::stop([task]).await;
    let line: serde_json::Value = serde_json::from_str(lines.text().trim()).expect("one line of JSON");
    assert_eq!(line["span"]["what"], "sealing", "{line}");
}

#[tokio::test]
async fn a_job_that_was_stopped_does_no_more_rounds() {
    let (task, mut heard) = failing(0, Job::every(SOON, "sealing"));
    assert_eq!(next(&mut heard).await, Some(1));
    let (never, mut silent) = failing(0, Job::every(SOON, "retention").first_after(HANG));
    jobs::stop([task, never]).await;
    // With the last round gone nobody is there who could send.
    while next(&mut heard).await.is_some() {}
    assert_eq!(next(&mut silent).await, None, "the first round was not due");
}
