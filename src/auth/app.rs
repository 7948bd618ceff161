//! What the stories work with. Server side.

use super::{sessions::terminate::Terminator, throttle::Throttle};
use crate::{
    base::{mailer::Mailer, sealed::SecretKey, state::AppState},
    passwords::{hash::Passwords, questions::Questions},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub state: AppState,
    pub secret: SecretKey,
    pub passwords: Passwords,
    pub questions: Questions,
    pub throttle: Throttle,
    pub terminator: Terminator,
    pub mailer: Mailer,
}

impl App {
    pub fn now_ms(&self) -> i64 {
        self.state.clock.now_ms()
    }
}
