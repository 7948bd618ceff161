//! What happened, in words for the person it happened to. Server side.
//!
//! Both lists are closed: a new kind of event, or of end, does not compile without its sentence.

use super::{Entry, Tone};
use crate::{
    audit::log::store::EventRow,
    auth::{
        event::{Actor, Kind},
        revocations::EndReason,
    },
};

/// The entry of an event, for who reads it in the session `sid`.
pub fn entry(row: &EventRow, sid: &str) -> Entry {
    let Told { words, tone, deniable } = told(row);
    let here = !sid.is_empty() && row.sid == sid;
    // To have logged in here is what the reader has just done.
    let deniable = deniable && !(here && row.event == Kind::LoggedIn.into_str());
    let EventRow { id, at, ip, device, .. } = row.clone();
    Entry { id, at, words, device, ip, here, tone, deniable }
}

/// Neighbours that `say_the_same` become one entry, the newest, with their number.
pub fn fold(entries: &[Entry], say_the_same: impl Fn(&Entry, &Entry) -> bool) -> Vec<Entry> {
    let groups = entries.chunk_by(|one, next| say_the_same(one, next));
    groups.filter_map(|group| Some(counted(group.first()?.clone(), group.len()))).collect()
}

fn counted(mut entry: Entry, times: usize) -> Entry {
    if times > 1 {
        entry.words = format!("{} ({times} times)", entry.words.trim_end_matches('.'));
    }
    entry
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

/// "You changed your password.", "An administrator changed your password.": who, and what they did. Nobody can deny
/// what somebody else is known to have done.
fn did(row: &EventRow, what: &str) -> Told {
    said(format!("{} {what}.", who(row)))
}

/// Names no other person.
fn who(row: &EventRow) -> &'static str {
    match Actor::from_text(&row.actor) {
        Actor::User(id) if id == row.subject => "You",
        Actor::User(_) => "An administrator",
        Actor::CommandLine => "Whoever runs this server",
        Actor::System => "Latchkey",
        Actor::Unknown => "Somebody",
    }
}

fn told(row: &EventRow) -> Told {
    let Ok(kind) = row.event.parse::<Kind>() else {
        return said("Something happened that this version cannot name.");
    };
    match kind {
        Kind::SignedUp => did(row, "signed up"),
        Kind::LoggedIn => did(row, "logged in").deniable(),
        Kind::LogInFailed => said("Somebody tried to log in with a wrong password.").alarm(),
        Kind::SessionEnded => ended(row),
        // Why is between the administrators and the log: their form says so.
        Kind::ForceLogout => did(row, "logged you out"),
        Kind::AdminCreated => said("The account was made, as an administrator."),
        Kind::Reauthenticated => did(row, "confirmed that it is you").quiet(),
        Kind::ReauthenticationFailed => said("A wrong password was entered where you are logged in.").alarm(),
        Kind::PasswordChanged => did(row, "changed your password").deniable(),
        Kind::RoleChanged => did(row, "changed your role"),
        Kind::KeyRotated => did(row, "made a signing key"),
        Kind::KeyRevoked => did(row, "killed a signing key"),
        Kind::EmailVerified => did(row, "confirmed your e-mail address"),
        Kind::ResetAsked => said("Somebody asked for a link to choose a new password."),
        Kind::PasswordReset => said("A new password was chosen with a link from a mail.").deniable(),
        Kind::NewEmailAsked => did(row, "asked to change your e-mail address").deniable(),
        Kind::EmailChanged => did(row, "changed your e-mail address").deniable(),
        Kind::EmailTakenBack => said("Your e-mail address went back to the one before."),
        Kind::NameChanged => did(row, "changed your name").deniable(),
        Kind::SecondFactorOn => did(row, "turned on your second factor").deniable(),
        Kind::SecondFactorOff => did(row, "turned off your second factor").deniable(),
        Kind::SecondFactorGoes => {
            said("A link from a mail said that something was not you: your second factor goes in three days.").alarm()
        }
        Kind::SecondFactorKept => did(row, "called off the removal of your second factor").deniable(),
        Kind::SecondFactorFailed => said("The right password and then a wrong code was entered.").alarm().deniable(),
        Kind::RecoveryCodesMade => did(row, "made new recovery codes").deniable(),
        Kind::RecoveryCodesRemoved => did(row, "removed your recovery codes").deniable(),
        Kind::RecoveryCodeUsed => did(row, "used a recovery code").deniable(),
        Kind::DeviceTrusted => did(row, "chose to trust a device: it is asked for no second factor").deniable(),
        Kind::DeviceForgotten => did(row, "took the trust from a device"),
        Kind::NewDevice => said(format!("A log-in from a new device: {}.", row.device)).alarm().deniable(),
        Kind::Guessing => said("Somebody entered many wrong passwords or codes in a row.").alarm(),
        Kind::NotMe => did(row, "said that something was not you, and ended every session").alarm(),
        Kind::DataExported => did(row, "downloaded your data").deniable(),
        Kind::AccountDeleted => did(row, "deleted your account"),
        // Why is between the administrators and the log, as with a force-logout.
        Kind::AccountDisabled => did(row, "disabled your account"),
        Kind::AccountEnabled => did(row, "enabled your account again"),
        Kind::ResetStarted => did(row, "had a link sent to you to choose a new password"),
        Kind::SecondFactorRemoved => did(row, "removed your second factor"),
        Kind::EveryoneLoggedOut => did(row, "logged everyone out"),
        Kind::AuditExported => did(row, "exported the audit log"),
        Kind::AuditResumed => did(row, "let the audit log go on"),
    }
}

/// The log-in page speaks of "this session"; here it is one of several.
fn ended(row: &EventRow) -> Told {
    let Some(reason) = end_reason(row) else { return said("A session ended.") };
    match reason {
        EndReason::LoggedOut => said("You logged out.").quiet(),
        EndReason::Replaced => said("You logged in again in the same browser.").quiet(),
        EndReason::ByUser => said("You ended a session from another device."),
        EndReason::PasswordChanged => said("Your other sessions ended because of the new password.").quiet(),
        EndReason::PasswordReset => said("Every session ended because of the new password.").quiet(),
        EndReason::SecondFactorChanged => {
            said("Your other sessions ended because the second factor was turned on or off.").quiet()
        }
        EndReason::GaveWay => said("A session that was unused for long gave way to a newer one.").quiet(),
        EndReason::NotMe => said("Every session was ended, because something was not you.").quiet(),
        EndReason::TheftSuspected => {
            let EventRow { ip, reason, .. } = row;
            let from = format!("It looks as if somebody used a copy of your session ({reason}, from {ip})");
            said(format!("{from}, so it was ended.")).alarm()
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

fn end_reason(row: &EventRow) -> Option<EndReason> {
    let details: serde_json::Value = serde_json::from_str(&row.details).ok()?;
    details["end_reason"].as_str()?.parse().ok()
}
