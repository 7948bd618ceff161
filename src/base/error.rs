//! The closed list of things a user may be told; its sentence; its status. Both sides.
//!
//! Whatever is said here was written here. The one free text is what the same person has typed, cut short.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use thiserror::Error;

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
    #[error("You've reached the limit of {}. Delete one, then save again.", note_words(.max))]
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
    /// The first half of the login is too old, or the account has changed since.
    #[error("This login has expired. Enter your email and password again.")]
    LogInAgain,
    /// The code was for the login that this browser had begun before.
    #[error("You have started another login since, so nothing was done. Log in again.")]
    OtherLogIn,
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
    #[error("{}", OFFLINE)]
    #[strum(serialize = "busy")]
    Offline,
    #[error("The server didn't understand this. Check what you entered and try again.")]
    BadRequest,
    #[error("Something went wrong.{}", id_words(.request_id))]
    Internal { request_id: Option<RequestNumber> },
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Invalid {
    #[error("Enter your email address.")]
    EmailMissing,
    #[error("Enter an email address in the right format, like name@example.com.")]
    EmailMalformed,
    #[error("Enter an email address with at most 254 characters.")]
    EmailTooLong,
    #[error("This address contains invisible or look-alike characters. Type it instead of pasting it.")]
    EmailLookAlike,
    #[error(
        "We can't send email to this address. Our mail server accepts only the letters a to z before the @. Use a \
         different address."
    )]
    EmailUndeliverable,
    #[error("This is already your email address. Enter a new one.")]
    EmailUnchanged,
    #[error("Enter your name.")]
    NameMissing,
    #[error("Shorten the name to 80 characters.")]
    NameTooLong,
    #[error("Remove the control characters from the name.")]
    NameControl,
    #[error("Enter your password.")]
    PasswordMissing,
    /// With the number of characters that this server asks for.
    #[error("Use at least {0} characters.")]
    PasswordTooShort(u8),
    #[error("Use at most 256 characters.")]
    PasswordTooLong,
    #[error("{0}")]
    PasswordGuessable(Guessable),
    #[error("Enter your current password.")]
    CurrentPasswordMissing,
    #[error("Choose a password that's different from your current one.")]
    PasswordUnchanged,
    #[error("Enter a reason.")]
    ReasonMissing,
    #[error("Shorten the reason to 300 characters.")]
    ReasonTooLong,
    #[error("Enter the code.")]
    CodeMissing,
    #[error("That code is wrong or has expired. Check it, or start again on your device.")]
    DeviceCodeWrong,
    #[error("Enter a 6-digit code.")]
    CodeMalformed,
    #[error("Enter a recovery code: 10 letters and digits.")]
    RecoveryCodeMalformed,
    #[error("That doesn't match. Type it exactly as shown.")]
    ConfirmationWrong,
    #[error("Shorten the title to 200 characters.")]
    TitleTooLong,
    #[error("Shorten the note to 20,000 characters.")]
    BodyTooLong,
    #[error("Enter a name for the application.")]
    AppNameMissing,
    #[error("Shorten the name to 60 characters.")]
    AppNameTooLong,
    #[error("Enter at least one redirect address.")]
    RedirectsMissing,
    #[error("Enter at most 10 addresses.")]
    TooManyAddresses(Field),
    #[error("Enter at most 20 scopes, with 500 characters in all.")]
    TooManyScopes,
    /// An address, a scope or an algorithm of an application, as it was typed, and what is wrong with it.
    #[error("{1}: {2}")]
    Unfit(Field, String, Unfit),
    #[error("Users would take this for Latchkey itself. Choose another name.")]
    AppNameOurs,
    #[error("Paste a public key, as PEM or JWK: P-256 (ES256), Ed25519 (EdDSA), or RSA of 2048 bits or more (RS256).")]
    PublicKeyMalformed,
}

/// Why an address, a scope or an algorithm is not for an application, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Unfit {
    #[error("Write a whole address, like https://example.com/callback.")]
    NoAddress,
    #[error("Shorten it to 512 characters.")]
    TooLong,
    #[error("Remove the part that begins with #.")]
    Fragment,
    #[error("Write each address out. A * isn't replaced.")]
    Wildcard,
    #[error("Remove the user name and password.")]
    Credentials,
    #[error("Use https. http is for the user's own computer only: http://127.0.0.1.")]
    Http,
    #[error("Use https. Only a phone or desktop app may have an address like com.example.app:/callback.")]
    Scheme,
    /// As browsers would send it, so that comparing bytes is enough.
    #[error("Write it as {0}")]
    Spelling(String),
    #[error("Remove it. A service logs no one in.")]
    OfService,
    #[error("Use letters, digits and : . _ - / only, at most 64.")]
    Letters,
    #[error("Choose RS256, or leave it empty for the algorithm of access tokens.")]
    Algorithm,
}

/// Why a new password would be guessed soon, and what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Guessable {
    #[error("This is one of the most common passwords. Use a short sentence of your own.")]
    Common,
    #[error("This is close to a common password. Add a few unrelated words.")]
    NearCommon,
    #[error("Swapping letters for symbols, like @ for a, doesn't help. Add a few unrelated words.")]
    Swapped,
    #[error("Reversed words are easy to guess. Add a few unrelated words.")]
    Backwards,
    #[error("A single word is easy to guess. Add a few unrelated words.")]
    Word,
    #[error("Names are easy to guess. Add a few unrelated words.")]
    Name,
    #[error("Keyboard patterns are easy to guess. Use a few unrelated words.")]
    Keys,
    #[error("Repeating something doesn't help. Use a few unrelated words.")]
    Repeated,
    #[error("Sequences like abcd or 6543 are easy to guess. Use a few unrelated words.")]
    Sequence,
    #[error("Dates are easy to guess. Add a few unrelated words.")]
    Date,
    #[error("This is easy to guess. Add a word or two.")]
    Plain,
    #[error("Don't use your email address in your password.")]
    HoldsEmail,
    #[error("Don't use your name in your password.")]
    HoldsName,
    #[error("Don't use the word “latchkey” in your password.")]
    HoldsProduct,
}

/// What to say when no answer came: the one sentence that the browser has to know by itself.
pub const OFFLINE: &str = "We couldn't reach the server. Check your connection and try again.";

/// The fields that an error can stand at, as they are called in the page and in the answer to its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray, Serialize, Deserialize)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Field {
    Email,
    Name,
    /// One that is chosen now, or that logs in.
    Password,
    /// The one that proves again who is logged in.
    CurrentPassword,
    Reason,
    Title,
    Body,
    /// Of the second factor.
    Code,
    /// The words that must be typed before something is gone for good.
    Confirmation,
    /// Of an application: where users are sent back to.
    Redirects,
    Logouts,
    /// Where the application is told of logouts.
    Backchannel,
    Scopes,
    /// Of its ID tokens.
    IdTokenAlg,
    /// That an application's assertions are verified with.
    PublicKey,
}

/// Of what was typed.
const SHOWN_CHARS: usize = 100;

impl Invalid {
    pub fn unfit(field: Field, typed: &str, why: Unfit) -> Self {
        let more = if typed.chars().nth(SHOWN_CHARS).is_some() { "…" } else { "" };
        Self::Unfit(field, format!("{}{more}", typed.chars().take(SHOWN_CHARS).collect::<String>()), why)
    }

    pub fn field(&self) -> Field {
        match self {
            Self::EmailMissing
            | Self::EmailMalformed
            | Self::EmailTooLong
            | Self::EmailLookAlike
            | Self::EmailUndeliverable
            | Self::EmailUnchanged => Field::Email,
            Self::NameMissing
            | Self::NameTooLong
            | Self::NameControl
            | Self::AppNameMissing
            | Self::AppNameTooLong
            | Self::AppNameOurs => Field::Name,
            Self::RedirectsMissing => Field::Redirects,
            Self::TooManyScopes => Field::Scopes,
            Self::TooManyAddresses(field) | Self::Unfit(field, ..) => *field,
            Self::PublicKeyMalformed => Field::PublicKey,
            Self::PasswordMissing
            | Self::PasswordTooShort(_)
            | Self::PasswordTooLong
            | Self::PasswordGuessable(_)
            | Self::PasswordUnchanged => Field::Password,
            Self::CurrentPasswordMissing => Field::CurrentPassword,
            Self::ReasonMissing | Self::ReasonTooLong => Field::Reason,
            Self::CodeMissing | Self::CodeMalformed | Self::RecoveryCodeMalformed | Self::DeviceCodeWrong => {
                Field::Code
            }
            Self::ConfirmationWrong => Field::Confirmation,
            Self::TitleTooLong => Field::Title,
            Self::BodyTooLong => Field::Body,
        }
    }
}

impl AppError {
    /// The HTTP status of this error.
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
            Self::Busy | Self::Collided | Self::Offline | Self::LabFull | Self::Measuring => 503,
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

    /// The field that is wrong, the first of several.
    pub fn first_field(&self) -> Option<Field> {
        match self {
            Self::Invalid(list) => list.first().map(|invalid| invalid.field()),
            Self::WrongPassword => Some(Field::CurrentPassword),
            Self::WrongCode | Self::WrongRecoveryCode => Some(Field::Code),
            _ => None,
        }
    }

    /// What to say at `field`, if it is what is wrong.
    pub fn at(&self, field: Field) -> Option<String> {
        match self {
            Self::Invalid(list) => list.iter().find(|invalid| invalid.field() == field).map(ToString::to_string),
            Self::WrongPassword if field == Field::CurrentPassword => Some(self.to_string()),
            Self::WrongCode | Self::WrongRecoveryCode if field == Field::Code => Some(self.to_string()),
            _ => None,
        }
    }

    /// The field that is wrong, where it is the only one.
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
            Self::Busy | Self::Collided | Self::Measuring | Self::TooManyAtOnce => Some(2),
            Self::ExportUnderWay => Some(10),
            _ => None,
        }
    }

    pub fn internal() -> Self {
        Self::Internal { request_id: None }
    }
}

impl From<Invalid> for AppError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(vec![invalid])
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

/// "1 note", "2,000 notes".
fn note_words(max: &i64) -> String {
    let noun = if *max == 1 { "note" } else { "notes" };
    format!("{} {noun}", grouped(*max))
}

/// As `ui::number` does, which comes later.
fn grouped(number: i64) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", grouped(number / 1000), number % 1000) }
}

/// The number of a request, as sixteen hexadecimal digits everywhere: log, header, page, JSON.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RequestNumber(pub u64);

impl fmt::Display for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<RequestNumber> for String {
    fn from(number: RequestNumber) -> Self {
        number.to_string()
    }
}

impl TryFrom<String> for RequestNumber {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(Self)
    }
}

#[cfg(feature = "ssr")]
mod server {
    use super::AppError;
    use crate::base::collision::Collision;

    impl Collision for AppError {
        fn is_collision(&self) -> bool {
            *self == Self::Collided
        }
    }

    /// Faults become one opaque variant; the cause is logged here, once (ASVS 16.5.1).
    macro_rules! opaque {
        ($($fault:ty),+) => {$(
            impl From<$fault> for AppError {
                fn from(fault: $fault) -> Self {
                    tracing::error!(error = %fault, "internal error");
                    Self::internal()
                }
            }
        )+};
    }
    opaque!(jsonwebtoken::errors::Error, serde_json::Error, argon2::password_hash::Error, tokio::task::JoinError);

    /// A session store that fails is a database that is away.
    impl From<tower_sessions::session::Error> for AppError {
        fn from(fault: tower_sessions::session::Error) -> Self {
            tracing::error!(error = %fault, "session store error");
            Self::Busy
        }
    }

    impl From<sqlx::Error> for AppError {
        fn from(fault: sqlx::Error) -> Self {
            if let sqlx::Error::Database(error) = &fault
                && error.code().as_deref() == Some("22021")
            {
                // A zero byte, which PostgreSQL stores in no text: no one types one.
                return Self::BadRequest;
            }
            if fault.is_collision() {
                tracing::warn!(error = %fault, "a transaction collided with another one");
                return Self::Collided;
            }
            tracing::error!(error = %fault, "database error");
            let away = match &fault {
                sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::Io(_)
                // A balancer takes the connection and closes it, in the middle of the greeting.
                | sqlx::Error::Protocol(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::WorkerCrashed => true,
                sqlx::Error::Database(error) => is_away(&**error),
                _ => false,
            };
            if away { Self::Busy } else { Self::internal() }
        }
    }

    /// The database said that it cannot now: PostgreSQL when it stops, starts, or is full (57P01 to 57P03, 53300), or has
    /// stopped a statement that took too long (57014); SQLite when another process is writing, after its time-out.
    fn is_away(error: &dyn sqlx::error::DatabaseError) -> bool {
        let code = error.code();
        let stops = matches!(code.as_deref(), Some("57P01" | "57P02" | "57P03" | "53300" | "57014"));
        stops || error.message().contains("database is locked")
    }
}
