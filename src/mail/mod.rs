//! What people are told by mail: an outbox, one-time links. Server side.
//!
//! A request only writes down what is to be told; the text, its links and their secrets are made at the moment of
//! sending. So no request waits for a mail server or can be timed for whether an account exists, and a leaked outbox
//! opens nothing.

pub mod links;
pub mod store;

use serde::{Deserialize, Serialize};

use crate::{config::Mailing, error::AppError, state::AppState, users::store::User, web::caller::Caller};

/// A mail to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mail {
    /// Somebody signed up with this address: the link that confirms it, or, where it has a confirmed account, word that
    /// it has one.
    SignUp,
    /// The link that confirms the address, once more. Nothing where there is nothing to confirm.
    Verify,
    /// The link to choose a new password. Nothing where there is no account that may log in.
    Reset,
    /// To the address that an account is to have from now on: the link that confirms it. Where another account has it,
    /// word that somebody tried.
    NewEmail,
    /// What happened to the account that its owner should know about.
    News {
        news: News,
        /// Browser and system in words.
        device: String,
        ip: String,
        /// Milliseconds since the epoch.
        at: i64,
    },
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    NewDevice,
    PasswordChanged,
    PasswordReset,
    /// To the address before.
    EmailChanged,
    SecondFactorOn,
    SecondFactorOff,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    /// Many wrong passwords or codes in a row.
    Guessing,
    AccountDeleted,
}

/// Whom a mail goes to.
#[derive(Clone, Copy, Debug)]
pub struct To<'a> {
    /// Normalised.
    pub email: &'a str,
    /// The account that it is about; empty where the request must not find out whether there is one: the address then
    /// says whose it is.
    pub user_id: &'a str,
}

/// Writes down that the owner of an account is to be told what happened. Nothing where this server sends no mail, and
/// where the address is not confirmed: it may be somebody else's.
///
/// # Errors
/// When the database does not take it.
pub async fn tell(
    db: impl sqlx::Executor<'_, Database = sqlx::Any>,
    state: &AppState,
    user: &User,
    news: News,
    caller: &Caller,
) -> Result<(), AppError> {
    if user.verified_at.is_none() || state.config.mailing() == Mailing::Off {
        return Ok(());
    }
    let now_ms = state.clock.now_ms();
    let mail = Mail::News { news, device: caller.device(), ip: caller.ip.clone(), at: now_ms };
    store::queue(db, To { email: &user.email, user_id: &user.id }, &mail, now_ms).await
}
