//! What people are told by mail: an outbox. Server side.
//!
//! A request only writes down what is to be told; the text, its links and their secrets are made at the moment of
//! sending. So no request waits for a mail server or can be timed for whether an account exists, and a leaked outbox
//! opens nothing.

pub mod store;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::users::{Role, store::User};
use crate::base::{caller::Caller, config::Mailing, error::AppError, sql::Conn, state::AppState};

/// A mail to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Mail {
    /// Someone signed up with this address: the link that confirms it, or, where it has a confirmed account, word that
    /// it has one.
    SignUp,
    /// The link that confirms the address, once more. Nothing where there is nothing to confirm.
    Verify,
    /// The link to choose a new password. Nothing where there is no account, or a disabled one.
    Reset,
    /// As [`Mail::Reset`], to the owner who reported suspicious activity.
    ResetAfterNotMe,
    /// As [`Mail::Reset`], started by an administrator.
    ResetStarted,
    /// To the address that an account is to have from now on: the link that confirms it. Where another account has it,
    /// word that someone tried.
    NewEmail,
    /// When the second factor goes, to an address that the account has or had: the link that calls it off.
    SecondFactorGoes {
        /// Milliseconds since the epoch.
        at: i64,
    },
    /// What happened to the account that its owner should know about.
    News {
        news: Notification,
        /// The old and the new role, where that is the news.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        roles: Option<(Role, Role)>,
        /// Browser and system in words.
        device: String,
        ip: String,
        /// Milliseconds since the epoch.
        at: i64,
    },
}

impl Mail {
    /// What kind it is, for logs and lists.
    pub fn as_text(&self) -> &'static str {
        match self {
            Self::News { news, .. } => news.into_str(),
            other => other.into(),
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Notification {
    NewDevice,
    PasswordChanged,
    PasswordReset,
    /// To the address before.
    EmailChanged,
    SecondFactorOn,
    SecondFactorOff,
    /// Its removal was called off with a link.
    SecondFactorKept,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    /// Many wrong passwords or codes in a row.
    Guessing,
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    RoleChanged,
    /// By an administrator; [`Notification::SecondFactorOff`] is one's own doing.
    SecondFactorRemoved,
    /// A refresh token of an application came back after its use.
    TokenReused,
}

impl Notification {
    /// What an administrator did, and no one else can.
    pub fn is_by_administrator(self) -> bool {
        matches!(self, Self::AccountDisabled | Self::AccountEnabled | Self::RoleChanged | Self::SecondFactorRemoved)
    }

    /// Whether its mail has the link that secures the account. Logging out everywhere and choosing a new password undoes
    /// nothing that an administrator did. A second factor that is gone is another matter: whoever talked an administrator
    /// into that has the password, or is about to get it.
    pub fn may_be_denied(self) -> bool {
        !matches!(self, Self::AccountDeleted | Self::AccountDisabled | Self::AccountEnabled | Self::RoleChanged)
    }
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

/// Writes down a mail to be sent; nothing where this server sends none. Pass the transaction of the act that it tells
/// of: both happen, or neither.
pub async fn queue(db: impl Conn<'_>, state: &AppState, to: To<'_>, mail: &Mail) -> Result<(), AppError> {
    match state.config.mailing() {
        Mailing::Off => Ok(()),
        Mailing::Smtp | Mailing::Files => {
            store::queue(db, to, mail, state.clock.now_ms()).await?;
            state.bell.notify_one();
            Ok(())
        }
    }
}

/// Writes down that the owner of an account is to be told what happened. Nothing where this server sends no mail, and
/// where the address is not confirmed: it may be someone else's. Where someone else acted, pass no caller: from where
/// administrators do their work is not the owner's business.
pub async fn tell(
    db: impl Conn<'_>,
    state: &AppState,
    user: &User,
    news: Notification,
    caller: &Caller,
) -> Result<(), AppError> {
    let device = if *caller == Caller::default() { String::new() } else { caller.device() };
    let mail = Mail::News { news, roles: None, device, ip: caller.ip.clone(), at: state.clock.now_ms() };
    tell_with(db, state, user, &mail).await
}

/// As [`tell`], of a role that an administrator changed from that of `user` to another one.
pub async fn tell_of_role(db: impl Conn<'_>, state: &AppState, user: &User, role: Role) -> Result<(), AppError> {
    let (news, roles) = (Notification::RoleChanged, Some((user.role(), role)));
    let mail = Mail::News { news, roles, device: String::new(), ip: String::new(), at: state.clock.now_ms() };
    tell_with(db, state, user, &mail).await
}

async fn tell_with(db: impl Conn<'_>, state: &AppState, user: &User, mail: &Mail) -> Result<(), AppError> {
    if user.verified_at.is_none() {
        return Ok(());
    }
    queue(db, state, To { email: &user.email, user_id: &user.id }, mail).await
}
