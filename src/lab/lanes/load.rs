//! What section 3 shows. Server side.

use super::{LanesPage, probe::Lanes, run::Run, told::Told};
use crate::{
    base::{db::Kind, error::AppError},
    lab::{
        code::files::{Cite, cite},
        visit::Visit,
        world::Lab,
    },
};

pub const CITES: [Cite; 7] = [
    cite("auth/sessions/terminate.rs", "terminate_with"),
    cite("auth/revocations/set.rs", "is_dead"),
    cite("web/token/bearer.rs", "from_request_parts"),
    cite("auth/tokens/verify.rs", "verify"),
    cite("lab/lanes/run.rs", "end"),
    cite("tests/revocation.rs", "a_token_from_before_a_force_logout_is_refused_by_the_very_next_call"),
    cite("tests/revocation.rs", "an_api_call_is_authenticated_without_the_database"),
];

pub async fn load(lab: &Lab, visit: Option<&Visit>) -> Result<LanesPage, AppError> {
    let links = CITES.iter().map(Cite::link).collect();
    let run = match visit {
        Some(visit) => Run::of(lab, visit).await?,
        None => None,
    };
    let none = LanesPage { told: None, one_writer: lab.state.db.kind == Kind::Sqlite, links };
    let Some(run) = run else { return Ok(none) };
    let Ok(lanes) = Lanes::of(lab, run.browser(lab)) else { return Ok(none) };
    let (seen, now_ms) = (lanes.look(lab).await, lab.state.clock.now_ms());
    let told = Told { run: &run, seen, found: [None; 3], now_ms };
    Ok(LanesPage { told: Some(told.text()), ..none })
}
