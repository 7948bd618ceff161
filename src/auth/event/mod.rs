//! One security event, and who did it. Server side.

pub mod store;

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::base::caller::Caller;

/// Who acts. A user by id, the command line, or the program itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User(String),
    CommandLine,
    System,
    /// Someone unproven, such as a failed login.
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

    pub fn from_text(text: &str) -> Self {
        match text {
            "cli" => Self::CommandLine,
            "system" => Self::System,
            "" => Self::Unknown,
            id => Self::User(id.to_owned()),
        }
    }
}

/// Stored by name: rename none. A new one needs words in `pages/activity/words.rs` and `pages/admin/audit_log/words.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "snake_case")]
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
    #[strum(serialize = "key_killed")]
    KeyRevoked,
    EmailVerified,
    ResetAsked,
    PasswordReset,
    NewEmailAsked,
    EmailChanged,
    EmailTakenBack,
    NameChanged,
    SecondFactorOn,
    SecondFactorOff,
    SecondFactorGoes,
    SecondFactorKept,
    SecondFactorFailed,
    RecoveryCodesMade,
    RecoveryCodesRemoved,
    RecoveryCodeUsed,
    DeviceTrusted,
    DeviceForgotten,
    NewDevice,
    Guessing,
    NotMe,
    DataExported,
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    ResetStarted,
    SecondFactorRemoved,
    EveryoneLoggedOut,
    AuditExported,
    AuditResumed,
    AppRegistered,
    AppChanged,
    AppSecretCreated,
    AppSecretRemoved,
    AppDisabled,
    AppEnabled,
    AppDeleted,
    AppConnected,
    AppDisconnected,
    TokenReused,
}

/// What is written down. Never a secret, never a password, never a token.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: Kind,
    pub actor: Actor,
    /// Id of the user it happened to; empty when there is none. No name and no address of theirs stands anywhere in an
    /// event: what is written here outlives the account.
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

    /// From where: address, and browser in words. Who calls from nowhere, as the command line does, leaves both empty.
    #[must_use]
    pub fn from_caller(mut self, caller: &Caller) -> Self {
        if *caller != Caller::default() {
            self.ip.clone_from(&caller.ip);
            self.device = caller.device();
        }
        self
    }
}
