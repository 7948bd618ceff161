//! What happened, in words for who oversees: in the third person, with names. What the person is told is in
//! `pages/activity/words.rs`. Server side.
//!
//! Both lists are closed: a new kind of event, or of end, does not compile without its words.

use serde_json::Value;

use super::PAGE;
use crate::{
    audit::log::store::{EventRow, LogRow},
    auth::{
        event::{Actor, Kind},
        revocations::EndReason,
    },
    pages::admin::phrase::Phrase,
    ui::when::minute,
};

/// What stands in a list of kinds; what is said where actor and subject are one and the same, or there is only one; and
/// what is said otherwise. `{actor}` and `{subject}` stand for the people.
type Said = (&'static str, &'static str, &'static str);

/// What is said the same way, whoever did it.
fn same(label: &'static str, words: &'static str) -> Said {
    (label, words, words)
}

fn said(kind: Kind) -> Said {
    match kind {
        Kind::SignedUp => same("Sign-up", "{actor} signed up"),
        Kind::LoggedIn => same("Login", "{actor} logged in"),
        Kind::LogInFailed => same("Failed login", "Failed login for {subject}: wrong password"),
        Kind::SessionEnded => same("Session ended", "A session of {subject} ended"),
        Kind::ForceLogout => {
            ("Force logout", "{actor} logged themselves out everywhere", "{actor} logged {subject} out")
        }
        Kind::AdminCreated => (
            "Administrator created",
            "{actor} created the first administrator account",
            "{actor} created the administrator account of {subject}",
        ),
        Kind::Reauthenticated => same("Password confirmed", "{actor} confirmed their password"),
        Kind::ReauthenticationFailed => {
            same("Failed password confirmation", "Failed password confirmation for {subject}")
        }
        Kind::PasswordChanged => {
            ("Password changed", "{actor} changed their password", "{actor} changed the password of {subject}")
        }
        Kind::RoleChanged => {
            ("Role changed", "{actor} changed their own role", "{actor} changed the role of {subject}")
        }
        Kind::KeyRotated => same("Signing key created", "{actor} created a signing key"),
        Kind::KeyRevoked => same("Signing key revoked", "{actor} revoked a signing key"),
        Kind::EmailVerified => {
            ("Email confirmed", "{actor} confirmed their email", "{actor} confirmed the email of {subject}")
        }
        Kind::ResetAsked => same("Password reset requested", "Someone requested a password reset for {subject}"),
        Kind::PasswordReset => same("Password reset", "{subject} chose a new password with an emailed link"),
        Kind::NewEmailAsked => same("Email change requested", "{actor} asked to change their email"),
        Kind::EmailChanged => same("Email changed", "{actor} changed their email"),
        Kind::EmailTakenBack => same("Email restored", "{subject} restored their previous email"),
        Kind::NameChanged => same("Name changed", "{actor} changed their name"),
        Kind::SecondFactorOn => same("2FA turned on", "{actor} turned on two-factor authentication"),
        Kind::SecondFactorOff => same("2FA turned off", "{actor} turned off two-factor authentication"),
        Kind::SecondFactorGoes => same(
            "2FA removal started",
            "An emailed link started the removal of two-factor authentication for {subject}",
        ),
        Kind::SecondFactorKept => {
            same("2FA removal cancelled", "{actor} cancelled the removal of two-factor authentication for {subject}")
        }
        Kind::SecondFactorFailed => {
            same("Failed login: wrong code", "Failed login for {subject}: correct password, wrong code")
        }
        Kind::RecoveryCodesMade => same("Recovery codes created", "{actor} created new recovery codes"),
        Kind::RecoveryCodesRemoved => same("Recovery codes removed", "{actor} removed the recovery codes of {subject}"),
        Kind::RecoveryCodeUsed => same("Recovery code used", "{actor} used a recovery code"),
        Kind::DeviceTrusted => same("Device trusted", "{actor} trusted a device"),
        Kind::DeviceForgotten => same("Trusted device removed", "{actor} removed a trusted device"),
        Kind::NewDevice => same("New device", "{subject} logged in from a new device"),
        Kind::Guessing => same("Repeated failed logins", "Many failed logins in a row for {subject}"),
        Kind::NotMe => same("Suspicious activity reported", "{subject} reported suspicious activity"),
        Kind::DataExported => same("Own data downloaded", "{actor} downloaded their data"),
        Kind::AccountDeleted => {
            ("Account deleted", "{actor} deleted their account", "{actor} deleted the account of {subject}")
        }
        Kind::AccountDisabled => {
            ("Account disabled", "{actor} disabled their own account", "{actor} disabled the account of {subject}")
        }
        Kind::AccountEnabled => {
            ("Account enabled", "{actor} enabled their own account", "{actor} enabled the account of {subject}")
        }
        Kind::ResetStarted => (
            "Password reset sent",
            "{actor} sent themselves a password reset",
            "{actor} sent {subject} a password reset",
        ),
        Kind::SecondFactorRemoved => (
            "2FA removed",
            "{actor} removed their own two-factor authentication",
            "{actor} removed the two-factor authentication of {subject}",
        ),
        Kind::EveryoneLoggedOut => same("Everyone logged out", "{actor} logged everyone out"),
        Kind::AuditExported => same("Audit log exported", "{actor} exported the audit log"),
        Kind::AppRegistered => same("Application registered", "{actor} registered an application"),
        Kind::AppChanged => same("Application changed", "{actor} changed an application of {subject}"),
        Kind::AppSecretCreated => {
            same("Application secret added", "{actor} added a secret or public key to an application of {subject}")
        }
        Kind::AppSecretRemoved => {
            same("Application secret removed", "{actor} removed a secret or public key of an application of {subject}")
        }
        Kind::AppDisabled => same("Application disabled", "{actor} disabled an application of {subject}"),
        Kind::AppEnabled => same("Application enabled", "{actor} enabled an application of {subject}"),
        Kind::AppDeleted => same("Application deleted", "{actor} deleted an application of {subject}"),
        Kind::AppConnected => same("Application connected", "{subject} allowed an application access"),
        Kind::AppDisconnected => same("Application disconnected", "{subject} disconnected an application"),
        Kind::TokenReused => {
            same("Refresh token reused", "A refresh token of {subject} was used twice, so the grant ended")
        }
        Kind::AuditResumed => same("Audit log resumed", "{actor} resumed the audit log after a break"),
    }
}

/// The end of a session, by its reason.
fn ended(reason: EndReason) -> &'static str {
    match reason {
        EndReason::LoggedOut => "{subject} logged out",
        EndReason::Replaced => "{subject} logged in again in the same browser, which ended the previous session",
        EndReason::ByUser => "{actor} logged out another device",
        EndReason::ByAdmin => "{actor} ended a session of {subject}",
        EndReason::Idle => "A session of {subject} ended after inactivity",
        EndReason::Expired => "A session of {subject} expired",
        EndReason::Disabled => "The sessions of {subject} ended because the account was disabled",
        EndReason::PasswordChanged => "The other sessions of {subject} ended because of the new password",
        EndReason::PasswordReset => "The sessions of {subject} ended because of the new password",
        EndReason::SecondFactorChanged => "The other sessions of {subject} ended because of two-factor authentication",
        EndReason::SecondFactorRemoved => {
            "The sessions of {subject} ended because two-factor authentication was removed"
        }
        EndReason::GaveWay => "The least recently used session of {subject} ended because of the device limit",
        EndReason::TheftSuspected => "Latchkey ended a session of {subject}: someone may have copied it",
        EndReason::SecretLost => "Latchkey ended a session of {subject}: its browser returned without the new secret",
        EndReason::RoleChanged => "The tokens of {subject} were revoked because of the new role",
        EndReason::NotMe => "The sessions of {subject} ended because of reported suspicious activity",
        EndReason::AccountDeleted => "The sessions of {subject} ended with the account",
        EndReason::EveryoneLoggedOut => "The sessions of {subject} ended because everyone was logged out",
    }
}

/// In a list of kinds.
pub fn label(kind: Kind) -> &'static str {
    said(kind).0
}

/// "Ada disabled the account of Bob", with both as links.
pub fn sentence(entry: &LogRow) -> Vec<Phrase> {
    let (actor, subject) = (actor(entry), person(&entry.row.subject, entry.subject_name.as_deref()));
    let mut parts = Vec::new();
    let mut rest = pattern(&entry.row);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        parts.push(Phrase::text(before));
        parts.push(if name == "actor" { actor.clone() } else { subject.clone() });
        rest = after;
    }
    parts.push(Phrase::text(rest));
    parts.retain(|part| !part.text.is_empty());
    if let Some(first) = parts.first_mut().filter(|part| part.href.is_none()) {
        first.text = capitalised(&first.text);
    }
    parts
}

/// The sentence without links.
pub fn plain(entry: &LogRow) -> String {
    sentence(entry).into_iter().map(|part| part.text).collect()
}

fn pattern(row: &EventRow) -> &'static str {
    let Ok(kind) = row.event.parse::<Kind>() else { return "Unknown event (from another version)" };
    let details = row.details();
    let reason = details["end_reason"].as_str().and_then(|reason| reason.parse().ok());
    match (kind, reason) {
        (Kind::SessionEnded, Some(reason)) => ended(reason),
        // Older events of all sessions name the only one, and have a number.
        (Kind::ForceLogout, _) if !row.sid.is_empty() && details["sessions"].is_null() => ended(EndReason::ByAdmin),
        (Kind::SignedUp, _) if details["address_was_taken"] == true => {
            "{actor} tried to sign up with an email that already has an account"
        }
        (Kind::LogInFailed, _) if details["account"] == "disabled" => {
            "Failed login for {subject}: correct password, but the account is disabled"
        }
        (Kind::LogInFailed, _) if details["account"] == "unconfirmed" => {
            "Failed login for {subject}: correct password, but the email isn't confirmed"
        }
        (Kind::ResetStarted, _) if details["ended_all"] == true => {
            "{actor} sent {subject} a password reset and blocked the password"
        }
        // It belongs to no user.
        (Kind::AppDisabled, _) if row.subject.is_empty() => "{actor} disabled the application of the command line",
        (Kind::AppEnabled, _) if row.subject.is_empty() => "{actor} enabled the application of the command line",
        _ if row.actor == row.subject => said(kind).1,
        _ => said(kind).2,
    }
}

fn actor(entry: &LogRow) -> Phrase {
    match Actor::from_text(&entry.row.actor) {
        Actor::User(id) => person(&id, entry.actor_name.as_deref()),
        Actor::CommandLine => Phrase::text("the command line"),
        Actor::System => Phrase::text("Latchkey"),
        Actor::Unknown => Phrase::text("someone"),
    }
}

fn person(id: &str, name: Option<&str>) -> Phrase {
    match name {
        _ if id.is_empty() => Phrase::text("an unknown account"),
        Some(name) => Phrase::link(name, format!("/admin/users/{id}")),
        None => Phrase::link(format!("deleted user {}", short(id)), format!("{PAGE}?subject={id}")),
    }
}

/// Enough of an id to tell it from others: the time in it.
fn short(id: &str) -> String {
    let start: String = id.chars().take(13).collect();
    format!("{start}…")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What else was written down, as "name: value", without what the sentence says.
pub fn details(entry: &LogRow) -> Vec<String> {
    let Value::Object(members) = entry.row.details() else { return Vec::new() };
    let told = |name: &str| matches!(name, "end_reason" | "address_was_taken" | "account" | "ended_all");
    let members = members.into_iter().filter(|(name, _)| !told(name));
    members.map(|(name, value)| format!("{}: {}", name.replace('_', " "), shown(&name, value))).collect()
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
