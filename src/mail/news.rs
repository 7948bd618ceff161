//! What a mail says that tells the owner of an account what happened to it. Server side.

use super::words::link;
use crate::{
    auth::{links::Purpose, outbox::Notification, users::Role},
    base::{email::masked, mailer::letter::Letter},
    ui::when::{moment, span},
};

/// What happened to an account, and from where.
#[derive(Clone, Debug)]
pub struct Happened<'a> {
    pub news: Notification,
    /// The old and the new role, where that is the news.
    pub roles: Option<(Role, Role)>,
    /// Where the news is of the address: the one that the account has now.
    pub new_email: &'a str,
    pub device: &'a str,
    pub ip: &'a str,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// How many recovery codes there are, where one was used.
    pub codes_left: Option<i64>,
    /// Whom to write to.
    pub help: &'a str,
}

/// To the owner of an account. `token`: of the link that secures the account; none where that helps no one.
pub fn news(issuer: &str, name: String, happened: &Happened<'_>, token: Option<&str>) -> Letter {
    let (subject, what) = news_words(happened);
    let left = match happened.codes_left {
        Some(0) => " You have none left.".to_owned(),
        Some(left) => format!(" You have {left} left."),
        None => String::new(),
    };
    let fact = |name, value: &str| (!value.is_empty()).then(|| (name, value.to_owned()));
    let facts = [
        fact("Event", subject),
        fact("Device", happened.device),
        fact("IP address", happened.ip),
        fact("Time", &moment(happened.at)),
    ];
    Letter {
        subject,
        name,
        paragraphs: vec![format!("{what}{left} This is about your account at {issuer}.")],
        facts: facts.into_iter().flatten().collect(),
        links: token.map(|token| link("Secure my account", issuer, "/not-me", token)).into_iter().collect(),
        hints: news_hints(happened, token.is_some()),
    }
}

fn news_hints(happened: &Happened<'_>, can_secure: bool) -> Vec<String> {
    let (was_you, was_not_you) = match happened.news.is_by_administrator() {
        true => ("If you asked for this", "If you weren't expecting this"),
        false => ("If this was you", "If this wasn't you"),
    };
    if !can_secure {
        return vec![format!("{was_not_you}, contact {}.", happened.help)];
    }
    vec![
        format!("{was_you}, you don't need to do anything."),
        format!(
            "{was_not_you}, secure your account: this logs you out everywhere and lets you choose a new password. The \
             link works once, within {}.",
            span(Purpose::NotMe.lifetime_ms())
        ),
    ]
}

/// The subject, and a sentence or two.
fn news_words(happened: &Happened<'_>) -> (&'static str, String) {
    let (subject, words) = match happened.news {
        Notification::NewDevice => ("New login to your account", "Your account was logged in to from a new device."),
        Notification::PasswordChanged => {
            ("Your password was changed", "Your password was changed and all other devices were logged out.")
        }
        Notification::PasswordReset => (
            "Your password was reset",
            "Your password was reset with a link we emailed you. All devices were logged out.",
        ),
        Notification::EmailChanged => return ("Your email address was changed", email_changed(happened.new_email)),
        Notification::SecondFactorOn => {
            ("Two-factor authentication was turned on", "You'll now need a code from your authenticator app to log in.")
        }
        Notification::SecondFactorOff => {
            ("Two-factor authentication was turned off", "You can now log in with just your password.")
        }
        Notification::SecondFactorKept => (
            "Two-factor authentication stays on",
            "Someone opened the link that cancels its removal. You still need a code to log in.",
        ),
        Notification::RecoveryCodesMade => {
            ("New recovery codes were created", "Your old recovery codes no longer work.")
        }
        Notification::RecoveryCodeUsed => ("A recovery code was used", "A recovery code was used to log in."),
        Notification::Guessing => (
            "Repeated failed logins to your account",
            "There were many failed attempts to log in to your account. We've slowed further attempts down.",
        ),
        Notification::TokenReused => (
            "Someone may have copied an application's access",
            "Two devices used the same access of an application to your account, so we ended it. The application's page \
             under \u{201c}Account\u{201d}, \u{201c}Activity\u{201d} shows both. Connect it again if you still use it.",
        ),
        Notification::AccountDeleted => (
            "Your account was deleted",
            "Your account and everything in it has been deleted. You won't hear from us again.",
        ),
        Notification::AccountDisabled => (
            "Your account was disabled",
            "An administrator disabled your account. You've been logged out and can't log in. Your data has been kept.",
        ),
        Notification::AccountEnabled => (
            "Your account was enabled",
            "An administrator enabled your account again. You can log in with your password.",
        ),
        Notification::SecondFactorRemoved => (
            "Two-factor authentication was removed",
            "An administrator removed two-factor authentication from your account and logged you out everywhere. You can \
             now log in with just your password. Turn it on again soon.",
        ),
        Notification::RoleChanged => return ("Your role was changed", role_changed(happened.roles)),
    };
    (subject, words.into())
}

fn email_changed(new_email: &str) -> String {
    let to = if new_email.is_empty() { String::new() } else { format!(" to {}", masked(new_email)) };
    format!(
        "Your account's email address was changed{to}. This is the last email we'll send to your old address. If this \
         wasn't you, use the link below to restore it."
    )
}

/// A mail that was queued before mails named the roles has none.
fn role_changed(roles: Option<(Role, Role)>) -> String {
    let Some((from, to)) = roles else { return "An administrator changed your role.".into() };
    let [from, to] = [from, to].map(|role| role.words().to_lowercase());
    format!("An administrator changed your role from {from} to {to}.")
}
