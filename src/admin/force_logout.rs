//! The story of a force-logout. Who may tell it is the first argument. Server side.

use leptos::prelude::expect_context;

use super::REASON_MAX_CHARS;
use crate::{
    error::{AppError, Invalid},
    revocations::EndReason,
    sessions::{
        self, Receipt,
        end::{Ender, Ending, Target},
        guard::Administrator,
    },
    state::AppState,
    users::store::{self, User},
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

pub async fn force_log_out(
    Administrator(admin): Administrator,
    user_id: &str,
    sid: &str,
    reason: &str,
) -> Result<Receipt, AppError> {
    let reason = parse_reason(reason)?;
    let state = expect_context::<AppState>();
    let user = store::find_by_id(&state.db.pool, user_id).await?.ok_or(AppError::NotFound)?;
    let ending = Ending { words: reason, ..Ending::by_user(&admin.user.id, EndReason::ByAdmin, caller()) };
    let target = match sid {
        "" => Target::User(&user.id),
        sid => Target::Session(live_sid(&state, &user, sid).await?),
    };
    let receipt = expect_context::<Ender>().end_everywhere(target, ending).await?;
    // In words: a list of instances has no end, and a cookie has.
    let kind = if receipt.is_confirmed() { "success" } else { "warning" };
    tell_next_page(&Typed::new(&[("receipt", &receipt.words()), ("kind", kind)]));
    // With JavaScript and without, the page is loaded anew: what it lists has changed.
    leptos_axum::redirect(&format!("/admin/users/{}", user.id));
    Ok(receipt)
}

/// The sid, if it is a live session of this user and not of another.
async fn live_sid<'a>(state: &AppState, user: &User, sid: &'a str) -> Result<&'a str, AppError> {
    let live = sessions::store::live_of(&state.db.pool, &user.id, state.clock.now_ms()).await?;
    live.iter().any(|row| row.log_in.sid == sid).then_some(sid).ok_or(AppError::NotFound)
}

/// # Errors
/// What to tell the administrator.
pub fn parse_reason(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Invalid::ReasonMissing),
        count if count > usize::from(REASON_MAX_CHARS) => Err(Invalid::ReasonTooLong),
        _ => Ok(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()),
    }
}
