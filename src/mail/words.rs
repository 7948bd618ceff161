//! What each mail says that asks for something or has a link to a form. Server side.

use crate::{
    auth::links::Purpose,
    base::mailer::letter::{Button, Letter},
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
pub enum ResetCause<'a> {
    /// Anyone can ask for it.
    Forgot,
    /// The owner reported suspicious activity, or whoever else could.
    NotMe,
    /// `help`: whom to ask about it.
    Administrator { help: &'a str },
}

/// To choose a new password. `locked`: the account has no password until then, so nothing may promise that it stays.
pub fn reset(issuer: &str, name: String, token: &str, cause: ResetCause<'_>, locked: bool) -> Letter {
    const NEW_PASSWORD: &str = "Choose a new password";
    let (subject, button) = match cause {
        ResetCause::Forgot => ("Reset your password", "Reset password"),
        ResetCause::NotMe | ResetCause::Administrator { .. } => (NEW_PASSWORD, NEW_PASSWORD),
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

fn why_reset(issuer: &str, cause: ResetCause<'_>) -> String {
    match cause {
        ResetCause::Forgot => format!(
            "We received a request to reset your password at {issuer}. Choosing a new password logs you out everywhere."
        ),
        ResetCause::NotMe => format!(
            "You (or someone using your account) reported suspicious activity at {issuer}, so we logged you out \
             everywhere. Choose a new password."
        ),
        ResetCause::Administrator { .. } => format!(
            "An administrator has asked you to choose a new password for your account at {issuer}. Only you will know \
             it. You'll be logged out everywhere."
        ),
    }
}

fn reset_hints(issuer: &str, cause: ResetCause<'_>) -> Vec<String> {
    let another = format!("After that, request another link at {issuer}/forgot.");
    match cause {
        ResetCause::Forgot => vec![
            "If you didn't ask for this, ignore this email and your password won't change. Never share this link."
                .into(),
        ],
        ResetCause::NotMe => vec![format!("{another} Never share this link.")],
        ResetCause::Administrator { help } => {
            vec![
                format!("{another} Never share this link, not even with an administrator."),
                format!("If you weren't expecting this, contact {help}."),
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

/// The token alone stands in the address: it needs no encoding.
pub fn link(words: &'static str, issuer: &str, path: &str, token: &str) -> Button {
    Button { words, url: format!("{issuer}{path}?token={token}") }
}

fn works_for(purpose: Purpose) -> String {
    format!("The link works once, within {}.", span(purpose.lifetime_ms()))
}
