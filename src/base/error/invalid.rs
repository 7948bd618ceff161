//! What may be wrong with what was typed; its sentence; its field. Both sides.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use thiserror::Error;

use super::AppError;

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
    #[error("Choose a password.")]
    NewPasswordMissing,
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
    #[error("Enter at least one scope, such as openid.")]
    ScopesMissing,
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
    #[error(
        "Use https. A phone or desktop app may have one with a dot before the colon, like com.example.app:/callback."
    )]
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
            Self::ScopesMissing | Self::TooManyScopes => Field::Scopes,
            Self::TooManyAddresses(field) | Self::Unfit(field, ..) => *field,
            Self::PublicKeyMalformed => Field::PublicKey,
            Self::PasswordMissing
            | Self::NewPasswordMissing
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

impl From<Invalid> for AppError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(vec![invalid])
    }
}
