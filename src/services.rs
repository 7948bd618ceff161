//! Everything that a request may need, opened once at the start. Server side.

use axum::extract::FromRef;
use leptos::config::LeptosOptions;

use crate::{
    revocations::set::Revocations, sessions::end::Ender, signup::sign_up::SetupToken, state::AppState,
    tokens::keys::Keys, users::password::Passwords,
};

/// What the features need besides [`AppState`]; every request carries it.
#[derive(Clone)]
pub struct Services {
    pub state: AppState,
    pub passwords: Passwords,
    pub revocations: Revocations,
    pub ender: Ender,
    pub keys: Keys,
    pub setup: SetupToken,
    pub options: LeptosOptions,
}

impl FromRef<Services> for AppState {
    fn from_ref(services: &Services) -> Self {
        services.state.clone()
    }
}

impl FromRef<Services> for LeptosOptions {
    fn from_ref(services: &Services) -> Self {
        services.options.clone()
    }
}
