//! What a request costs here: the ways of finding out who calls, measured on this server.

pub mod chart;
pub mod measure;
pub mod page;
pub mod words;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::ui::chart::float;

/// Under this name the visit keeps the newest result.
pub const NAME: &str = "cost";

pub const ROUNDS: [u32; 3] = [100, 500, 1_000];

/// How a request is authenticated, in the order of the page. Its text is the address of its route among the probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[strum(const_into_str, prefix = "/", serialize_all = "snake_case")]
pub enum Way {
    Nothing,
    Plain,
    Warm,
    Session,
    Cold,
}

impl Way {
    pub fn title(self) -> &'static str {
        match self {
            Self::Nothing => "No authentication",
            Self::Session => "Session lookup",
            Self::Plain => "Plain JWT",
            Self::Warm => "JWT, warm",
            Self::Cold => "JWT, cold",
        }
    }

    pub fn told(self) -> &'static str {
        match self {
            Self::Nothing => "All middleware and an empty handler: the baseline.",
            Self::Session => {
                "Reads the session and its user from the database. Outside the Lab this server caches them for up to a minute, \
                 unless caching is off or the user is an administrator or auditor."
            }
            Self::Plain => {
                "Checks signature, issuer, audience and times with a key in memory. Revocation isn't checked."
            }
            Self::Warm => {
                "A token that was verified before: checks its key, its times and revocation, all in memory, as the API does here."
            }
            Self::Cold => {
                "An instance with nothing in memory: reads keys and revocations, then checks the signature and revocation."
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    pub at_ms: i64,
    /// Requests each way: asked for, and made before the time was up.
    pub asked: u32,
    pub rounds: u32,
    pub database: String,
    /// A build for development, whose figures are not those of production.
    pub debug: bool,
    pub algorithm: String,
    pub ways: Vec<Spread>,
    pub signatures: u32,
    pub signing: Vec<Signing>,
}

impl Measured {
    pub fn middle(&self, way: Way) -> Option<u64> {
        self.ways.iter().find(|spread| spread.way == way).map(|spread| spread.p50_ns)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    pub way: Way,
    pub p50_ns: u64,
    pub p95_ns: u64,
    pub p99_ns: u64,
    /// Requests by [`step`].
    pub counts: Vec<u32>,
}

/// What an algorithm costs: the middle of all signatures and verifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    pub algorithm: String,
    pub sign_ns: u64,
    pub verify_ns: u64,
    pub bytes: usize,
}

/// Steps of the distribution: ten for each power of ten, from a microsecond to ten seconds.
pub const STEPS: u8 = 70;

pub fn step_ns(step: u8) -> f64 {
    1_000.0 * 10_f64.powf(f64::from(step) / 10.0)
}

pub fn step(ns: u64) -> usize {
    (1..STEPS).take_while(|step| step_ns(*step) <= float(ns)).count()
}
