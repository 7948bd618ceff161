//! One-time links: 256 random bits in a mail, their hash in the database. Server side.

pub mod store;

use strum::{IntoStaticStr, VariantArray};

use super::{outbox, outbox::Mail};
use crate::base::{db::Tx, error::AppError, random, sql::Conn};

/// What a link opens. The texts are stored: rename none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Purpose {
    /// Confirms the address of an account.
    Verify,
    /// Chooses a new password.
    Reset,
    /// Gives the account the address that the link was sent to.
    NewEmail,
    /// Ends everything and starts a reset.
    NotMe,
    /// Calls off the removal of a second factor.
    KeepFactor,
}

impl Purpose {
    /// The page that a link leads to.
    pub fn page(self) -> &'static str {
        match self {
            Self::Verify => "/verify",
            Self::Reset => "/reset",
            Self::NewEmail => "/verify-email",
            Self::NotMe => "/not-me",
            Self::KeepFactor => "/second-factor/keep",
        }
    }

    /// What the links that lead to this page open.
    pub fn of_page(path: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|purpose| purpose.page() == path)
    }

    /// How long a link works. A reset opens the account, so it is short (ASVS 6.4.1); who reads a warning a week late
    /// should still be able to act. To object to the removal of a second factor one has a weekend and a day: who reads
    /// their mail on Monday still can, and who was locked out is not asked to wait for longer.
    pub fn lifetime_ms(self) -> i64 {
        let minutes = match self {
            Self::Reset => 30,
            Self::Verify | Self::NewEmail => 24 * 60,
            Self::NotMe => 7 * 24 * 60,
            Self::KeepFactor => 3 * 24 * 60,
        };
        minutes * 60_000
    }
}

/// What a live link says.
#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Link {
    pub user_id: String,
    /// Whom it was sent to.
    pub email: String,
}

/// Makes a link and returns its token for the mail.
pub async fn make(tx: &mut Tx, purpose: Purpose, link: &Link, now_ms: i64) -> Result<String, AppError> {
    let token = random::token()?;
    store::insert(&mut **tx, &random::hash(&token), purpose, link, now_ms).await?;
    Ok(token)
}

/// The link of this token, unless it is unknown, used or too old. Uses nothing up.
pub async fn find(db: impl Conn<'_>, purpose: Purpose, token: &str, now_ms: i64) -> Result<Link, AppError> {
    store::find(db, &random::hash(token), purpose, now_ms).await?.ok_or(AppError::LinkDead)
}

/// The link of this token, which works no more when the transaction is committed. Of two that come at once, one gets
/// it (ASVS 6.4.1).
pub async fn use_up(tx: &mut Tx, purpose: Purpose, token: &str, now_ms: i64) -> Result<Link, AppError> {
    store::use_up(&mut **tx, &random::hash(token), purpose, now_ms).await?.ok_or(AppError::LinkDead)
}

/// Makes useless what could still change an account: the links that confirm it, reset it or give it another address, and
/// a mail that is on its way to bring one. Whoever has just taken an account back need not fear what someone else had
/// asked for before. The links that only end things work on: they are the owner's.
pub async fn kill_all(tx: &mut Tx, user_id: &str, now_ms: i64) -> Result<(), AppError> {
    for purpose in [Purpose::Verify, Purpose::Reset] {
        store::kill(&mut **tx, user_id, purpose, now_ms).await?;
    }
    call_off_email_change(tx, user_id, now_ms).await
}

/// The account keeps its address: no link to another one works, and none is sent any more.
pub async fn call_off_email_change(tx: &mut Tx, user_id: &str, now_ms: i64) -> Result<(), AppError> {
    store::kill(&mut **tx, user_id, Purpose::NewEmail, now_ms).await?;
    store::forget_email_change(&mut **tx, user_id).await?;
    outbox::store::call_off(&mut **tx, user_id, &Mail::NewEmail, now_ms).await
}

/// Names this link in the page that it opened, whose form brings it back. It opens nothing.
pub fn name_of(token: &str) -> String {
    random::hash(&format!("page of {token}"))
}
