//! What happened, in words for the person it happened to. Server side.
//!
//! Both lists are closed: a new kind of event, or of end, does not compile without its sentence.

use serde_json::Value;

use super::{Entry, Tone};
use crate::{
    audit::log::store::EventRow,
    auth::{
        event::{Actor, Kind},
        revocations::EndReason,
    },
    base::text::isolated,
};

/// The entry of an event, for who reads it in the session `sid`.
pub fn entry(row: &EventRow, sid: &str) -> Entry {
    let Told { words, tone, deniable } = told(row);
    let here = !sid.is_empty() && row.sid == sid;
    // To have logged in here is what the reader has just done.
    let is_login = [Kind::LoggedIn, Kind::NewDevice].iter().any(|kind| row.event == kind.into_str());
    let deniable = deniable && !(here && is_login);
    let EventRow { id, at, ip, device, .. } = row.clone();
    // Where an administrator sits is not for whom they throw out.
    let is_by_another = matches!(Actor::from_text(&row.actor), Actor::User(id) if id != row.subject);
    let (ip, device) = if is_by_another { Default::default() } else { (ip, device) };
    Entry { id, at, words, device, ip, here, tone, deniable }
}

/// The entries of events, the newest first. A new device is said once: its event tells of the login just before it.
pub fn entries(rows: &[EventRow], sid: &str) -> Vec<Entry> {
    let is_told = |newer: &EventRow, row: &EventRow| {
        newer.event == Kind::NewDevice.into_str()
            && row.event == Kind::LoggedIn.into_str()
            && !row.sid.is_empty()
            && newer.sid == row.sid
    };
    let newer = std::iter::once(None).chain(rows.iter().map(Some));
    let untold = rows.iter().zip(newer).filter(|(row, newer)| !newer.is_some_and(|newer| is_told(newer, row)));
    untold.map(|(row, _)| entry(row, sid)).collect()
}

/// Neighbours that `say_the_same` become one entry, the newest, with their number.
pub fn fold(entries: &[Entry], say_the_same: impl Fn(&Entry, &Entry) -> bool) -> Vec<Entry> {
    let groups = entries.chunk_by(|one, next| say_the_same(one, next));
    let counted = groups.filter_map(|group| {
        let mut entry = group.first()?.clone();
        if group.len() > 1 {
            entry.words = format!("{} ({} times)", entry.words.trim_end_matches('.'), group.len());
        }
        Some(entry)
    });
    counted.collect()
}

struct Told {
    words: String,
    tone: Tone,
    deniable: bool,
}

impl Told {
    fn quiet(self) -> Self {
        Self { tone: Tone::Quiet, ..self }
    }

    fn alarm(self) -> Self {
        Self { tone: Tone::Alarm, ..self }
    }

    fn deniable(self) -> Self {
        Self { deniable: true, ..self }
    }
}

fn said(words: impl Into<String>) -> Told {
    Told { words: words.into(), tone: Tone::Plain, deniable: false }
}

/// "You changed your password.", "An administrator changed your password.": who, and what they did. No one can deny
/// what someone else is known to have done.
fn did(row: &EventRow, what: &str) -> Told {
    said(format!("{} {what}.", who(row)))
}

/// Names no other person.
fn who(row: &EventRow) -> &'static str {
    match Actor::from_text(&row.actor) {
        Actor::User(id) if id == row.subject => "You",
        Actor::User(_) => "An administrator",
        Actor::CommandLine => "The server operator",
        Actor::System => "Latchkey",
        Actor::Unknown => "Someone",
    }
}

fn told(row: &EventRow) -> Told {
    let Ok(kind) = row.event.parse::<Kind>() else {
        return said("An event that this version cannot name.");
    };
    match kind {
        Kind::SignedUp => did(row, "signed up"),
        Kind::LoggedIn => did(row, "logged in").deniable(),
        Kind::LogInFailed => match row.details()["account"].as_str() {
            Some("disabled") => said("Failed login: your account was disabled").alarm(),
            Some(_) => said("Failed login: your email address wasn't confirmed").alarm(),
            None => said("Failed login: wrong password").alarm(),
        },
        Kind::SessionEnded => ended(row),
        // Why is between the administrators and the log: their form says so.
        Kind::ForceLogout => did(row, "logged you out"),
        Kind::AdminCreated => did(row, "created this account as administrator"),
        Kind::Reauthenticated => did(row, "confirmed your password").quiet(),
        Kind::ReauthenticationFailed => said("Failed password confirmation").alarm(),
        Kind::PasswordChanged => did(row, "changed your password").deniable(),
        Kind::RoleChanged => did(row, "changed your role"),
        Kind::KeyRotated => did(row, "created a signing key"),
        Kind::KeyRevoked => did(row, "revoked a signing key"),
        Kind::EmailVerified => did(row, "confirmed your email address"),
        Kind::ResetAsked => said("Someone requested a link to reset your password."),
        Kind::PasswordReset => said("You reset your password.").deniable(),
        Kind::NewEmailAsked => did(row, "asked to change your email address").deniable(),
        Kind::EmailChanged => did(row, "changed your email address").deniable(),
        Kind::EmailTakenBack => said("Your previous email address was restored."),
        Kind::NameChanged => did(row, "changed your name").deniable(),
        Kind::SecondFactorOn => did(row, "turned on two-factor authentication").deniable(),
        Kind::SecondFactorOff => did(row, "turned off two-factor authentication").deniable(),
        Kind::SecondFactorGoes => {
            said("Someone used a link from an email to report suspicious activity. Two-factor authentication will be turned off in 3 days.")
                .alarm()
        }
        Kind::SecondFactorKept => did(row, "kept two-factor authentication on").deniable(),
        Kind::SecondFactorFailed => said("Failed login: correct password, wrong code").alarm().deniable(),
        Kind::RecoveryCodesMade => did(row, "created new recovery codes").deniable(),
        Kind::RecoveryCodesRemoved => did(row, "deleted your recovery codes").deniable(),
        Kind::RecoveryCodeUsed => match row.details()["left"].as_i64() {
            Some(left) => did(row, &format!("used a recovery code ({left} left)")).deniable(),
            None => did(row, "used a recovery code").deniable(),
        },
        Kind::DeviceTrusted => did(row, "trusted a device, so we don't ask for a code there").deniable(),
        Kind::DeviceForgotten => did(row, "removed a trusted device"),
        Kind::NewDevice => said(format!("New device: {}", row.device)).alarm().deniable(),
        Kind::Guessing => said("Many failed logins in a row").alarm(),
        Kind::NotMe => did(row, "reported suspicious activity and logged out everywhere").alarm(),
        Kind::DataExported => did(row, "downloaded your data").deniable(),
        Kind::AccountDeleted => did(row, "deleted your account"),
        // Why is between the administrators and the log, as with a force logout.
        Kind::AccountDisabled => did(row, "disabled your account"),
        Kind::AccountEnabled => did(row, "enabled your account again"),
        Kind::ResetStarted => did(row, "sent you a link to choose a new password"),
        Kind::SecondFactorRemoved => did(row, "turned off your two-factor authentication"),
        Kind::EveryoneLoggedOut => did(row, "logged everyone out"),
        Kind::AuditExported => did(row, "exported the audit log"),
        Kind::AuditResumed => did(row, "resumed the audit log"),
        Kind::AppRegistered => did(row, &format!("registered the application {}", application(row))).deniable(),
        Kind::AppChanged => did(row, &format!("changed the application {}", application(row))).deniable(),
        Kind::AppSecretCreated => did(row, &format!("added a secret or public key to {}", application(row))).deniable(),
        Kind::AppSecretRemoved => did(row, &format!("removed a secret or public key of {}", application(row))),
        Kind::AppDisabled => did(row, &format!("disabled the application {}", application(row))),
        Kind::AppEnabled => did(row, &format!("enabled the application {}", application(row))),
        Kind::AppDeleted => did(row, &format!("deleted the application {}", application(row))),
        Kind::AppConnected => did(row, &format!("allowed {} access to your account", application(row))).deniable(),
        Kind::AppDisconnected => did(row, &format!("disconnected {}", application(row))),
        Kind::TokenReused => reused(row),
    }
}

/// The login page speaks of "this session"; here it is one of several.
fn ended(row: &EventRow) -> Told {
    let details = row.details();
    let reason = details["end_reason"].as_str().and_then(|reason| reason.parse().ok());
    let Some(reason) = reason else { return said("A session ended.") };
    match reason {
        EndReason::LoggedOut => said("You logged out.").quiet(),
        EndReason::Replaced => said("You logged in again in the same browser.").quiet(),
        EndReason::ByUser => match details["sessions"].as_i64() {
            Some(n @ 2..) => said(format!("You logged out {n} other devices.")),
            _ => said("You logged out another device."),
        },
        EndReason::PasswordChanged => {
            said("You were logged out on your other devices because you changed your password.").quiet()
        }
        EndReason::PasswordReset => said("You were logged out everywhere because you reset your password.").quiet(),
        EndReason::SecondFactorChanged => {
            said("You were logged out on your other devices because you turned two-factor authentication on or off.")
                .quiet()
        }
        EndReason::GaveWay => said(gave_way(&details)).quiet(),
        EndReason::NotMe => said("You were logged out everywhere because you reported suspicious activity.").quiet(),
        EndReason::TheftSuspected => {
            let EventRow { ip, reason, .. } = row;
            said(format!("Someone may have copied your session ({reason}, from {ip}), so we ended it.")).alarm()
        }
        EndReason::Idle
        | EndReason::Expired
        | EndReason::SecretLost
        | EndReason::RoleChanged
        | EndReason::Disabled
        | EndReason::ByAdmin
        | EndReason::EveryoneLoggedOut
        | EndReason::SecondFactorRemoved
        | EndReason::AccountDeleted => said(reason.sentence()),
    }
}

fn application(row: &EventRow) -> String {
    row.details()["application"].as_str().map_or_else(|| "an application".to_owned(), isolated)
}

/// With both devices: the reader may know one of them.
fn reused(row: &EventRow) -> Told {
    let details = row.details();
    let first = details["first_used_with"].as_str().unwrap_or_default();
    let (name, EventRow { device, ip, .. }) = (application(row), row);
    let from = details["connected_from"].as_str().unwrap_or_default();
    said(format!(
        "Someone may have copied the access of {name}: {first} had used it, then {device} did again from {ip}. It was \
         connected from {from}. We ended it."
    ))
    .alarm()
    .deniable()
}

/// The limit is that of the moment; older events do not name it.
fn gave_way(details: &Value) -> String {
    let out = match details["sessions"].as_i64() {
        Some(n @ 2..) => format!("{n} devices were logged out"),
        _ => "A device was logged out".to_owned(),
    };
    match details["limit"].as_i64() {
        Some(1) => format!("{out} because you can be logged in on 1 device only."),
        Some(limit) => format!("{out} because you reached the limit of {limit} devices."),
        None => format!("{out} because you reached the limit of devices."),
    }
}
