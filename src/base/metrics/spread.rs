//! How long the newest revocations took. Server side.

use std::collections::VecDeque;

use crate::base::number::percentiles;

/// How long the newest revocations took, exactly: a histogram has buckets, and cannot be read back.
#[derive(Default)]
pub struct Arrivals {
    /// All since the start.
    count: i64,
    /// Milliseconds of the last [`NEWEST`].
    newest: VecDeque<i64>,
}

/// So many make a p99 that one late row does not decide alone.
const NEWEST: usize = 1_000;

/// How long revocations took to arrive, of the newest thousand. Milliseconds; zero where there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// All since the start.
    pub count: i64,
    pub p50_ms: i64,
    pub p99_ms: i64,
}

impl Arrivals {
    pub fn add(&mut self, milliseconds: i64) {
        self.count += 1;
        if self.newest.len() == NEWEST {
            self.newest.pop_front();
        }
        self.newest.push_back(milliseconds);
    }

    pub fn spread(&self) -> Spread {
        let [p50_ms, p99_ms] = percentiles(self.newest.iter().copied().collect(), [50, 99]);
        Spread { count: self.count, p50_ms, p99_ms }
    }
}
