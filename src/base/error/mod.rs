//! The closed list of things a user may be told; its sentence; its status. Both sides.
//!
//! Whatever is said here was written here. The one free text is what the same person has typed, cut short.

mod fault;
#[cfg(feature = "ssr")]
pub mod faults;
mod invalid;
mod request_number;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use thiserror::Error;

pub use self::{
    fault::Fault,
    invalid::{Field, Guessable, Invalid, Unfit},
    request_number::RequestNumber,
};
use super::number::counted;

/// What went wrong, as far as the person who asked may know. Its name is its code, stable and for programs.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum AppError {
    #[error("{}", problem_words(.0.len()))]
    Invalid(Vec<Invalid>),
    /// The same words whether the account is unknown, disabled or the password wrong (ASVS 6.3.8).
    #[error("Wrong email or password. Check both and try again.")]
    WrongCredentials,
    #[error(
        "We can't create an account with this email address. If it's yours, you may already have one. Log in instead."
    )]
    SignUpRefused,
    #[error("You're logged out. Log in again, for example in a new tab, and try again.")]
    NotLoggedIn,
    /// The last proof of identity is too old for this act (RFC 9470).
    #[error("For your security, enter your password to continue.")]
    #[strum(serialize = "insufficient_user_authentication")]
    ProofNeeded,
    #[error("Wrong password. Try again.")]
    WrongPassword,
    /// The request came with the secret that was replaced a moment ago.
    #[error("Your session was just renewed. Try again.")]
    SessionRenewed,
    #[error("This is for administrators. Ask one for access.")]
    NotAllowed,
    #[error("This is the only administrator. Make another user an administrator first.")]
    LastAdministrator,
    /// The audit log knows that there was one.
    #[error("This account has been deleted. Only its entries in the audit log remain.")]
    AccountGone,
    #[error("This session has already ended. The user's page lists the active ones.")]
    SessionOver,
    #[error("This account is disabled, so a password reset link wouldn't work. Enable it first.")]
    AccountDisabled,
    /// See `users::store::free_email`.
    #[error(
        "Another user has confirmed this account's email address since. You can't enable this account again. You can \
         delete it."
    )]
    AddressGaveWay,
    /// An undo of what is not the last word any more.
    #[error("Someone has changed this account since, so this wasn't undone. Check what happened, then decide.")]
    ChangedMeanwhile,
    #[error("This is your own account. You can delete it under “Account”, “Data and privacy”.")]
    OwnAccount,
    /// The same for every way in, and whether or not there is such an account.
    #[error("Too many attempts. Try again in {}.", wait_words(.seconds))]
    TooManyTries { seconds: u32 },
    /// More requests of one person are under way than may wait.
    #[error("Too many of your requests are in progress. Try again in a few seconds.")]
    TooManyAtOnce,
    #[error("You're already downloading this. Wait until it finishes, or stop it, then start again.")]
    ExportUnderWay,
    #[error("You're saving too often. Save again in {}.", wait_words(.seconds))]
    TooManyChanges { seconds: u32 },
    #[error("You've reached the limit of {}. Delete one, then save again.", counted(*.max, "note", "notes"))]
    #[strum(serialize = "notes_full")]
    TooManyNotes { max: i64 },
    #[error("Your notes use all {mib} MiB of your storage. Shorten or delete some, then save again.")]
    #[strum(serialize = "notes_full")]
    NotesTooLarge { mib: i64 },
    #[error("You've reached the limit of {max} applications. Delete one, then register again.")]
    #[strum(serialize = "apps_full")]
    TooManyApps { max: i64 },
    #[error("This application has two secrets or keys already. Remove one, then add another.")]
    TooManySecrets,
    #[error("That code is wrong or has already been used. Wait for the next one and try again.")]
    WrongCode,
    /// No other one comes by waiting.
    #[error("That recovery code is wrong or has already been used. Try another one.")]
    #[strum(serialize = "wrong_code")]
    WrongRecoveryCode,
    /// What it would be compared with does not open: the secret key is another one, or the row was changed.
    #[error("This server can't check your codes any more. Contact an administrator.")]
    FactorUnreadable,
    /// The first half of the login is too old, or the account has changed since.
    #[error("This login has expired. Enter your email and password again.")]
    LogInAgain,
    /// The code was for the login that this browser had begun before.
    #[error("You have started another login since, so nothing was done. Log in again.")]
    OtherLogIn,
    /// The page of the form is of the user who was logged in before.
    #[error("Someone else is now logged in in this browser, so nothing was done. Reload the page.")]
    OtherUser,
    #[error("This link has expired or has already been used. Request a new one.")]
    LinkDead,
    /// The form was made for the link that this browser had opened before.
    #[error("You have opened another link since, so nothing was done. Open the link from the email again.")]
    OtherLink,
    #[error("Confirm your email address first. Open the link we emailed you.")]
    NotVerified,
    #[error("This server can't send email. Contact your administrator.")]
    MailOff,
    /// Only to who reads its mail.
    #[error("Another account now has this email address. Choose a different one, or log in to that account.")]
    EmailTaken,
    #[error("There's nothing at this address.")]
    NotFound,
    #[error("The Lab is full, or you've used up what one visit allows. Visits end after 30 minutes. Come back then.")]
    LabFull,
    #[error("Your visit to the Lab has ended. Start a new demo session.")]
    VisitOver,
    #[error("Someone else is measuring right now. Try again in a few seconds.")]
    Measuring,
    #[error("A new key is already waiting. Wait until it's in use, or revoke it.")]
    RotationUnderWay,
    #[error("No active signing key has this ID. It may have been revoked already. Check the list of keys.")]
    KeyNotInUse,
    #[error(
        "This set-up link is invalid or has been used. If there is no administrator yet, get a new one with “latchkey \
         setup-link” on the server. Otherwise, log in."
    )]
    #[strum(serialize = "not_found")]
    SetupRefused,
    #[error("The server is busy. Try again in a few seconds.")]
    Busy,
    /// As [`AppError::Busy`]: the database let another transaction go first, and nothing of this one has happened.
    #[error("The server is busy. Try again in a few seconds.")]
    #[strum(serialize = "busy")]
    Collided,
    /// As [`AppError::Busy`]: the database is away.
    #[error("The server is busy. Try again in a few seconds.")]
    #[strum(serialize = "busy")]
    Away(#[serde(skip)] Fault),
    /// The database takes no change: its disk is full, or may not be written. Someone has to mend that.
    #[error("The server can't save anything at the moment. Try again later.")]
    #[strum(serialize = "cannot_save")]
    Unwritable(#[serde(skip)] Fault),
    #[error("{}", OFFLINE)]
    #[strum(serialize = "busy")]
    Offline,
    #[error("The server didn't understand this. Check what you entered and try again.")]
    BadRequest,
    #[error("Something went wrong.{}", id_words(.request_id))]
    Internal {
        request_id: Option<RequestNumber>,
        #[serde(skip)]
        fault: Fault,
    },
}
/// What to say when no answer came: the one sentence that the browser has to know by itself.
pub const OFFLINE: &str = "We couldn't reach the server. Check your connection and try again.";
impl AppError {
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid(_)
            | Self::SignUpRefused
            | Self::WrongPassword
            | Self::WrongCode
            | Self::WrongRecoveryCode => 422,
            Self::WrongCredentials | Self::NotLoggedIn | Self::ProofNeeded | Self::LogInAgain => 401,
            Self::SessionRenewed
            | Self::LastAdministrator
            | Self::SessionOver
            | Self::AccountDisabled
            | Self::AddressGaveWay
            | Self::ChangedMeanwhile
            | Self::OwnAccount
            | Self::OtherLink
            | Self::OtherLogIn
            | Self::OtherUser
            | Self::RotationUnderWay
            | Self::MailOff
            | Self::TooManySecrets
            | Self::EmailTaken => 409,
            Self::NotAllowed | Self::NotVerified => 403,
            Self::LinkDead | Self::AccountGone | Self::VisitOver => 410,
            Self::TooManyTries { .. }
            | Self::TooManyAtOnce
            | Self::ExportUnderWay
            | Self::TooManyChanges { .. }
            | Self::TooManyNotes { .. }
            | Self::TooManyApps { .. }
            | Self::NotesTooLarge { .. } => 429,
            Self::NotFound | Self::SetupRefused | Self::KeyNotInUse => 404,
            Self::Busy
            | Self::Collided
            | Self::Away(_)
            | Self::Unwritable(_)
            | Self::Offline
            | Self::LabFull
            | Self::Measuring
            | Self::FactorUnreadable => 503,
            Self::BadRequest => 400,
            Self::Internal { .. } => 500,
        }
    }

    /// Whether it is about the link from a mail that a page is for.
    pub fn is_of_link(&self) -> bool {
        matches!(self, Self::LinkDead | Self::OtherLink)
    }

    /// Each field that is wrong, with what to say there.
    pub fn at_fields(&self) -> impl Iterator<Item = (Field, String)> {
        Field::VARIANTS.iter().filter_map(|field| Some((*field, self.at(*field)?)))
    }

    pub fn first_field(&self) -> Option<Field> {
        match self {
            Self::Invalid(list) => list.first().map(|invalid| invalid.field()),
            Self::WrongPassword => Some(Field::CurrentPassword),
            Self::WrongCode | Self::WrongRecoveryCode => Some(Field::Code),
            _ => None,
        }
    }

    /// What to say at `field`, if it is what is wrong: one sentence, or one for each of its lines.
    pub fn at(&self, field: Field) -> Option<String> {
        match self {
            Self::Invalid(list) => {
                let here = list.iter().filter(|invalid| invalid.field() == field).map(ToString::to_string);
                here.reduce(|all, next| format!("{all} {next}"))
            }
            _ => (self.first_field() == Some(field)).then(|| self.to_string()),
        }
    }

    pub fn only_field(&self) -> Option<Field> {
        self.first_field().filter(|_| self.at_fields().count() == 1)
    }

    /// What to say above a form: what stands at its fields is not said twice.
    pub fn above_form(&self) -> String {
        match self.at_fields().count() {
            0 => self.to_string(),
            count => problem_words(count),
        }
    }

    /// Whether the password of who is logged in would help.
    pub fn asks_for_proof(&self) -> bool {
        *self == Self::ProofNeeded || self.first_field() == Some(Field::CurrentPassword)
    }

    /// Seconds after which another try is worth it, for the header of this name (RFC 9110 10.2.3).
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooManyTries { seconds } | Self::TooManyChanges { seconds } => Some(*seconds),
            Self::Busy | Self::Collided | Self::Away(_) | Self::Measuring | Self::TooManyAtOnce => Some(2),
            Self::ExportUnderWay => Some(10),
            Self::Unwritable(_) => Some(60),
            _ => None,
        }
    }

    pub fn internal() -> Self {
        Self::Internal { request_id: None, fault: Fault::default() }
    }

    /// What stopped it, where a user is told of no more than that something did.
    pub fn fault(&self) -> Option<&str> {
        match self {
            Self::Away(fault) | Self::Unwritable(fault) | Self::Internal { fault, .. } => fault.words(),
            _ => None,
        }
    }
}
fn id_words(request_id: &Option<RequestNumber>) -> String {
    request_id.map(|id| format!(" If you report this, quote request ID {id}.")).unwrap_or_default()
}

/// "There are 2 problems": what is wrong stands at the fields.
pub fn problem_words(count: usize) -> String {
    if count == 1 { "There is a problem".into() } else { format!("There are {count} problems") }
}

/// "40 seconds", "3 minutes": rounded up, so that who waits so long has waited long enough.
fn wait_words(seconds: &u32) -> String {
    match *seconds {
        0 | 1 => "1 second".into(),
        seconds @ 2..=99 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}
