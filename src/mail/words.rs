//! What each mail says. Server side.

use crate::{
    auth::{links::Purpose, outbox::Notification},
    base::mailer::letter::{Button, Letter},
    ui::when::{minute, span},
};

/// Who signed up confirms the address.
pub fn confirm(issuer: &str, token: &str) -> Letter {
    Letter {
        subject: "Confirm your e-mail address",
        paragraphs: vec![format!(
            "Somebody, most likely you, signed up at {issuer} with this address. Open the link to confirm that it is \
             yours."
        )],
        links: vec![link("Confirm my address", issuer, "/verify", token)],
        hints: vec![
            works_for(Purpose::Verify),
            "If you did not sign up, ignore this mail: without the link nobody can show that your address is theirs."
                .into(),
        ],
        ..Letter::default()
    }
}

/// Somebody signed up with the address of an account.
pub fn has_account(issuer: &str) -> Letter {
    Letter {
        subject: "You have an account already",
        paragraphs: vec![
            format!(
                "Somebody, most likely you, tried to sign up at {issuer} with this address. It has an account \
                 already, so nothing has changed."
            ),
            "Log in instead. If you do not remember the password, choose a new one.".into(),
        ],
        links: vec![
            Button { words: "Log in", url: format!("{issuer}/login") },
            Button { words: "Choose a new password", url: format!("{issuer}/forgot") },
        ],
        hints: vec!["If it was not you, there is nothing to do: whoever it was learned nothing about you.".into()],
        ..Letter::default()
    }
}

/// Who forgot the password chooses a new one.
pub fn reset(issuer: &str, name: String, token: &str) -> Letter {
    Letter {
        subject: "Choose a new password",
        name,
        paragraphs: vec![format!(
            "Somebody, most likely you, asked for a new password for the account at {issuer} with this address. Open \
             the link to choose one. You will be logged out everywhere."
        )],
        links: vec![link("Choose a new password", issuer, "/reset", token)],
        hints: vec![
            works_for(Purpose::Reset),
            "If it was not you, ignore this mail: your password stays as it is. Show the link to nobody.".into(),
        ],
        ..Letter::default()
    }
}

/// As [`reset`], when an administrator has started it.
pub fn reset_started(issuer: &str, name: String, token: &str) -> Letter {
    Letter {
        subject: "Choose a new password",
        name,
        paragraphs: vec![format!(
            "An administrator asks you to choose a new password for your account at {issuer}. Open the link to do so; \
             nobody but you will know it. You will be logged out everywhere."
        )],
        links: vec![link("Choose a new password", issuer, "/reset", token)],
        hints: vec![
            works_for(Purpose::Reset),
            format!(
                "After that, ask for another one at {issuer}/forgot. Show the link to nobody, to no administrator either."
            ),
        ],
        ..Letter::default()
    }
}

/// To the address that an account is to have.
pub fn new_email(issuer: &str, token: &str) -> Letter {
    Letter {
        subject: "Confirm your new e-mail address",
        paragraphs: vec![format!(
            "Somebody, most likely you, asked that an account at {issuer} has this address from now on. Open the link \
             to confirm that it is yours."
        )],
        links: vec![link("Use this address", issuer, "/verify-email", token)],
        hints: vec![
            works_for(Purpose::NewEmail),
            "If you did not ask for it, ignore this mail: the account keeps the address that it has.".into(),
        ],
        ..Letter::default()
    }
}

/// To the owner of an address that somebody else wanted for their account.
pub fn email_taken(issuer: &str, name: String) -> Letter {
    Letter {
        subject: "Somebody tried to use your e-mail address",
        name,
        paragraphs: vec![
            format!(
                "Somebody with another account at {issuer} asked that it has this address from now on. Your account \
                 has it already, so nothing has changed."
            ),
            "If that was you, you have two accounts: log in with this address to come to the one that it belongs to."
                .into(),
        ],
        links: vec![Button { words: "Log in", url: format!("{issuer}/login") }],
        hints: vec!["If it was not you, there is nothing to do.".into()],
        ..Letter::default()
    }
}

/// To every address that an account has or had lately: who has the second factor, and who wants to be rid of it?
pub fn factor_goes(issuer: &str, name: String, at: i64, token: &str) -> Letter {
    let when = minute(at);
    Letter {
        subject: "Your second factor will be removed",
        name,
        paragraphs: vec![
            format!(
                "Somebody who reads a mail of ours said that something at your account at {issuer} was not them. Had a \
                 thief turned on the second factor, it would lock the owner out. So what was made of it in the last \
                 {} will be removed.",
                span(Purpose::NotMe.lifetime_ms())
            ),
            format!("Until {when} a log-in asks for a code as before. After that the password is enough."),
        ],
        facts: vec![("Removed at", when)],
        links: vec![link("Keep the second factor", issuer, "/second-factor/keep", token)],
        hints: vec![
            "If you want it removed, there is nothing to do but to wait.".into(),
            "If not, open the link, or log in with a code: either calls the removal off.".into(),
        ],
    }
}

/// What an operator sends to see whether mail works.
pub fn test(issuer: &str) -> Letter {
    Letter {
        subject: "Mail works",
        paragraphs: vec![format!("Latchkey at {issuer} can send mail: this is the test that somebody asked for.")],
        hints: vec!["If you do not run this server, somebody mistyped an address: ignore this mail.".into()],
        ..Letter::default()
    }
}

/// What happened to an account, and from where.
#[derive(Clone, Debug)]
pub struct Happened<'a> {
    pub news: Notification,
    pub device: &'a str,
    pub ip: &'a str,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// How many recovery codes there are, where one was used.
    pub codes_left: Option<i64>,
}

/// To the owner of an account. `token`: of the link that ends everything; none where nothing is left to end.
pub fn news(issuer: &str, name: String, happened: &Happened<'_>, token: Option<&str>) -> Letter {
    let (subject, what) = news_words(happened.news);
    let left = match happened.codes_left {
        Some(0) => " You have none left.".to_owned(),
        Some(left) => format!(" You have {left} left."),
        None => String::new(),
    };
    let fact = |name, value: &str| (!value.is_empty()).then(|| (name, value.to_owned()));
    let facts = [
        fact("What", subject),
        fact("Device", happened.device),
        fact("Network address", happened.ip),
        fact("When", &minute(happened.at)),
    ];
    let by_administrator = happened.news.is_by_administrator();
    let hints = match token {
        Some(_) => vec![
            if by_administrator {
                "If you know why, there is nothing to do."
            } else {
                "If this was you, there is nothing to do."
            }
            .to_owned(),
            format!(
                "If it was not, open the link: it logs out everybody, you too, and lets you choose a new password. It \
                 works once, for {}.",
                span(Purpose::NotMe.lifetime_ms())
            ),
        ],
        None if by_administrator => vec![format!("If you do not know why, write to whoever runs {issuer}.")],
        None => vec![format!("If this was not you, write to whoever runs {issuer}.")],
    };
    Letter {
        subject,
        name,
        paragraphs: vec![format!("{what}{left} This is about your account at {issuer}.")],
        facts: facts.into_iter().flatten().collect(),
        links: token.map(|token| link("This was not me", issuer, "/not-me", token)).into_iter().collect(),
        hints,
    }
}

/// The subject, and a sentence.
fn news_words(news: Notification) -> (&'static str, &'static str) {
    match news {
        Notification::NewDevice => {
            ("New log-in to your account", "Somebody logged in with a browser that we have not seen before.")
        }
        Notification::PasswordChanged => {
            ("Your password was changed", "The password was changed; every other device was logged out.")
        }
        Notification::PasswordReset => (
            "A new password was chosen for your account",
            "A new password was chosen with a link from a mail; every device was logged out.",
        ),
        Notification::EmailChanged => (
            "The e-mail address of your account was changed",
            "Your account has another e-mail address from now on. This mail goes to the one before, and is the last. If it was not you, the link below brings this address back.",
        ),
        Notification::SecondFactorOn => (
            "The second factor was turned on",
            "From now on a log-in asks for a code from the authenticator app, besides the password.",
        ),
        Notification::SecondFactorOff => (
            "The second factor was turned off",
            "From now on a log-in asks for the password only, and for no code any more.",
        ),
        Notification::SecondFactorKept => (
            "Your second factor stays",
            "Somebody opened the link that calls off its removal. A log-in goes on asking for a code.",
        ),
        Notification::RecoveryCodesMade => {
            ("New recovery codes were made", "New recovery codes were made; those before work no more.")
        }
        Notification::RecoveryCodeUsed => {
            ("A recovery code was used", "A recovery code was used in place of the code from the authenticator app.")
        }
        Notification::Guessing => (
            "Somebody is guessing at your account",
            "Many wrong passwords or codes were entered, one after the other. Such tries are slowed down.",
        ),
        Notification::AccountDeleted => {
            ("Your account was deleted", "The account and what belonged to it are gone. There will be no further mail.")
        }
        Notification::AccountDisabled => (
            "Your account was disabled",
            "An administrator disabled the account. Nobody is logged in to it any more, and nobody can log in; what belongs to it is kept.",
        ),
        Notification::AccountEnabled => (
            "Your account was enabled again",
            "An administrator enabled the account again. You can log in with your password.",
        ),
        Notification::RoleChanged => {
            ("The role of your account was changed", "An administrator changed what your account may do here.")
        }
        Notification::SecondFactorRemoved => (
            "Your second factor was removed",
            "An administrator removed the second factor and logged the account out everywhere. From now on a log-in asks for the password only. Set up a new one soon.",
        ),
    }
}

/// The token alone stands in the address: it needs no encoding.
fn link(words: &'static str, issuer: &str, path: &str, token: &str) -> Button {
    Button { words, url: format!("{issuer}{path}?token={token}") }
}

fn works_for(purpose: Purpose) -> String {
    format!("The link works once, for {}.", span(purpose.lifetime_ms()))
}
