//! The story of "this was not me": everything of the account ends, and a reset begins. Server side.
//!
//! It asks for no password: the owner may know none that counts any more. Whoever presses it is out as well, so a thief
//! gains nothing but a mail to the owner. Only where no mail can be sent, and the session that it comes from therefore
//! stays, a fresh proof of identity is needed, as for ending other devices.

use leptos::prelude::expect_context;
use serde_json::json;
use uuid::Uuid;

use super::NotMePage;
use crate::{
    activity::words::entry,
    audit::{
        self,
        event::{Actor, Event, Kind},
        store::Row,
    },
    config::Mailing,
    db::Tx,
    error::AppError,
    known_devices,
    mail::{
        self, Mail, To, link_cookie,
        links::{self, Link, Purpose},
    },
    revocations::EndReason,
    second_factor::{check, store as factor_store},
    sessions::{
        Receipt,
        end::{Ender, Ending, Target},
        guard::{self, LoggedIn, require_fresh},
    },
    state::AppState,
    users::{
        password::Passwords,
        store::{self as user_store, User},
    },
    web::{
        action::{self, caller, tell_next_page},
        cookies::{self, Name},
        page::Typed,
    },
};

/// `event`: what was not me, from the list of one's own; empty with a link from a mail.
pub async fn not_me(event: &str, link: Option<String>, password: Option<String>) -> Result<Receipt, AppError> {
    if event.is_empty() { with_link(link).await } else { in_session(event, password).await }
}

/// What the page says before anything happens.
///
/// # Errors
/// [`AppError::NotLoggedIn`] with neither session nor link, [`AppError::LinkDead`], [`AppError::NotFound`] for an event
/// that is not one's own.
pub async fn page(
    state: &AppState,
    someone: Option<LoggedIn>,
    event: &str,
    link: Option<String>,
) -> Result<NotMePage, AppError> {
    let (pool, now_ms) = (&state.db.pool, state.clock.now_ms());
    if let (true, Some(token)) = (event.is_empty(), link) {
        let Link { user_id, email } = links::find(pool, Purpose::NotMe, &token, now_ms).await?;
        let user = still_counts(user_store::find_by_id(pool, &user_id).await?)?;
        let goes_back = email != user.email;
        let (link, reset_to) = (Some(links::name_of(&token)), Some(masked(&email)));
        return Ok(NotMePage { entry: None, event: String::new(), link, reset_to, goes_back });
    }
    let LoggedIn { user, log_in, .. } = someone.ok_or(AppError::NotLoggedIn)?;
    let row = find_event(state, &user, event).await?;
    let before = address_before(state, &user, &row).await?;
    let reset_to = before.clone().or_else(|| mailbox(state, &user));
    Ok(NotMePage {
        entry: Some(entry(&row, &log_in.sid)),
        event: row.id,
        link: None,
        reset_to: reset_to.as_deref().map(masked),
        goes_back: before.is_some(),
    })
}

/// What is known of a denial before the transaction ends.
struct Denial {
    user: User,
    actor: Actor,
    /// The session that says so, and the event; both empty with a link from a mail.
    sid: String,
    event: String,
    /// The address before, which the account gets back.
    address_before: Option<String>,
    /// Takes the place of the one that somebody else may know, until the reset.
    unknown_hash: String,
}

async fn with_link(name: Option<String>) -> Result<Receipt, AppError> {
    let token = link_cookie::require(name.as_deref())?;
    let state = expect_context::<AppState>();
    let now_ms = state.clock.now_ms();
    let unknown_hash = expect_context::<Passwords>().unknown_to_all().await?;
    let mut tx = state.db.begin_write().await?;
    // The user's row first, as everywhere.
    let link = links::find(&mut *tx, Purpose::NotMe, &token, now_ms).await?;
    user_store::lock(&mut *tx, &link.user_id).await?;
    let Link { user_id, email } = links::use_up(&mut tx, Purpose::NotMe, &token, now_ms).await?;
    let user = still_counts(user_store::find_by_id(&mut *tx, &user_id).await?)?;
    link_cookie::forget();
    let address_before = (email != user.email).then_some(email);
    let denial =
        Denial { user, actor: Actor::Unknown, sid: String::new(), event: String::new(), address_before, unknown_hash };
    end_everything(tx, denial).await
}

/// No link changes a disabled account, where nothing is left to end. It is not used up: once the account is enabled again,
/// it works again.
fn still_counts(user: Option<User>) -> Result<User, AppError> {
    user.filter(|user| user.disabled_at.is_none()).ok_or(AppError::LinkDead)
}

async fn in_session(event: &str, password: Option<String>) -> Result<Receipt, AppError> {
    let LoggedIn { user, log_in, .. } = guard::find().ok_or(AppError::NotLoggedIn)?;
    let state = expect_context::<AppState>();
    let row = find_event(&state, &user, event).await?;
    let mut address_before = address_before(&state, &user, &row).await?;
    if address_before.is_none() && mailbox(&state, &user).is_none() {
        require_fresh(password).await?;
    }
    let unknown_hash = expect_context::<Passwords>().unknown_to_all().await?;
    let mut tx = state.db.begin_write().await?;
    user_store::lock(&mut *tx, &user.id).await?;
    let user = user_store::find_by_id(&mut *tx, &user.id).await?.ok_or(AppError::NotLoggedIn)?;
    address_before.take_if(|email| *email == user.email);
    let actor = Actor::User(user.id.clone());
    end_everything(tx, Denial { user, actor, sid: log_in.sid, event: row.id, address_before, unknown_hash }).await
}

async fn end_everything(mut tx: Tx, denial: Denial) -> Result<Receipt, AppError> {
    let ender = expect_context::<Ender>();
    let (state, caller) = (&ender.state, caller());
    let now_ms = state.clock.now_ms();
    let Denial { user, actor, sid, event, address_before, unknown_hash } = denial;
    let squatter = match &address_before {
        Some(email) => user_store::free_email(&mut tx, email, &user.id, now_ms).await?,
        None => None,
    };
    let reset_to = match address_before {
        Some(email) => take_back(&mut tx, &user, &email, now_ms).await?.then_some(email),
        None => mailbox(state, &user),
    };
    let goes_back = reset_to.as_ref().is_some_and(|email| *email != user.email);
    if goes_back {
        // A link that was sent to the thief's address would take the account away again.
        mail::store::kill_links(&mut *tx, &user.id, Purpose::NotMe, now_ms).await?;
    }
    if sid.is_empty() {
        take_away_new_factor(&mut tx, &user.id, now_ms).await?;
    }
    links::kill_all(&mut tx, &user.id, now_ms).await?;
    known_devices::forget_all(&mut tx, &user.id).await?;
    let mut denied = Event::new(Kind::NotMe, actor.clone(), &user.id).from_caller(&caller);
    denied.sid.clone_from(&sid);
    denied.details = json!({ "event": event });
    audit::store::insert(&mut *tx, &denied, now_ms).await?;
    mail::store::call_off_all(&mut *tx, &user.id, goes_back).await?;
    if let Some(email) = &reset_to {
        // Whoever knows the password could log in again, and kill the link that is on its way.
        user_store::set_password(&mut *tx, &user.id, &unknown_hash).await?;
        mail::store::queue(&mut *tx, To { email, user_id: &user.id }, &Mail::Reset, now_ms).await?;
    }
    // Who gets no link needs the session to choose a new password in. A link from a mail has no session to keep.
    let stays = reset_to.is_none() && !sid.is_empty();
    let target = if stays { Target::Others { user_id: &user.id, keep: &sid } } else { Target::User(&user.id) };
    let ending = Ending { actor, reason: EndReason::NotMe, words: String::new(), caller };
    let receipt = ender.end_with(tx, target, ending).await?;
    if let Some(id) = squatter {
        // Its sessions are refused already, since it is disabled; this stops its tokens.
        ender.end(Target::User(&id), Ending::by_system(EndReason::Disabled)).await?;
    }
    tell(&receipt, reset_to.as_deref(), stays, goes_back);
    if !stays && !sid.is_empty() {
        action::append_cookie(cookies::remove(&state.config, Name::Access));
    }
    Ok(receipt)
}

/// A second factor, or recovery codes, made since the oldest link of this kind could have been sent: somebody's who knew
/// the password, and they would lock the owner out. An older one stays: a mailbox alone must not remove it (ASVS 6.4.3).
async fn take_away_new_factor(tx: &mut Tx, user_id: &str, now_ms: i64) -> Result<(), AppError> {
    let since = now_ms - Purpose::NotMe.lifetime_ms();
    let on_since = factor_store::find(&mut **tx, user_id).await?.and_then(|row| row.confirmed_at);
    if on_since.is_some_and(|at| at >= since) {
        check::remove(tx, user_id).await?;
        let event = Event::new(Kind::SecondFactorOff, Actor::System, user_id);
        audit::store::insert(&mut **tx, &event, now_ms).await?;
    }
    Ok(factor_store::delete_codes_since(&mut **tx, user_id, since).await?)
}

/// Gives the account the address before; `false` when another one has it that has confirmed it.
async fn take_back(tx: &mut Tx, user: &User, email: &str, now_ms: i64) -> Result<bool, AppError> {
    if user_store::find_by_address(&mut **tx, email).await?.is_some_and(|owner| owner.id != user.id) {
        return Ok(false);
    }
    let taken_back = user_store::set_email(tx, user, email, now_ms).await?;
    if taken_back {
        let event = Event::new(Kind::EmailTakenBack, Actor::System, &user.id);
        audit::store::insert(&mut **tx, &event, now_ms).await?;
    }
    Ok(taken_back)
}

fn tell(receipt: &Receipt, reset_to: Option<&str>, stays: bool, goes_back: bool) {
    let count = receipt.sessions_ended.to_string();
    let mut words = Typed::new(&[("ended", &count)]);
    let mut add = |name: &str, text: String| words.0.insert(name.into(), text);
    if let Some(email) = reset_to {
        add("reset_to", masked(email));
    }
    if stays {
        add("stays", "yes".into());
    }
    if goes_back {
        add("goes_back", "yes".into());
    }
    tell_next_page(&words);
    leptos_axum::redirect("/not-me/done");
}

async fn find_event(state: &AppState, user: &User, id: &str) -> Result<Row, AppError> {
    let id = Uuid::parse_str(id).map_err(|_| AppError::NotFound)?;
    audit::store::find_of(&state.db.pool, &user.id, id).await?.ok_or(AppError::NotFound)
}

/// Who denies a change of address gets the one before back, as with the link in the mail that went there.
async fn address_before(state: &AppState, user: &User, denied: &Row) -> Result<Option<String>, AppError> {
    if denied.event != Kind::EmailChanged.as_text() {
        return Ok(None);
    }
    Ok(mail::store::address_before(&state.db.pool, &user.id, &user.email, state.clock.now_ms()).await?)
}

/// Where the user reads mail, as far as this server sends any.
fn mailbox(state: &AppState, user: &User) -> Option<String> {
    let reads_mail = user.verified_at.is_some() && state.config.mailing() != Mailing::Off;
    reads_mail.then(|| user.email.clone())
}

/// Enough for the owner: "a…@example.com".
fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    format!("{}…@{domain}", local.chars().next().unwrap_or_default())
}
