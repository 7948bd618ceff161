//! A receipt in words, as the administrator reads it. Server side.

use crate::{
    auth::{
        instances::{Confirmation, confirm},
        revocations::set::STALE_AFTER,
        sessions::Receipt,
    },
    base::{number::counted, text::isolated},
};

/// Names of who is late; the rest is counted. The words travel to the next page in a cookie.
const NAMES_MAX: usize = 3;

impl Receipt {
    pub fn words(&self) -> String {
        confirmed(self.own_words(), &self.instances)
    }

    /// Whether every live instance has confirmed.
    pub fn is_confirmed(&self) -> bool {
        self.instances.iter().all(|instance| instance.milliseconds.is_some())
    }

    fn own_words(&self) -> String {
        let Self { sessions_ended, tokens_possibly_live, milliseconds, .. } = *self;
        let sessions = counted(sessions_ended, "session", "sessions");
        let tokens = counted(tokens_possibly_live, "token", "tokens");
        let here = if self.is_confirmed() { "" } else { " here" };
        let own = match (sessions_ended, tokens_possibly_live) {
            (0, 0) => "No sessions were active. Any remaining tokens have been revoked.".into(),
            (0, _) => format!("Up to {tokens} revoked{here}, in {milliseconds} ms."),
            (_, 0) => format!("{sessions} ended{here}, in {milliseconds} ms."),
            _ => format!("{sessions} ended and up to {tokens} revoked{here}, in {milliseconds} ms."),
        };
        format!("{own}{}", self.words_of_applications())
    }

    /// What connected applications lost, and who was told; empty where there were none.
    pub fn words_of_applications(&self) -> String {
        let Self { refresh_tokens, applications, ref told, ref act, .. } = *self;
        let (lost, tokens) = (
            counted(applications, "connected application", "connected applications"),
            counted(refresh_tokens, "refresh token", "refresh tokens"),
        );
        let lost = if applications == 0 { String::new() } else { format!(" {lost} lost access, with {tokens}.") };
        let told = match told.len() {
            n @ 1.. if act.is_empty() => format!(" {} being told.", counted(n, "application is", "applications are")),
            _ => told_words(told),
        };
        format!("{lost}{told}")
    }
}

/// With what the instances say. One alone is the one that says this.
pub fn confirmed(own: String, instances: &[Confirmation]) -> String {
    let alone = matches!(instances, [] | [Confirmation { milliseconds: Some(_), .. }]);
    if alone { own } else { format!("{own} {}", confirmed_words(instances)) }
}

/// How many instances have confirmed, how long the slowest took, and who has not.
pub fn confirmed_words(instances: &[Confirmation]) -> String {
    let (slowest, late) = slowest_and_late(instances);
    let (all, confirmed) = (instances.len(), instances.len() - late.len());
    match (slowest, &*late) {
        (Some(ms), []) if all == 1 => format!("Confirmed by 1 instance in {ms} ms."),
        (Some(ms), []) => format!("Confirmed by all {all} instances in {ms} ms."),
        (Some(ms), late) => {
            format!("Confirmed by {confirmed} of {all} instances in {ms} ms. {}", late_words(late))
        }
        (None, late) => late_words(late),
    }
}

/// How many applications were told that the user is logged out, how long the slowest took, and who was not.
fn told_words(applications: &[Confirmation]) -> String {
    let (slowest, late) = slowest_and_late(applications);
    let told = counted(applications.len() - late.len(), "application", "applications");
    let told = slowest.map(|ms| format!(" {told} told in {ms} ms.")).unwrap_or_default();
    match &*late {
        [] => told,
        // Or its answer wasn't 200: its page says which.
        [name] => format!("{told} {} hasn't confirmed yet. We keep trying.", isolated(name)),
        _ => format!("{told} {} haven't confirmed yet. We keep trying.", names(&late)),
    }
}

/// How many milliseconds the slowest took, and the names of who has not confirmed.
fn slowest_and_late(all: &[Confirmation]) -> (Option<u64>, Vec<&str>) {
    let late = all.iter().filter(|one| one.milliseconds.is_none()).map(|one| &*one.name).collect();
    (all.iter().filter_map(|one| one.milliseconds).max(), late)
}

fn names(all: &[&str]) -> String {
    let names = all.iter().take(NAMES_MAX).map(|name| isolated(name)).collect::<Vec<_>>().join(", ");
    if all.len() > NAMES_MAX { format!("{names} and {} more", all.len() - NAMES_MAX) } else { names }
}

fn late_words(late: &[&str]) -> String {
    let names = names(late);
    let (waited, within) = (confirm::WAIT.as_secs(), STALE_AFTER.as_secs());
    if late.len() == 1 {
        format!("{names} hasn't confirmed within {waited} s. It checks the database by itself within {within} s.")
    } else {
        format!("{names} haven't confirmed within {waited} s. They check the database by themselves within {within} s.")
    }
}
