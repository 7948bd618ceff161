//! One security event, and who did it. Server side.

use crate::web::caller::Caller;

/// Who acts. A user by id, the command line, or the program itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User(String),
    CommandLine,
    System,
    /// Somebody who has not proven who they are.
    Unknown,
}

impl Actor {
    /// As it is stored.
    pub fn as_text(&self) -> &str {
        match self {
            Self::User(id) => id,
            Self::CommandLine => "cli",
            Self::System => "system",
            Self::Unknown => "",
        }
    }
}

/// The kinds of event. The names are stored: rename none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SignedUp,
    LoggedIn,
    LogInFailed,
    SessionEnded,
    ForceLogout,
    AdminCreated,
    Reauthenticated,
    ReauthenticationFailed,
    PasswordChanged,
    RoleChanged,
    KeyRotated,
    KeyKilled,
    EmailVerified,
    ResetAsked,
    PasswordReset,
    NewEmailAsked,
    EmailChanged,
    NameChanged,
    SecondFactorOn,
    SecondFactorOff,
    SecondFactorFailed,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    DeviceTrusted,
    DeviceForgotten,
    NewDevice,
    Guessing,
    NotMe,
    DataExported,
    AccountDeleted,
}

impl Kind {
    pub fn as_text(self) -> &'static str {
        match self {
            Self::SignedUp => "signed_up",
            Self::LoggedIn => "logged_in",
            Self::LogInFailed => "log_in_failed",
            Self::SessionEnded => "session_ended",
            Self::ForceLogout => "force_logout",
            Self::AdminCreated => "admin_created",
            Self::Reauthenticated => "reauthenticated",
            Self::ReauthenticationFailed => "reauthentication_failed",
            Self::PasswordChanged => "password_changed",
            Self::RoleChanged => "role_changed",
            Self::KeyRotated => "key_rotated",
            Self::KeyKilled => "key_killed",
            Self::EmailVerified => "email_verified",
            Self::ResetAsked => "reset_asked",
            Self::PasswordReset => "password_reset",
            Self::NewEmailAsked => "new_email_asked",
            Self::EmailChanged => "email_changed",
            Self::NameChanged => "name_changed",
            Self::SecondFactorOn => "second_factor_on",
            Self::SecondFactorOff => "second_factor_off",
            Self::SecondFactorFailed => "second_factor_failed",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::DeviceTrusted => "device_trusted",
            Self::DeviceForgotten => "device_forgotten",
            Self::NewDevice => "new_device",
            Self::Guessing => "guessing",
            Self::NotMe => "not_me",
            Self::DataExported => "data_exported",
            Self::AccountDeleted => "account_deleted",
        }
    }
}

/// What is written down. Never a secret, never a password, never a token.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: Kind,
    pub actor: Actor,
    /// Id of the user it happened to; empty when there is none.
    pub subject: String,
    pub sid: String,
    pub ip: String,
    /// Browser and system in words.
    pub device: String,
    /// The actor's own words.
    pub reason: String,
    pub details: serde_json::Value,
}

impl Event {
    pub fn new(kind: Kind, actor: Actor, subject: &str) -> Self {
        Self {
            kind,
            actor,
            subject: subject.to_owned(),
            sid: String::new(),
            ip: String::new(),
            device: String::new(),
            reason: String::new(),
            details: serde_json::Value::Null,
        }
    }

    /// The event with where it came from.
    pub fn from_caller(self, caller: &Caller) -> Self {
        Self { ip: caller.ip.clone(), device: caller.device(), ..self }
    }
}
