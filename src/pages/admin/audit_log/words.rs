//! What happened, in words for who oversees: in the third person, with names. What the person is told is in
//! `pages/activity/words.rs`. Server side.
//!
//! Both lists are closed: a new kind of event, or of end, does not compile without its words.

use serde_json::Value;

use super::{PAGE, Part};
use crate::{
    audit::log::store::LogRow,
    auth::{
        event::{Actor, Kind},
        revocations::EndReason,
    },
    ui::when::minute,
};

/// `{actor}` and `{subject}` stand for the people.
struct Said {
    /// In a list of kinds.
    label: &'static str,
    /// Where they are one and the same, or there is only one.
    own: &'static str,
    other: &'static str,
}

/// What is said the same way, whoever did it.
fn same(label: &'static str, words: &'static str) -> Said {
    Said { label, own: words, other: words }
}

/// What people do to their own account, and somebody else to another's.
fn two(label: &'static str, own: &'static str, other: &'static str) -> Said {
    Said { label, own, other }
}

fn said(kind: Kind) -> Said {
    match kind {
        Kind::SignedUp => same("Sign-up", "{actor} signed up"),
        Kind::LoggedIn => same("Log-in", "{actor} logged in"),
        Kind::LogInFailed => same("Failed log-in", "A wrong password was entered for {subject}"),
        Kind::SessionEnded => same("End of a session", "A session of {subject} ended"),
        Kind::ForceLogout => {
            two("Force-logout", "{actor} logged themselves out everywhere", "{actor} logged {subject} out")
        }
        Kind::AdminCreated => same("Administrator made", "{actor} made the administrator {subject}"),
        Kind::Reauthenticated => same("Proof of identity", "{actor} confirmed who they are"),
        Kind::ReauthenticationFailed => {
            same("Failed proof", "A wrong password was entered where {subject} is logged in")
        }
        Kind::PasswordChanged => {
            two("Password changed", "{actor} changed their password", "{actor} changed the password of {subject}")
        }
        Kind::RoleChanged => {
            two("Role changed", "{actor} changed their own role", "{actor} changed the role of {subject}")
        }
        Kind::KeyRotated => same("Signing key made", "{actor} made a signing key"),
        Kind::KeyRevoked => same("Signing key killed", "{actor} killed a signing key"),
        Kind::EmailVerified => {
            two("E-mail confirmed", "{actor} confirmed their e-mail", "{actor} confirmed the e-mail of {subject}")
        }
        Kind::ResetAsked => {
            same("Password reset asked for", "Somebody asked for a link to a new password for {subject}")
        }
        Kind::PasswordReset => same("Password reset", "{subject} chose a new password with a link from a mail"),
        Kind::NewEmailAsked => same("New e-mail asked for", "{actor} asked to change their e-mail"),
        Kind::EmailChanged => same("E-mail changed", "{actor} changed their e-mail"),
        Kind::EmailTakenBack => same("E-mail taken back", "The e-mail of {subject} went back to the one before"),
        Kind::NameChanged => same("Name changed", "{actor} changed their name"),
        Kind::SecondFactorOn => same("Second factor on", "{actor} turned on their second factor"),
        Kind::SecondFactorOff => same("Second factor off", "{actor} turned off their second factor"),
        Kind::SecondFactorGoes => {
            same("Second factor to go", "A link from a mail began the removal of what {subject} has as a second factor")
        }
        Kind::SecondFactorKept => {
            same("Second factor kept", "{actor} called off the removal of the second factor of {subject}")
        }
        Kind::SecondFactorFailed => same("Wrong code", "A wrong code came after the right password of {subject}"),
        Kind::RecoveryCodesMade => same("Recovery codes made", "{actor} made new recovery codes"),
        Kind::RecoveryCodesRemoved => same("Recovery codes removed", "{actor} removed the recovery codes of {subject}"),
        Kind::RecoveryCodeUsed => same("Recovery code used", "{actor} used a recovery code"),
        Kind::DeviceTrusted => same("Device trusted", "{actor} chose to trust a device"),
        Kind::DeviceForgotten => same("Trust taken away", "{actor} took the trust from a device"),
        Kind::NewDevice => same("New device", "{subject} logged in from a new device"),
        Kind::Guessing => same("Guessing", "Many wrong passwords or codes in a row were entered for {subject}"),
        Kind::NotMe => same("“This was not me”", "{subject} said that something was not them"),
        Kind::DataExported => same("Own data downloaded", "{actor} downloaded their data"),
        Kind::AccountDeleted => {
            two("Account deleted", "{actor} deleted their account", "{actor} deleted the account of {subject}")
        }
        Kind::AccountDisabled => {
            two("Account disabled", "{actor} disabled their own account", "{actor} disabled the account of {subject}")
        }
        Kind::AccountEnabled => {
            two("Account enabled", "{actor} enabled their own account", "{actor} enabled the account of {subject}")
        }
        Kind::ResetStarted => two(
            "Password reset started",
            "{actor} had a link to a new password sent to themselves",
            "{actor} had a link to a new password sent to {subject}",
        ),
        Kind::SecondFactorRemoved => two(
            "Second factor removed",
            "{actor} removed their own second factor",
            "{actor} removed the second factor of {subject}",
        ),
        Kind::EveryoneLoggedOut => same("Everyone logged out", "{actor} logged everyone out"),
        Kind::AuditExported => same("Audit log exported", "{actor} exported the audit log"),
        Kind::AuditResumed => same("Audit log resumed", "{actor} let the audit log go on after a break"),
    }
}

/// The end of a session, by its reason.
fn ended(reason: EndReason) -> &'static str {
    match reason {
        EndReason::LoggedOut => "{subject} logged out",
        EndReason::Replaced => "{subject} logged in again in the same browser, which ended the session before",
        EndReason::ByUser => "{actor} ended a session of theirs from another device",
        EndReason::ByAdmin => "{actor} ended a session of {subject}",
        EndReason::Idle => "A session of {subject} ended, unused for long",
        EndReason::Expired => "A session of {subject} reached its end",
        EndReason::Disabled => "The sessions of {subject} ended, because the account was disabled",
        EndReason::PasswordChanged => "The other sessions of {subject} ended because of the new password",
        EndReason::PasswordReset => "The sessions of {subject} ended because of the new password",
        EndReason::SecondFactorChanged => "The other sessions of {subject} ended because of the second factor",
        EndReason::SecondFactorRemoved => "The sessions of {subject} ended, because the second factor was removed",
        EndReason::GaveWay => "A session of {subject}, unused for long, gave way to a newer one",
        EndReason::TheftSuspected => "A session of {subject} was ended: somebody used a copy of it",
        EndReason::SecretLost => "A session of {subject} was ended: its browser came back without the new secret",
        EndReason::RoleChanged => "The tokens of {subject} ended because of the new role",
        EndReason::NotMe => "The sessions of {subject} were ended, because something was not them",
        EndReason::AccountDeleted => "The sessions of {subject} ended with the account",
        EndReason::EveryoneLoggedOut => "The sessions of {subject} ended with everybody's",
    }
}

/// In a list of kinds.
pub fn label(kind: Kind) -> &'static str {
    said(kind).label
}

/// "Ada disabled the account of Bob", with both as links.
pub fn sentence(row: &LogRow) -> Vec<Part> {
    let (actor, subject) = (actor(row), person(&row.subject, row.subject_name.as_deref()));
    let mut parts = Vec::new();
    let mut rest = pattern(row);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        parts.push(text(before));
        parts.push(if name == "actor" { actor.clone() } else { subject.clone() });
        rest = after;
    }
    parts.push(text(rest));
    parts.retain(|part| !part.text.is_empty());
    if let Some(first) = parts.first_mut().filter(|part| part.href.is_none()) {
        first.text = capitalised(&first.text);
    }
    parts
}

/// The sentence without links.
pub fn plain(row: &LogRow) -> String {
    sentence(row).into_iter().map(|part| part.text).collect()
}

fn pattern(row: &LogRow) -> &'static str {
    let Ok(kind) = row.event.parse::<Kind>() else { return "Something happened that this version cannot name" };
    let details = parsed(&row.details);
    let reason = details["end_reason"].as_str().and_then(|reason| reason.parse().ok());
    match (kind, reason) {
        (Kind::SessionEnded, Some(reason)) => ended(reason),
        // Of all sessions there is a number.
        (Kind::ForceLogout, _) if details["sessions"].is_null() => "{actor} ended a session of {subject}",
        (Kind::SignedUp, _) if details["address_was_taken"] == true => {
            "{actor} tried to sign up with an e-mail that has an account"
        }
        _ if row.actor == row.subject => said(kind).own,
        _ => said(kind).other,
    }
}

fn actor(row: &LogRow) -> Part {
    match Actor::from_text(&row.actor) {
        Actor::User(id) => person(&id, row.actor_name.as_deref()),
        Actor::CommandLine => text("the command line"),
        Actor::System => text("Latchkey"),
        Actor::Unknown => text("somebody"),
    }
}

fn person(id: &str, name: Option<&str>) -> Part {
    match name {
        _ if id.is_empty() => text("an unknown account"),
        Some(name) => Part { text: name.to_owned(), href: Some(format!("/admin/users/{id}")) },
        None => Part { text: format!("deleted user {}", short(id)), href: Some(format!("{PAGE}?subject={id}")) },
    }
}

/// Enough of an id to tell it from others: the time in it.
fn short(id: &str) -> String {
    let start: String = id.chars().take(13).collect();
    format!("{start}…")
}

fn text(text: &str) -> Part {
    Part { text: text.to_owned(), href: None }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn parsed(details: &str) -> Value {
    serde_json::from_str(details).unwrap_or_default()
}

/// What else was written down: name and value, without what the sentence says.
pub fn details(row: &LogRow) -> Vec<(String, String)> {
    let Value::Object(members) = parsed(&row.details) else { return Vec::new() };
    let told = |name: &str| matches!(name, "end_reason" | "address_was_taken");
    let members = members.into_iter().filter(|(name, _)| !told(name));
    members.map(|(name, value)| (name.replace('_', " "), shown(&name, value))).collect()
}

fn shown(name: &str, value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Number(number) if name.ends_with("_from") || name.ends_with("_at") => {
            number.as_i64().map_or_else(|| number.to_string(), minute)
        }
        Value::Null => "none".into(),
        other => other.to_string(),
    }
}
