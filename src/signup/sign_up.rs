//! The stories of making an account, and the first administrator's. Server side.

use leptos::prelude::expect_context;

use super::setup_link;
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    config::Mailing,
    db::Tx,
    error::{AppError, Invalid},
    mail::{self, Mail, To, link_cookie, mailer::Mailer},
    sessions::{self, guard, log_in::start_session_with},
    state::AppState,
    throttle::{self, Way},
    users::{
        Role,
        credentials::{DisplayName, Email},
        new_password::{About, NewPassword},
        password::Passwords,
        store,
    },
    verification,
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
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
    pub async fn parse(passwords: &Passwords, name: &str, email: &str, password: String) -> Result<Self, AppError> {
        let password = passwords.parse_new(password, &About { email, name }).await;
        match (DisplayName::parse(name), Email::parse(email), password) {
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

/// The hash is made before the e-mail is looked at: a taken one costs the same time.
pub async fn sign_up(name: String, email: String, password: String) -> Result<(), AppError> {
    let (state, passwords) = (expect_context::<AppState>(), expect_context::<Passwords>());
    // Before the password is looked at, which can be made dear: a flood of refused forms must keep nobody waiting. It
    // stays counted when it succeeds, or one network could make accounts without end.
    let tried = throttle::admit(Way::SignUp).await?;
    let account = NewAccount::parse(&passwords, &name, &email, password).await?;
    expect_context::<Mailer>().check(&account.email)?;
    let hash = tried.keep_if_looked_at(passwords.hash(account.password.clone()).await).await?;
    let mut tx = state.db.begin_write().await?;
    let id = make_account(&mut tx, &state, &account, &hash).await?;
    if state.config.mailing() == Mailing::Smtp {
        tx.commit().await?;
        // Who has the account already is told so by mail, and nobody else (ASVS 6.3.8).
        tell_next_page(&Typed::new(&[("email", account.email.as_str())]));
        leptos_axum::redirect(verification::SENT);
        return Ok(());
    }
    let Some(id) = id else {
        tx.commit().await?;
        return Err(AppError::SignUpRefused);
    };
    start_new(tx, &state, &id).await?;
    leptos_axum::redirect("/dashboard");
    Ok(())
}

/// The first session of a new account, in the transaction that makes it: who is told that it failed can do it again.
async fn start_new(mut tx: Tx, state: &AppState, id: &str) -> Result<(), AppError> {
    let user = store::find_by_id(&mut *tx, id).await?.ok_or_else(AppError::internal)?;
    start_session_with(tx, state, &user, false, false).await.map(|_| ())
}

/// Makes the account where the address has none, and returns its id; writes down in either case what happened and which
/// mail to send: the same statements, so that the time tells nothing.
async fn make_account(
    tx: &mut Tx,
    state: &AppState,
    account: &NewAccount,
    hash: &str,
) -> Result<Option<String>, AppError> {
    let now_ms = state.clock.now_ms();
    let id = store::insert(tx, &account.email, &account.name, hash, Role::User, now_ms).await?;
    let actor = id.clone().map_or(Actor::Unknown, Actor::User);
    let mut event = Event::new(Kind::SignedUp, actor, id.as_deref().unwrap_or_default()).from_caller(&caller());
    event.details = serde_json::json!({ "address_was_taken": id.is_none() });
    audit::store::insert(&mut **tx, &event, now_ms).await?;
    // Whose account it is is found out when the mail is written.
    let to = To { email: account.email.as_str(), user_id: "" };
    match state.config.mailing() {
        Mailing::Smtp => {
            store::let_wait(&mut **tx, id.as_deref().unwrap_or_default(), now_ms).await?;
            mail::queue(&mut **tx, state, to, &Mail::SignUp).await?;
        }
        Mailing::Files if id.is_some() => mail::queue(&mut **tx, state, to, &Mail::SignUp).await?,
        Mailing::Files | Mailing::Off => {}
    }
    Ok(id)
}

pub async fn set_up(name: String, email: String, password: String, link: Option<String>) -> Result<(), AppError> {
    let (state, passwords) = (expect_context::<AppState>(), expect_context::<Passwords>());
    let token = link_cookie::require(link.as_deref()).map_err(|_| AppError::SetupRefused)?;
    setup_link::open(&state, Some(&token)).await?;
    let account = NewAccount::parse(&passwords, &name, &email, password).await?;
    let made = Event::new(Kind::AdminCreated, Actor::Unknown, "").from_caller(&caller());
    let hash = passwords.hash(account.password.clone()).await?;
    let mut tx = state.db.begin_write().await?;
    // The session that this one takes the place of is locked before the revocations, as everywhere.
    if let Some(before) = guard::find() {
        sessions::store::lock_of(&mut *tx, &before.user.id).await?;
    }
    let id = insert_admin(&mut tx, &state, &account, &hash, made, Some(&token)).await?;
    start_new(tx, &state, &id).await?;
    link_cookie::forget();
    leptos_axum::redirect("/admin/users");
    Ok(())
}

/// Makes an administrator, and writes it down, in one transaction.
///
/// # Errors
/// [`AppError::SignUpRefused`] when the e-mail has an account.
pub async fn create_admin(
    state: &AppState,
    passwords: &Passwords,
    account: NewAccount,
    made: Event,
) -> Result<String, AppError> {
    let hash = passwords.hash(account.password.clone()).await?;
    let mut tx = state.db.begin_write().await?;
    let id = insert_admin(&mut tx, state, &account, &hash, made, None).await?;
    tx.commit().await?;
    Ok(id)
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
    crate::revocations::store::lock(tx).await?;
    if let Some(token) = setup_token {
        setup_link::use_up(tx, token, now_ms).await?;
        if store::admin_exists(&mut **tx).await? {
            return Err(AppError::SetupRefused);
        }
    }
    let id = store::insert(tx, &account.email, &account.name, hash, Role::Admin, now_ms)
        .await?
        .ok_or(AppError::SignUpRefused)?;
    // Whoever runs the server vouches for the address, and must get in where the mail server does not work yet.
    store::set_verified(&mut **tx, &id, account.email.as_str(), now_ms).await?;
    // Who comes with the link from the log has only now become somebody.
    let actor = if made.actor == Actor::Unknown { Actor::User(id.clone()) } else { made.actor };
    audit::store::insert(&mut **tx, &Event { actor, subject: id.clone(), ..made }, now_ms).await?;
    tracing::info!(user = id, "an administrator is made");
    Ok(id)
}
