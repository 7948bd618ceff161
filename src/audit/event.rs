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

    pub fn from_text(text: &str) -> Self {
        match text {
            "cli" => Self::CommandLine,
            "system" => Self::System,
            "" => Self::Unknown,
            id => Self::User(id.to_owned()),
        }
    }
}

/// One list: a kind that is added here does not compile before it has its words in `activity/words.rs` and
/// in `admin/audit_log/words.rs`.
macro_rules! kinds {
    ($($kind:ident = $text:literal,)+) => {
        /// The kinds of event. The names are stored: rename none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($kind,)+
        }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            pub fn as_text(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)+
                }
            }

            pub fn from_text(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_text() == text)
            }
        }
    };
}

kinds! {
    SignedUp = "signed_up",
    LoggedIn = "logged_in",
    LogInFailed = "log_in_failed",
    SessionEnded = "session_ended",
    ForceLogout = "force_logout",
    AdminCreated = "admin_created",
    Reauthenticated = "reauthenticated",
    ReauthenticationFailed = "reauthentication_failed",
    PasswordChanged = "password_changed",
    RoleChanged = "role_changed",
    KeyRotated = "key_rotated",
    KeyKilled = "key_killed",
    EmailVerified = "email_verified",
    ResetAsked = "reset_asked",
    PasswordReset = "password_reset",
    NewEmailAsked = "new_email_asked",
    EmailChanged = "email_changed",
    EmailTakenBack = "email_taken_back",
    NameChanged = "name_changed",
    SecondFactorOn = "second_factor_on",
    SecondFactorOff = "second_factor_off",
    SecondFactorGoes = "second_factor_goes",
    SecondFactorKept = "second_factor_kept",
    SecondFactorFailed = "second_factor_failed",
    RecoveryCodesMade = "recovery_codes_made",
    RecoveryCodesRemoved = "recovery_codes_removed",
    RecoveryCodeUsed = "recovery_code_used",
    DeviceTrusted = "device_trusted",
    DeviceForgotten = "device_forgotten",
    NewDevice = "new_device",
    Guessing = "guessing",
    NotMe = "not_me",
    DataExported = "data_exported",
    AccountDeleted = "account_deleted",
    AccountDisabled = "account_disabled",
    AccountEnabled = "account_enabled",
    ResetStarted = "reset_started",
    SecondFactorRemoved = "second_factor_removed",
    EveryoneLoggedOut = "everyone_logged_out",
    AuditExported = "audit_exported",
    AuditResumed = "audit_resumed",
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
