//! What each mail says. Server side.

use crate::{
    auth::{links::Purpose, outbox::Notification, users::Role},
    base::{
        email::masked,
        mailer::letter::{Button, Letter},
    },
    ui::when::{moment, span},
};

/// Who signed up confirms the address.
pub fn confirm(issuer: &str, token: &str) -> Letter {
    Letter {
        subject: "Confirm your email address",
        paragraphs: vec![format!(
            "Thanks for signing up to Latchkey at {issuer}. Confirm your email address to finish."
        )],
        links: vec![link("Confirm email", issuer, "/verify", token)],
        hints: vec![works_for(Purpose::Verify), "If you didn't sign up, you can ignore this email.".into()],
        ..Letter::default()
    }
}

/// Someone signed up with the address of an account.
pub fn has_account(issuer: &str) -> Letter {
    Letter {
        subject: "You already have an account",
        paragraphs: vec![
            format!(
                "You (or someone else) tried to sign up at {issuer} with this email address. You already have an account."
            ),
            "Log in instead. If you've forgotten your password, you can reset it.".into(),
        ],
        links: vec![
            Button { words: "Log in", url: format!("{issuer}/login") },
            Button { words: "Reset password", url: format!("{issuer}/forgot") },
        ],
        hints: vec!["If this wasn't you, you can ignore this email. Nothing has changed.".into()],
        ..Letter::default()
    }
}

/// Why someone gets a link to a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetCause {
    /// Anyone can ask for it.
    Forgot,
    /// The owner reported suspicious activity, or whoever else could.
    NotMe,
    Administrator,
}

/// To choose a new password. `locked`: the account has no password until then, so nothing may promise that it stays.
pub fn reset(issuer: &str, name: String, token: &str, cause: ResetCause, locked: bool) -> Letter {
    const NEW_PASSWORD: &str = "Choose a new password";
    let (subject, button) = match cause {
        ResetCause::Forgot => ("Reset your password", "Reset password"),
        ResetCause::NotMe | ResetCause::Administrator => (NEW_PASSWORD, NEW_PASSWORD),
    };
    let state = match (locked, cause) {
        (true, _) => Some("Your account is locked until you choose a new password."),
        (false, ResetCause::NotMe) => Some("Until then your old one keeps working."),
        (false, _) => None,
    };
    let mut hints = vec![works_for(Purpose::Reset)];
    hints.extend(reset_hints(issuer, cause));
    Letter {
        subject,
        name,
        paragraphs: std::iter::once(why_reset(issuer, cause)).chain(state.map(str::to_owned)).collect(),
        links: vec![link(button, issuer, "/reset", token)],
        hints,
        ..Letter::default()
    }
}

fn why_reset(issuer: &str, cause: ResetCause) -> String {
    match cause {
        ResetCause::Forgot => format!(
            "We received a request to reset your password at {issuer}. Choosing a new password logs you out everywhere."
        ),
        ResetCause::NotMe => format!(
            "You (or someone using your account) reported suspicious activity at {issuer}, so we logged you out \
             everywhere. Choose a new password."
        ),
        ResetCause::Administrator => format!(
            "An administrator has asked you to choose a new password for your account at {issuer}. Only you will know \
             it. You'll be logged out everywhere."
        ),
    }
}

fn reset_hints(issuer: &str, cause: ResetCause) -> Vec<String> {
    let another = format!("After that, request another link at {issuer}/forgot.");
    match cause {
        ResetCause::Forgot => vec![
            "If you didn't ask for this, ignore this email and your password won't change. Never share this link."
                .into(),
        ],
        ResetCause::NotMe => vec![format!("{another} Never share this link.")],
        ResetCause::Administrator => {
            vec![
                format!("{another} Never share this link, not even with an administrator."),
                "If you weren't expecting this, contact your administrator.".into(),
            ]
        }
    }
}

/// To the address that an account is to have.
pub fn new_email(issuer: &str, token: &str) -> Letter {
    Letter {
        subject: "Confirm your new email address",
        paragraphs: vec![format!(
            "You (or someone else) asked to use this email address for an account at {issuer}. Confirm it to start \
             using it."
        )],
        links: vec![link("Confirm email", issuer, "/verify-email", token)],
        hints: vec![
            works_for(Purpose::NewEmail),
            "If you didn't ask for this, ignore this email and nothing will change.".into(),
        ],
        ..Letter::default()
    }
}

/// To the owner of an address that someone else wanted for their account.
pub fn email_taken(issuer: &str, name: String) -> Letter {
    Letter {
        subject: "Someone tried to use your email address",
        name,
        paragraphs: vec![
            format!(
                "Someone asked to use this email address for another account at {issuer}. It already belongs to your \
                 account, so nothing has changed."
            ),
            "If it was you, you have two accounts. Log in with this email address to use this one.".into(),
        ],
        links: vec![Button { words: "Log in", url: format!("{issuer}/login") }],
        hints: vec!["If this wasn't you, you don't need to do anything.".into()],
        ..Letter::default()
    }
}

/// To every address that an account has or had lately: who has set up two-factor authentication, and who wants it gone?
pub fn factor_goes(issuer: &str, name: String, at: i64, token: &str) -> Letter {
    let when = moment(at);
    Letter {
        subject: "Two-factor authentication will be removed",
        name,
        paragraphs: vec![
            format!(
                "Someone used a link from one of our emails to report suspicious activity on your account at {issuer}. \
                 An attacker could have turned on two-factor authentication to lock you out, so we'll remove whatever \
                 was set up in the last {}.",
                span(Purpose::NotMe.lifetime_ms())
            ),
            format!("Until {when} you still need a code to log in. After that your password is enough."),
        ],
        facts: vec![("Removed on", when)],
        links: vec![link("Keep two-factor authentication", issuer, "/second-factor/keep", token)],
        hints: vec![
            "If you want it removed, you don't need to do anything.".into(),
            "If not, open the link, or log in with a code. Either one cancels the removal.".into(),
        ],
    }
}

/// What an operator sends to see whether email works.
pub fn test(issuer: &str) -> Letter {
    Letter {
        subject: "Test email",
        paragraphs: vec![format!("This is a test email from Latchkey at {issuer}. Email is working.")],
        hints: vec!["If you don't run this server, you can ignore this email. Someone mistyped an address.".into()],
        ..Letter::default()
    }
}

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

/// To the owner of an account. `token`: of the link that secures the account; none where that helps nobody.
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
    let Happened { news, help, .. } = happened;
    let (was_you, was_not_you) = match news.is_by_administrator() {
        true => ("If you asked for this", "If you weren't expecting this"),
        false => ("If this was you", "If this wasn't you"),
    };
    match (can_secure, news.is_by_administrator()) {
        (true, _) => vec![
            format!("{was_you}, you don't need to do anything."),
            format!(
                "{was_not_you}, secure your account: this logs you out everywhere and lets you choose a new password. \
                 The link works once, within {}.",
                span(Purpose::NotMe.lifetime_ms())
            ),
        ],
        (false, true) => vec![format!("If you weren't expecting this, contact {help}.")],
        (false, false) => vec![format!("If this wasn't you, contact {help}.")],
    }
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
        Notification::RoleChanged => return ("Your role was changed", role_changed(happened.roles)),
        Notification::SecondFactorRemoved => (
            "Two-factor authentication was removed",
            "An administrator removed two-factor authentication from your account and logged you out everywhere. You can \
             now log in with just your password. Turn it on again soon.",
        ),
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

/// The token alone stands in the address: it needs no encoding.
fn link(words: &'static str, issuer: &str, path: &str, token: &str) -> Button {
    Button { words, url: format!("{issuer}{path}?token={token}") }
}

fn works_for(purpose: Purpose) -> String {
    format!("The link works once, within {}.", span(purpose.lifetime_ms()))
}
