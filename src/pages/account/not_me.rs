//! The story of "this was not me": everything of the account ends, and a reset begins. Server side.
//!
//! It needs no password: the owner may know none that counts any more. What it undoes beyond that depends on what
//! whoever presses it has shown to have. A copied cookie throws out itself, too, and gains nothing but a mail to the
//! owner.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::{NoLink, store as account_store};
use crate::{
    audit::{log, log::store::EventRow},
    auth::{
        app::App,
        cause::Cause,
        event,
        event::{Actor, Event, Kind},
        known_devices, links,
        links::{Link, Purpose},
        outbox,
        outbox::{Mail, To},
        revocations::EndReason,
        second_factor::removal,
        sessions::{Receipt, guard::LoggedIn, store::Target},
        users::{store as user_store, store::User},
        visit::Visit,
    },
    base::{
        config::Mailing,
        db::{Tx, again},
        email::masked,
        error::AppError,
        state::AppState,
    },
    passwords::hash::blocked,
};

/// What whoever denies something has shown to have. It decides what they may undo: see docs/SECURITY.md.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// That they read the mail of an address, by a link that was sent there.
    Mailbox,
    /// A session, and the password lately.
    Proof,
    /// A session, which may be a copied cookie: it throws everyone out, itself too, and changes nothing for good.
    Session,
}

/// What a denial has brought about.
pub struct Denied {
    pub receipt: Receipt,
    /// Where the link to a new password went, masked, or why none was sent.
    pub reset_to: Result<String, NoLink>,
    /// The session that said so goes on.
    pub stays: bool,
    /// The account has the address before again.
    pub goes_back: bool,
    /// When the second factor goes; milliseconds since the epoch.
    pub factor_goes: Option<i64>,
    /// The password still opens the account.
    pub password_works: bool,
}

/// What is known of a denial before the transaction ends.
struct Denial {
    user: User,
    actor: Actor,
    shown: Shown,
    /// The session that says so, and the event; both empty with a link from a mail.
    sid: String,
    event: String,
    /// The address before, which the account gets back.
    address_before: Option<String>,
}

/// With a link from a mail.
///
/// # Errors
/// [`AppError::LinkDead`], [`AppError::TooManyTries`].
pub async fn with_link(app: &App, visit: &Visit, token: &str) -> Result<Denied, AppError> {
    let (state, now_ms) = (&app.state, app.now_ms());
    let tried = app.throttle.admit_link(&visit.caller.ip).await?;
    let link = tried.keep_if_dead(links::find(&state.db.pool, Purpose::NotMe, token, now_ms).await).await?;
    again(|| use_link(app, visit, &link.user_id, token)).await
}

async fn use_link(app: &App, visit: &Visit, user_id: &str, token: &str) -> Result<Denied, AppError> {
    let (state, now_ms) = (&app.state, app.now_ms());
    let mut tx = state.db.begin_write().await?;
    // The user's row first, as everywhere.
    user_store::lock(&mut *tx, user_id).await?;
    let Link { user_id, email } = links::use_up(&mut tx, Purpose::NotMe, token, now_ms).await?;
    let user = still_counts(user_store::find_by_id(&mut *tx, &user_id).await?)?;
    let address_before = (email != user.email).then_some(email);
    let (actor, shown) = (Actor::Unknown, Shown::Mailbox);
    let denial = Denial { user, actor, shown, sid: String::new(), event: String::new(), address_before };
    end_everything(tx, app, visit, denial).await
}

/// No link changes a disabled account, where nothing is left to end. It is not used up: once the account is enabled again,
/// it works again.
pub(super) fn still_counts(user: Option<User>) -> Result<User, AppError> {
    user.filter(|user| user.disabled_at.is_none()).ok_or(AppError::LinkDead)
}

/// Without a mailbox this session stays, and so needs a proof, as for ending other devices.
pub fn needs_proof(app: &App, visit: &Visit) -> Result<bool, AppError> {
    Ok(mailbox(&app.state, &visit.user()?.user).is_none())
}

/// From the list of what happened: `event` was not them.
///
/// # Errors
/// [`AppError::NotFound`] for an event that is not one's own; [`AppError::NotLoggedIn`] when the session has ended meanwhile.
pub async fn in_session(app: &App, visit: &Visit, someone: &LoggedIn, event: &str) -> Result<Denied, AppError> {
    let state = &app.state;
    let row = find_event(state, &someone.user, event).await?;
    let shown = if someone.is_fresh(state) { Shown::Proof } else { Shown::Session };
    let mut address_before = match shown {
        Shown::Session => None,
        Shown::Mailbox | Shown::Proof => address_before(state, &someone.user, &row).await?,
    };
    let mut tx = state.db.begin_write().await?;
    let user = someone.hold(&mut tx).await?;
    address_before.take_if(|email| *email == user.email);
    let (actor, sid) = (Actor::User(user.id.clone()), someone.log_in.sid.clone());
    end_everything(tx, app, visit, Denial { user, actor, shown, sid, event: row.id, address_before }).await
}

async fn end_everything(mut tx: Tx, app: &App, visit: &Visit, denial: Denial) -> Result<Denied, AppError> {
    let (App { state, terminator, .. }, caller, now_ms) = (app, &visit.caller, app.now_ms());
    let Denial { user, actor, shown, sid, event, address_before } = denial;
    let squatter = match &address_before {
        Some(email) => user_store::free_email(&mut tx, email, &user.id, now_ms).await?,
        None => None,
    };
    let reset_to = match &address_before {
        Some(email) => {
            take_back(&mut tx, &user, email, now_ms).await?.then(|| email.clone()).ok_or(NoLink::AddressTaken)
        }
        None => mailbox(state, &user).ok_or(NoLink::Unconfirmed),
    };
    let back_to = reset_to.clone().ok().filter(|email| *email != user.email);
    // No one is sent to a mailbox that this server cannot reach.
    let reset_to = if state.config.mailing() == Mailing::Off { Err(NoLink::MailOff) } else { reset_to };
    let mut denied = Event::new(Kind::NotMe, actor.clone(), &user.id).from_caller(caller);
    denied.sid.clone_from(&sid);
    denied.details = json!({ "event": event });
    event::store::insert(&mut *tx, &denied, now_ms).await?;
    forget_what_waits(&mut tx, &user, shown, back_to.as_deref(), now_ms).await?;
    let factor_goes = match shown {
        Shown::Mailbox => let_factor_go(&mut tx, state, &user, address_before, &denied).await?,
        Shown::Proof | Shown::Session => None,
    };
    // Who gets no link needs the session to choose a new password in. A link from a mail has no session to keep.
    let stays = reset_to.is_err() && !sid.is_empty();
    let locked = shown != Shown::Session && !stays;
    if locked {
        // Whoever knows the password could log in again, and kill the link that is on its way.
        user_store::set_password(&mut *tx, &user.id, &blocked(&user.password_hash)).await?;
    }
    if let Ok(email) = &reset_to {
        let mail = Mail::ResetAfterNotMe;
        outbox::queue(&mut *tx, state, To { email, user_id: &user.id }, &mail).await?;
    }
    let target = if stays { Target::Others { user_id: &user.id, keep: &sid } } else { Target::User(&user.id) };
    let cause = Cause { actor, reason: EndReason::NotMe, words: String::new(), caller: caller.clone() };
    let receipt = terminator.terminate_with(tx, target, cause).await?;
    if let Some(id) = squatter {
        // Its sessions are refused already, since it is disabled; this stops its tokens.
        if let Err(error) = terminator.terminate(Target::User(&id), Cause::by_system(EndReason::Disabled)).await {
            tracing::warn!(user = id, ?error, "the tokens of a disabled account work until they expire");
        }
    }
    let reset_to = reset_to.map(|email| masked(&email));
    let (goes_back, password_works) = (back_to.is_some(), shown == Shown::Session);
    Ok(Denied { receipt, reset_to, stays, goes_back, factor_goes, password_works })
}

/// What someone else may have begun: links, trust, mails that are on their way.
async fn forget_what_waits(
    tx: &mut Tx,
    user: &User,
    shown: Shown,
    back_to: Option<&str>,
    now_ms: i64,
) -> Result<(), AppError> {
    let mut undone_since = i64::MAX;
    if let Some(email) = back_to {
        // A link that was sent to the thief's address would take the account away again. But whoever brings an address
        // back may be a thief with two: what went to the addresses before it is the owner's.
        undone_since = links::store::first_denial(&mut **tx, &user.id, email).await?;
        links::store::kill_denials(&mut **tx, &user.id, undone_since, now_ms).await?;
    }
    links::kill_all(tx, &user.id, now_ms).await?;
    known_devices::store::delete_all(&mut **tx, &user.id).await?;
    if shown != Shown::Session {
        // A copied cookie could keep a warning from its owner.
        outbox::store::call_off_all(&mut **tx, &user.id, undone_since).await?;
    }
    Ok(())
}

/// A mailbox alone removes no second factor (ASVS 6.4.3): it begins the removal of a young one, and everyone who reads
/// mail of this account hears of it in time to object. `denied` is the event with which it began.
async fn let_factor_go(
    tx: &mut Tx,
    state: &AppState,
    user: &User,
    address_before: Option<String>,
    denied: &Event,
) -> Result<Option<i64>, AppError> {
    let now_ms = state.clock.now_ms();
    let Some((at, is_news)) = removal::begin(tx, denied, now_ms).await? else { return Ok(None) };
    if is_news {
        let of_links = account_store::addresses_of(&mut **tx, &user.id, now_ms).await?;
        let of_now = user.verified_at.map(|_| user.email.clone());
        let addresses: BTreeSet<String> = of_links.into_iter().chain(of_now).chain(address_before).collect();
        for email in &addresses {
            let to = To { email, user_id: &user.id };
            outbox::queue(&mut **tx, state, to, &Mail::SecondFactorGoes { at }).await?;
        }
    }
    Ok(Some(at))
}

/// Gives the account the address before; `false` when another one has it that has confirmed it.
async fn take_back(tx: &mut Tx, user: &User, email: &str, now_ms: i64) -> Result<bool, AppError> {
    if user_store::find_by_address(&mut **tx, email).await?.is_some_and(|owner| owner.id != user.id) {
        return Ok(false);
    }
    let taken_back = user_store::set_email(tx, user, email, now_ms).await?;
    if taken_back {
        let event = Event::new(Kind::EmailTakenBack, Actor::System, &user.id);
        event::store::insert(&mut **tx, &event, now_ms).await?;
    }
    Ok(taken_back)
}

pub(super) async fn find_event(state: &AppState, user: &User, id: &str) -> Result<EventRow, AppError> {
    let id = Uuid::parse_str(id).map_err(|_| AppError::NotFound)?;
    log::store::find_of(&state.db.pool, &user.id, id).await?.ok_or(AppError::NotFound)
}

/// Who denies a change of address gets the one before back, as with the link in the mail that went there.
pub(super) async fn address_before(
    state: &AppState,
    user: &User,
    denied: &EventRow,
) -> Result<Option<String>, AppError> {
    if denied.event != Kind::EmailChanged.into_str() {
        return Ok(None);
    }
    Ok(account_store::address_before(&state.db.pool, &user.id, &user.email, state.clock.now_ms()).await?)
}

/// Where the user reads mail, as far as this server sends any.
pub(super) fn mailbox(state: &AppState, user: &User) -> Option<String> {
    let reads_mail = user.verified_at.is_some() && state.config.mailing() != Mailing::Off;
    reads_mail.then(|| user.email.clone())
}
