//! What the stories work with. Server side.

use crate::{
    mail::mailer::Mailer,
    sealed::SecretKey,
    sessions::end::Ender,
    state::AppState,
    throttle::Throttle,
    users::{password::Passwords, questions::Questions},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub state: AppState,
    pub secret: SecretKey,
    pub passwords: Passwords,
    pub questions: Questions,
    pub throttle: Throttle,
    pub ender: Ender,
    pub mailer: Mailer,
}

impl App {
    pub fn now_ms(&self) -> i64 {
        self.state.clock.now_ms()
    }
}
