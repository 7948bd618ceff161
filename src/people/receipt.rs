//! A receipt in words, as the administrator reads it. Server side.

use crate::auth::{
    instances::{Confirmation, confirm},
    revocations::set::STALE_AFTER,
    sessions::Receipt,
};

/// Names of instances that are late; the rest is counted. The words travel to the next page in a cookie.
const NAMES_MAX: usize = 3;

impl Receipt {
    pub fn words(&self) -> String {
        let own = self.own_words();
        // One instance alone is the one that says this.
        let alone = matches!(&*self.instances, [] | [Confirmation { milliseconds: Some(_), .. }]);
        if alone { own } else { format!("{own} {}", confirmed_words(&self.instances)) }
    }

    /// Whether every live instance has confirmed.
    pub fn is_confirmed(&self) -> bool {
        self.instances.iter().all(|instance| instance.milliseconds.is_some())
    }

    fn own_words(&self) -> String {
        let Self { sessions_ended, tokens_possibly_live, milliseconds, .. } = *self;
        if sessions_ended == 0 && tokens_possibly_live == 0 {
            return "Nothing was live. Whatever token may still be out there is refused from now on.".into();
        }
        format!(
            "{} ended, {} possibly live. All of it is refused{}; that took {milliseconds} ms.",
            counted(sessions_ended, "session", "sessions"),
            counted(tokens_possibly_live, "token was", "tokens were"),
            if self.is_confirmed() { "" } else { " here" },
        )
    }
}

/// How many instances have confirmed, how long the slowest took, and who has not.
pub fn confirmed_words(instances: &[Confirmation]) -> String {
    let slowest = instances.iter().filter_map(|instance| instance.milliseconds).max();
    let late: Vec<&str> =
        instances.iter().filter(|one| one.milliseconds.is_none()).map(|one| one.name.as_str()).collect();
    let (all, confirmed) = (instances.len(), instances.len() - late.len());
    match (slowest, &*late) {
        (Some(ms), []) if all == 1 => format!("1 instance confirmed within {ms} ms."),
        (Some(ms), []) => format!("All {all} instances confirmed within {ms} ms."),
        (Some(ms), late) => {
            format!("{confirmed} of {all} instances confirmed within {ms} ms. {}", late_words(late))
        }
        (None, late) => late_words(late),
    }
}

fn late_words(late: &[&str]) -> String {
    let mut names = late.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
    if late.len() > NAMES_MAX {
        names = format!("{names} and {} more", late.len() - NAMES_MAX);
    }
    let (waited, within) = (confirm::WAIT.as_secs(), STALE_AFTER.as_secs());
    if late.len() == 1 {
        format!("{names} has not confirmed within {waited} s: it asks the database by itself within {within} s.")
    } else {
        format!("{names} have not confirmed within {waited} s: they ask the database by themselves within {within} s.")
    }
}

fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}
