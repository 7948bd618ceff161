//! Who waits for a hash: a line for each network, and the lines take turns, so that no one waits behind a flood that comes
//! from somewhere else. Server side.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::sync::oneshot;

use crate::base::{error::AppError, lock::lock};

/// So many of one network may wait: about a second of work at 30 ms each on two cores.
pub const WAITING_OF_NETWORK_MAX: usize = 64;

/// So many may wait in all, or people would go away before it is their turn.
const WAITING_MAX: usize = 256;

/// Cheap to clone.
#[derive(Clone)]
pub struct Queue(Arc<Mutex<State>>);

struct State {
    /// Turns that no one has.
    free: usize,
    /// The line whose turn is next comes first. None is empty.
    lines: VecDeque<Line>,
}

struct Line {
    network: String,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// The right to hash now; passed on when it is dropped.
pub struct Turn(Option<Queue>);

impl Queue {
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: at_once, lines: VecDeque::new() })))
    }

    /// Waits for a turn in the line of this network.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already.
    pub async fn turn(&self, network: String) -> Result<Turn, AppError> {
        let turn = {
            let mut state = lock(&self.0);
            if state.free > 0 {
                state.free -= 1;
                return Ok(Turn(Some(self.clone())));
            }
            state.join(network)?
        };
        turn.await.map_err(|_| AppError::Busy)
    }

    /// How many turns no one has, and how many callers wait for one.
    pub fn free_and_waiting(&self) -> (usize, usize) {
        let state = lock(&self.0);
        let waiting = state.lines.iter().flat_map(|line| &line.waiting).filter(|one| !one.is_closed()).count();
        (state.free, waiting)
    }

    fn pass_on(self) {
        let mut turn = Turn(Some(self.clone()));
        let mut state = lock(&self.0);
        while let Some(next) = state.next() {
            match next.send(turn) {
                Ok(()) => return,
                // Whoever waited has gone away.
                Err(refused) => turn = refused,
            }
        }
        // No one has it any more, so no one passes it on.
        turn.0 = None;
        state.free += 1;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.pass_on();
        }
    }
}

impl State {
    fn join(&mut self, network: String) -> Result<oneshot::Receiver<Turn>, AppError> {
        for line in &mut self.lines {
            line.waiting.retain(|one| !one.is_closed());
        }
        self.lines.retain(|line| !line.waiting.is_empty());
        let in_all: usize = self.lines.iter().map(|line| line.waiting.len()).sum();
        let of_network = self.lines.iter().find(|line| line.network == network).map_or(0, |line| line.waiting.len());
        if of_network >= WAITING_OF_NETWORK_MAX || in_all >= WAITING_MAX && !self.make_room(of_network) {
            tracing::warn!(in_all, of_network, "password hashing is full; a caller was sent away");
            return Err(AppError::Busy);
        }
        let (give, take) = oneshot::channel();
        match self.lines.iter_mut().find(|line| line.network == network) {
            Some(line) => line.waiting.push_back(give),
            None => self.lines.push_back(Line { network, waiting: VecDeque::from([give]) }),
        }
        Ok(take)
    }

    /// Sends the newest of the longest line away, for one whose line is shorter: a few networks cannot fill the queue of
    /// all.
    fn make_room(&mut self, of_network: usize) -> bool {
        let longest = self.lines.iter_mut().max_by_key(|line| line.waiting.len());
        longest.filter(|line| line.waiting.len() > of_network + 1).and_then(|line| line.waiting.pop_back()).is_some()
    }

    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let mut line = self.lines.pop_front()?;
        let next = line.waiting.pop_front();
        if !line.waiting.is_empty() {
            self.lines.push_back(line);
        }
        next
    }
}
