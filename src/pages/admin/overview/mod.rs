//! The overview: how many people and sessions there are, what happened day by day, and whether all goes well. Server side.

pub mod census;
pub mod first_steps;
pub mod instances;
pub mod load;
pub mod page;
pub mod store;
pub mod tiles;

use sqlx_macros::FromRow;

use crate::{base::metrics::Spread, pages::admin::phrase::Phrase};

/// So many days are shown, today included.
pub const DAYS: i64 = 30;

/// A mail that has waited for so long does not get through.
pub const MAIL_LATE_MS: i64 = 15 * 60_000;

/// A key that has signed for longer is due for a rotation: about once a quarter.
pub const KEY_OLD_MS: i64 = 100 * 24 * 3_600_000;

#[derive(Clone, Copy, Debug, FromRow)]
pub struct Counted {
    pub live_sessions: i64,
    /// Accounts that were not deleted.
    pub people: i64,
    /// Of them, with a confirmed address.
    pub confirmed: i64,
    pub disabled: i64,
    pub with_second_factor: i64,
    /// How old the counts are, in milliseconds; zero where they were made for this page.
    #[sqlx(skip)]
    pub age_ms: i64,
}

/// A process that serves, as its row tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub name: String,
    pub started_at: i64,
    /// Since its feed last read the database, in milliseconds.
    pub silent_ms: i64,
    /// It has not written its row for so long that no force logout waits for it.
    pub gone: bool,
    /// How many revocations it has not heard of; `None`: it knows numbers that the database has never given out.
    pub behind: Option<i64>,
    /// Revocations of other processes, from the writing until this one refused.
    pub heard: Spread,
    /// Its own.
    pub made: Spread,
}

/// A figure, what belongs to it, and what is not as it should be. Its name leads to where one can act, if that is a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    pub name: Phrase,
    pub figure: String,
    pub more: Vec<Phrase>,
    pub warning: Option<String>,
}

/// What [`PutAwayFirstSteps`](super::actions::PutAwayFirstSteps) is told.
pub const LAB: &str = "lab";
pub const ALL: &str = "all";
