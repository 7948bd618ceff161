//! The stories of administration. Who may tell them is the first argument. Server side.

use leptos::prelude::expect_context;

use super::{UserDetails, UserList, UserRow};
use crate::{
    audit::event::Actor,
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
        Typed,
        action::{caller, tell_next_page},
    },
};

/// People on one page of the list.
const PAGE_ROWS: usize = 25;

const REASON_MAX_CHARS: usize = 300;

pub async fn find_users(_admin: Administrator, words: &str, after: &str) -> Result<UserList, AppError> {
    let state = expect_context::<AppState>();
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(i64::MAX) + 1;
    let mut users = store::search(&state.db.pool, words, after, limit).await?;
    let more = users.len() > PAGE_ROWS;
    users.truncate(PAGE_ROWS);
    let after = users.last().filter(|_| more).map(|user| user.id.clone());
    Ok(UserList { users: users.into_iter().map(UserRow::from).collect(), after })
}

pub async fn user_details(Administrator(admin): Administrator, id: &str) -> Result<UserDetails, AppError> {
    let state = expect_context::<AppState>();
    let user = store::find_by_id(&state.db.pool, id).await?.ok_or(AppError::NotFound)?;
    let live = sessions::store::live_of(&state.db.pool, id, state.clock.now_ms()).await?;
    Ok(UserDetails {
        is_self: user.id == admin.user.id,
        user: user.into(),
        sessions: live.into_iter().map(sessions::store::Row::into_live).collect(),
    })
}

pub async fn force_log_out(
    Administrator(admin): Administrator,
    user_id: &str,
    sid: Option<&str>,
    reason: &str,
) -> Result<Receipt, AppError> {
    let reason = parse_reason(reason)?;
    let state = expect_context::<AppState>();
    let user = store::find_by_id(&state.db.pool, user_id).await?.ok_or(AppError::NotFound)?;
    let ending =
        Ending { actor: Actor::User(admin.user.id), reason: EndReason::ByAdmin, words: reason, ip: caller().ip };
    let target = match sid.filter(|sid| !sid.is_empty()) {
        Some(sid) => Target::Session(live_sid(&state, &user, sid).await?),
        None => Target::User(&user.id),
    };
    let receipt = expect_context::<Ender>().end(target, ending).await?;
    tell_next_page(&as_typed(&receipt));
    Ok(receipt)
}

/// The sid, if it is a live session of this user and not of another.
async fn live_sid<'a>(state: &AppState, user: &User, sid: &'a str) -> Result<&'a str, AppError> {
    let live = sessions::store::live_of(&state.db.pool, &user.id, state.clock.now_ms()).await?;
    live.iter().any(|row| row.sid == sid).then_some(sid).ok_or(AppError::NotFound)
}

/// # Errors
/// What to tell the administrator.
pub fn parse_reason(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Invalid::ReasonMissing),
        count if count > REASON_MAX_CHARS => Err(Invalid::ReasonTooLong),
        _ => Ok(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()),
    }
}

/// The receipt for the page that a browser without JavaScript comes back to.
fn as_typed(receipt: &Receipt) -> Typed {
    serde_json::to_string(receipt).map(|text| Typed::new(&[("receipt", &text)])).unwrap_or_default()
}

impl From<User> for UserRow {
    fn from(user: User) -> Self {
        let role = user.role();
        let User { id, email, name, disabled_at, created_at, .. } = user;
        Self { id, email, name, role, disabled: disabled_at.is_some(), created_at }
    }
}
