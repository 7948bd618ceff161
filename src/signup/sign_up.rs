//! The stories of making an account, and the first administrator's. Server side.

use leptos::prelude::expect_context;

use super::setup_link;
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    config::Mailing,
    error::{AppError, Invalid},
    mail::{self, Mail, To, link_cookie},
    sessions::log_in::start_session,
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
    // Before the password is looked at, which can be made dear: a flood of refused forms must keep nobody waiting.
    let tried = throttle::admit(Way::SignUp).await?;
    let account = NewAccount::parse(&passwords, &name, &email, password).await?;
    let hash = tried.keep_if_looked_at(passwords.hash(account.password.clone()).await).await?;
    let id = make_account(&state, &account, &hash).await?;
    if state.config.mailing() == Mailing::Smtp {
        // Who has the account already is told so by mail, and nobody else (ASVS 6.3.8).
        tell_next_page(&Typed::new(&[("email", account.email.as_str())]));
        leptos_axum::redirect(verification::SENT);
        return Ok(());
    }
    let id = id.ok_or(AppError::SignUpRefused)?;
    tried.succeeded().await?;
    start_new(&state, &id).await?;
    leptos_axum::redirect("/dashboard");
    Ok(())
}

/// The first session of a new account.
async fn start_new(state: &AppState, id: &str) -> Result<(), AppError> {
    let user = store::find_by_id(&state.db.pool, id).await?.ok_or_else(AppError::internal)?;
    start_session(state, &user, false, false).await.map(|_| ())
}

/// Makes the account where the address has none, and returns its id; writes down in either case what happened and which
/// mail to send: the same statements, so that the time tells nothing.
async fn make_account(state: &AppState, account: &NewAccount, hash: &str) -> Result<Option<String>, AppError> {
    let now_ms = state.clock.now_ms();
    let mut tx = state.db.begin_write().await?;
    let id = store::insert(&mut tx, &account.email, &account.name, hash, Role::User, now_ms).await?;
    let actor = id.clone().map_or(Actor::Unknown, Actor::User);
    let mut event = Event::new(Kind::SignedUp, actor, id.as_deref().unwrap_or_default()).from_caller(&caller());
    event.details = serde_json::json!({ "address_was_taken": id.is_none() });
    audit::store::insert(&mut *tx, &event, now_ms).await?;
    // Whose account it is is found out when the mail is written.
    let to = To { email: account.email.as_str(), user_id: "" };
    match state.config.mailing() {
        Mailing::Smtp => {
            store::let_wait(&mut *tx, id.as_deref().unwrap_or_default(), now_ms).await?;
            mail::queue(&mut *tx, state, to, &Mail::SignUp).await?;
        }
        Mailing::Files if id.is_some() => mail::queue(&mut *tx, state, to, &Mail::SignUp).await?,
        Mailing::Files | Mailing::Off => {}
    }
    tx.commit().await?;
    Ok(id)
}

pub async fn set_up(name: String, email: String, password: String, link: Option<String>) -> Result<(), AppError> {
    let (state, passwords) = (expect_context::<AppState>(), expect_context::<Passwords>());
    let token = link_cookie::require(link.as_deref()).map_err(|_| AppError::SetupRefused)?;
    setup_link::open(&state, Some(&token)).await?;
    let account = NewAccount::parse(&passwords, &name, &email, password).await?;
    let made = Event::new(Kind::AdminCreated, Actor::Unknown, "").from_caller(&caller());
    let id = create_admin(&state, &passwords, account, made, Some(&token)).await?;
    link_cookie::forget();
    start_new(&state, &id).await?;
    leptos_axum::redirect("/admin/users");
    Ok(())
}

/// Makes an administrator, and writes it down, in one transaction. With the token of a set-up link, only while there is
/// none, and uses the link up: two people with the same link make one administrator.
///
/// # Errors
/// [`AppError::SetupRefused`], or [`AppError::SignUpRefused`] when the e-mail has an account.
pub async fn create_admin(
    state: &AppState,
    passwords: &Passwords,
    account: NewAccount,
    made: Event,
    setup_token: Option<&str>,
) -> Result<String, AppError> {
    let hash = passwords.hash(account.password).await?;
    let now_ms = state.clock.now_ms();
    let mut tx = state.db.begin_write().await?;
    // On PostgreSQL nothing else keeps two transactions from both seeing no administrator.
    crate::revocations::store::lock(&mut tx).await?;
    if let Some(token) = setup_token {
        setup_link::use_up(&mut tx, token, now_ms).await?;
        if store::admin_exists(&mut *tx).await? {
            return Err(AppError::SetupRefused);
        }
    }
    let id = store::insert(&mut tx, &account.email, &account.name, &hash, Role::Admin, now_ms)
        .await?
        .ok_or(AppError::SignUpRefused)?;
    // Whoever runs the server vouches for the address, and must get in where the mail server does not work yet.
    store::set_verified(&mut *tx, &id, account.email.as_str(), now_ms).await?;
    // Who comes with the link from the log has only now become somebody.
    let actor = if made.actor == Actor::Unknown { Actor::User(id.clone()) } else { made.actor };
    audit::store::insert(&mut *tx, &Event { actor, subject: id.clone(), ..made }, now_ms).await?;
    tx.commit().await?;
    tracing::info!(user = id, "an administrator was made");
    Ok(id)
}
