//! Finds what the pages about one person show. Server side; reads only.

use leptos::prelude::*;
use serde::Deserialize;
use sqlx::AnyConnection;
use strum::VariantArray;

use super::{
    Act, ActPage, Before, Person, REASON_MAX_CHARS, act_page, audit_log,
    by::{has_no_password, missing, who_did},
    person::Undo,
    store, stories,
    user_page::UserPage,
};
use crate::{
    audit::log,
    auth::{
        second_factor, sessions,
        sessions::guard::{Administrator, Overseer},
        users,
        users::{Role, store::User},
    },
    base::{config::Mailing, error::AppError},
    pages::request::{Found, PageRequest, shows},
    web::page::Held,
};

/// What may stand in the address of an act.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The one session that is to end.
    sid: String,
    /// The event that the act undoes.
    undo: String,
}

/// One person, what is live of them, and what happened lately.
pub async fn user(page: &PageRequest) -> Result<Found, AppError> {
    let Overseer(reader) = page.overseer().await?;
    let (state, id) = (&page.app.state, page.id());
    // One connection, and one state of things; what happened is read after it.
    let mut tx = state.db.pool.begin().await?;
    let person = person(&mut tx, id).await?;
    let sessions = sessions::store::live_of(&mut *tx, id, state.clock.now_ms()).await?;
    drop(tx);
    let happened = audit_log::load::newest_of(state, id).await?;
    let is_self = id == reader.user.id;
    shows(move || view! { <UserPage person sessions happened is_self /> })
}

/// What an act would do, before it is done.
pub async fn act(page: &PageRequest) -> Result<Found, AppError> {
    let Administrator(reader) = page.administrator()?;
    let (state, id, asked) = (&page.app.state, page.id_above(), page.asked::<Asked>());
    let act: Act = page.id().parse().map_err(|_| AppError::NotFound)?;
    let mut tx = state.db.pool.begin().await?;
    let person = person(&mut tx, id).await?;
    let sessions = sessions::store::live_of(&mut *tx, id, state.clock.now_ms()).await?;
    let only = sessions.iter().find(|session| session.sid == asked.sid).cloned();
    if act == Act::LogOut && only.is_none() && !asked.sid.is_empty() {
        sessions::store::find_by_sid(&mut *tx, &asked.sid)
            .await?
            .filter(|row| row.log_in.user_id == id)
            .ok_or(AppError::NotFound)?;
        // It has ended meanwhile: the form must not end everything instead.
        return Err(AppError::SessionOver);
    }
    let is_last = person.user.role() == Role::Admin && !users::store::another_admin_remains(&mut *tx, id).await?;
    let page = ActPage {
        act,
        is_self: id == reader.user.id,
        is_last,
        sends_mail: state.config.mailing() != Mailing::Off,
        undo: undo(&mut tx, id, &asked.undo).await?,
        person,
        sessions,
        only,
    };
    shows(move || view! { <act_page::ActPage page /> })
}

/// What the act on an account that waits at `/confirm` will do, for the administrator who has sent it: whoever is logged
/// out by now learns no name.
pub async fn waiting(page: &PageRequest) -> Result<Option<String>, AppError> {
    let admin = page.someone.clone().and_then(|someone| Administrator::check(someone).ok());
    let (Some(_), Some(held)) = (admin, page.parts.extensions.get::<Held>()) else { return Ok(None) };
    let act = Act::VARIANTS.iter().find(|act| act.action() == held.act);
    let (Some(act), Some(id)) = (act, held.said("user")) else { return Ok(None) };
    let user = users::store::find_by_id(&page.app.state.db.pool, id).await?;
    Ok(user.map(|user| act.waiting(&user.name, held)))
}

async fn person(tx: &mut AnyConnection, id: &str) -> Result<Person, AppError> {
    let Some(user) = users::store::find_by_id(&mut *tx, id).await? else { return Err(missing(tx, id).await?) };
    Ok(Person {
        last_seen_at: store::last_seen(&mut *tx, id).await?,
        disabled: match user.disabled_at {
            Some(since) => Some(who_disabled(tx, &user, since).await?),
            None => None,
        },
        no_password: has_no_password(tx, id).await?,
        factor_since: second_factor::store::find(&mut *tx, id).await?.and_then(|row| row.confirmed_at),
        user,
    })
}

/// An account whose address gave way was disabled by no one.
async fn who_disabled(tx: &mut AnyConnection, user: &User, since: i64) -> Result<Before, AppError> {
    let before = who_did(tx, &user.id, stories::OF_STATE).await?;
    let before = before.filter(|before| before.at >= since && !user.gave_way());
    Ok(before.unwrap_or(Before { by: "Latchkey".into(), at: since, reason: String::new() }))
}

/// What the act is to undo; nothing where there is no such event.
async fn undo(tx: &mut AnyConnection, id: &str, event: &str) -> Result<Option<Undo>, AppError> {
    let Ok(event) = uuid::Uuid::parse_str(event) else { return Ok(None) };
    let Some(row) = log::store::find_of(&mut *tx, id, event).await? else { return Ok(None) };
    let reason = format!("undo: {}", row.reason).chars().take(REASON_MAX_CHARS).collect();
    let role = row.details()["from"].as_str().and_then(|role| role.parse().ok());
    Ok(Some(Undo { event: row.id, reason, role }))
}
