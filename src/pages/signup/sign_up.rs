//! The stories of making an account, and the first administrator's. Server side.

use super::{setup_link, store};
use crate::{
    auth::{
        app::App,
        event,
        event::{Actor, Event, Kind},
        log_in::{BY_PASSWORD, Proof, Started, start_session_with},
        outbox,
        outbox::{Mail, To},
        sessions,
        throttle::Way,
        users,
        users::Role,
        visit::Visit,
    },
    base::{
        caller::Caller,
        config::Mailing,
        db::{Tx, again},
        display_name::DisplayName,
        email::Email,
        error::{AppError, Invalid},
        random,
        state::AppState,
    },
    passwords::{hash::Passwords, strength::About, typed::NewPassword},
};

/// An account to be made, checked.
pub struct NewAccount {
    pub name: DisplayName,
    pub email: Email,
    pub password: NewPassword,
}

impl NewAccount {
    /// # Errors
    /// Everything that is wrong with it, not only the first; [`AppError::Busy`].
    pub async fn parse(passwords: &Passwords, from: &Caller, typed: Typed<'_>) -> Result<Self, AppError> {
        let Typed { name, email, password } = typed;
        let named = DisplayName::parse(name);
        let about = About { email, name: named.as_ref().map_or(name, DisplayName::as_str) };
        let password = passwords.parse_new(from, password, &about).await;
        match (named, Email::parse(email), password) {
            (Ok(name), Ok(email), Ok(password)) => Ok(Self { name, email, password }),
            (name, email, password) => {
                let mut wrong: Vec<Invalid> = [name.err(), email.err()].into_iter().flatten().collect();
                match password {
                    Ok(_) => {}
                    Err(AppError::Invalid(list)) => wrong.extend(list),
                    Err(other) => return Err(other),
                }
                Err(AppError::Invalid(wrong))
            }
        }
    }
}

/// What a person has typed to get an account.
pub struct Typed<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub password: String,
}

/// What signing up leads to.
pub enum SignedUp {
    /// A mail to this address goes on from here, whether or not there was an account.
    MailSent(Email),
    Started(Box<Started>),
}

/// The hash is made before the email is looked at: a taken one costs the same time.
///
/// # Errors
/// [`AppError::TooManyTries`]; [`AppError::Invalid`] for each field; where no mail is sent [`AppError::SignUpRefused`] when
/// the email has an account.
pub async fn sign_up(app: &App, visit: &Visit, typed: Typed<'_>) -> Result<SignedUp, AppError> {
    let passwords = &app.passwords;
    // Before the password is looked at, which can be made dear: a flood of refused forms must keep no one waiting. It
    // stays counted when it succeeds, or one network could make accounts without end.
    let tried = app.throttle.admit(Way::SignUp, &visit.caller.ip).await?;
    let account = NewAccount::parse(passwords, &visit.caller, typed).await?;
    app.mailer.check(&account.email)?;
    let hash = tried.keep_if_looked_at(passwords.hash(&visit.caller, account.password.clone()).await).await?;
    again(|| make(app, visit, &account, &hash)).await
}

async fn make(app: &App, visit: &Visit, account: &NewAccount, hash: &str) -> Result<SignedUp, AppError> {
    let state = &app.state;
    let mut tx = state.db.begin_write().await?;
    let id = make_account(&mut tx, state, &visit.caller, account, hash).await?;
    if state.config.mailing() == Mailing::Smtp {
        tx.commit().await?;
        // Who has the account already is told so by mail, and no one else (ASVS 6.3.8).
        return Ok(SignedUp::MailSent(account.email.clone()));
    }
    let Some(id) = id else {
        tx.commit().await?;
        return Err(AppError::SignUpRefused);
    };
    Ok(SignedUp::Started(Box::new(start_new(tx, app, visit, &id).await?)))
}

/// The first session of a new account, in the transaction that makes it: who is told that it failed can do it again.
async fn start_new(mut tx: Tx, app: &App, visit: &Visit, id: &str) -> Result<Started, AppError> {
    let user = users::store::find_by_id(&mut *tx, id).await?.ok_or_else(AppError::internal)?;
    let proof = Proof { user: &user, tried: None, remember: false, has_factor: false, amr: BY_PASSWORD };
    start_session_with(tx, app, visit, &proof).await
}

/// Makes the account where the address has none, and returns its id; writes down in either case what happened and which
/// mail to send: the same statements, so that the time tells nothing.
async fn make_account(
    tx: &mut Tx,
    state: &AppState,
    caller: &Caller,
    account: &NewAccount,
    hash: &str,
) -> Result<Option<String>, AppError> {
    let now_ms = state.clock.now_ms();
    let id = users::store::insert(tx, &account.email, &account.name, hash, Role::User, now_ms).await?;
    let actor = id.clone().map_or(Actor::Unknown, Actor::User);
    let mut event = Event::new(Kind::SignedUp, actor, id.as_deref().unwrap_or_default()).from_caller(caller);
    event.details = serde_json::json!({ "address_was_taken": id.is_none() });
    event::store::insert(&mut **tx, &event, now_ms).await?;
    // Whose account it is is found out when the mail is written.
    let to = To { email: account.email.as_str(), user_id: "" };
    match state.config.mailing() {
        Mailing::Smtp => {
            store::let_wait(&mut **tx, id.as_deref().unwrap_or_default(), now_ms).await?;
            outbox::queue(&mut **tx, state, to, &Mail::SignUp).await?;
        }
        Mailing::Files if id.is_some() => outbox::queue(&mut **tx, state, to, &Mail::SignUp).await?,
        Mailing::Files | Mailing::Off => {}
    }
    Ok(id)
}

/// Makes the first administrator; `token` is that of the set-up link.
///
/// # Errors
/// [`AppError::SetupRefused`] when the link is wrong, used or too old, or an administrator exists; those of
/// [`NewAccount::parse`].
pub async fn set_up(app: &App, visit: &Visit, typed: Typed<'_>, token: &str) -> Result<Started, AppError> {
    let App { state, passwords, .. } = app;
    setup_link::open(state, Some(token)).await?;
    let account = NewAccount::parse(passwords, &visit.caller, typed).await?;
    let hash = passwords.hash(&visit.caller, account.password.clone()).await?;
    again(|| make_first(app, visit, &account, &hash, token)).await
}

async fn make_first(
    app: &App,
    visit: &Visit,
    account: &NewAccount,
    hash: &str,
    token: &str,
) -> Result<Started, AppError> {
    let state = &app.state;
    let made = Event::new(Kind::AdminCreated, Actor::Unknown, "").from_caller(&visit.caller);
    let mut tx = state.db.begin_write().await?;
    // The session that this one takes the place of is locked before the revocations, as everywhere.
    if let Some(before) = &visit.someone {
        sessions::store::lock_of(&mut *tx, &before.user.id).await?;
    }
    let id = insert_admin(&mut tx, state, account, hash, made, Some(token)).await?;
    start_new(tx, app, visit, &id).await
}

/// Makes an administrator, and writes it down, in one transaction.
///
/// # Errors
/// [`AppError::SignUpRefused`] when the email has an account.
pub async fn create_admin(
    state: &AppState,
    passwords: &Passwords,
    account: NewAccount,
    made: Event,
) -> Result<String, AppError> {
    let hash = passwords.hash(&Caller::default(), account.password.clone()).await?;
    again(|| async {
        let mut tx = state.db.begin_write().await?;
        let id = insert_admin(&mut tx, state, &account, &hash, made.clone(), None).await?;
        tx.commit().await?;
        Ok(id)
    })
    .await
}

/// With the token of a set-up link, only while there is no administrator, and uses the link up: two people with the same
/// link make one.
async fn insert_admin(
    tx: &mut Tx,
    state: &AppState,
    account: &NewAccount,
    hash: &str,
    made: Event,
    setup_token: Option<&str>,
) -> Result<String, AppError> {
    let now_ms = state.clock.now_ms();
    // On PostgreSQL nothing else keeps two transactions from both seeing no administrator.
    crate::auth::revocations::store::lock(tx).await?;
    if let Some(token) = setup_token {
        let was_live = store::take(&mut **tx, &random::hash(token), now_ms).await?;
        if !was_live || store::admin_exists(&mut **tx).await? {
            return Err(AppError::SetupRefused);
        }
    }
    let id = users::store::insert(tx, &account.email, &account.name, hash, Role::Admin, now_ms)
        .await?
        .ok_or(AppError::SignUpRefused)?;
    // Whoever runs the server vouches for the address, and must get in where the mail server does not work yet.
    users::store::set_verified(&mut **tx, &id, account.email.as_str(), now_ms).await?;
    // Who comes with the set-up link has only now become someone.
    let actor = if made.actor == Actor::Unknown { Actor::User(id.clone()) } else { made.actor };
    event::store::insert(&mut **tx, &Event { actor, subject: id.clone(), ..made }, now_ms).await?;
    tracing::info!(user = id, "created an administrator");
    Ok(id)
}
