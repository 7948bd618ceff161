//! What the pages of one's own account show. Server side; reads only.

use super::{Devices, EmailChange, Profile};
use crate::{
    config::Mailing,
    error::AppError,
    sessions::{
        LiveSession,
        guard::LoggedIn,
        store::{self, Row},
    },
    state::AppState,
};

/// # Errors
/// When the database cannot be read.
pub async fn devices(state: &AppState, someone: &LoggedIn) -> Result<Devices, AppError> {
    let live = store::live_of(&state.db.pool, &someone.user.id, state.clock.now_ms()).await?;
    let (here, elsewhere): (Vec<LiveSession>, Vec<LiveSession>) =
        live.into_iter().map(Row::into_live).partition(|session| session.sid == someone.log_in.sid);
    Ok(Devices { here: here.into_iter().next(), elsewhere, limit: state.config.sessions_per_user })
}

pub fn profile(someone: &LoggedIn) -> Profile {
    let user = &someone.user;
    Profile { name: user.name.clone(), email: user.email.clone(), confirmed: user.verified_at.is_some() }
}

/// An address that waits to be confirmed is not shown: a link waits only where no other account has it, and so it would
/// tell who has one.
pub fn email(state: &AppState, someone: &LoggedIn) -> EmailChange {
    EmailChange { email: someone.user.email.clone(), sends_mail: state.config.mailing() != Mailing::Off }
}
