//! Section 4 of the Lab: what can go wrong. Each experiment attacks the demo user's own session, through the front door.

#[cfg(feature = "ssr")]
pub mod forge;
pub mod list;
pub mod page;
#[cfg(feature = "ssr")]
pub mod play;
#[cfg(feature = "ssr")]
pub mod run;

use serde::{Deserialize, Serialize};

use super::{
    Exchange,
    code::{Cite, CodeLink},
    section::{filled, milliseconds},
};

pub struct Attack {
    pub about: &'static About,
    pub button: &'static str,
    pub links: Vec<CodeLink>,
    pub outcome: Option<Outcome>,
}

/// How it ended; the worse ones later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Serialize, Deserialize)]
pub enum Verdict {
    Held,
    /// No one was let in, but the answers show something else than this experiment: its session ended on the way.
    Disturbed,
    /// A request that must be refused was not. A bug.
    LetIn,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub ran_at: i64,
    pub verdict: Verdict,
    pub words: String,
    pub steps: Vec<Step>,
    pub point: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub by: String,
    pub words: String,
    pub token: Vec<String>,
    pub exchange: Option<Exchange>,
}

pub struct About {
    /// Its address on the page, and in the form.
    pub id: &'static str,
    pub title: &'static str,
    pub what: &'static str,
    pub button: &'static str,
    pub defence: &'static str,
    pub cites: &'static [Cite],
    pub script: Script,
}

pub struct Script {
    pub lines: &'static [Line],
    /// What the answers mean, where the defence held; see [`Told::fill`].
    pub words: &'static str,
}

#[derive(Clone, Copy)]
pub struct Line {
    pub by: Who,
    pub act: Act,
    pub expect: Expect,
    pub words: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Owner,
    Forger,
    Thief,
    OtherSite,
    Administrator,
    Textbook,
}

impl Who {
    pub fn title(self) -> &'static str {
        match self {
            Self::Owner => "Your demo browser",
            Self::Forger => "Your script",
            Self::Thief => "Attacker, on another device",
            Self::OtherSite => "A page at https://evil.example, in your demo browser",
            Self::Administrator => "The Lab's administrator",
            Self::Textbook => "A textbook verifier: signature, issuer, audience and times",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Say,
    LogIn,
    /// Copies the owner's cookies as they are now.
    Steal,
    Renew,
    /// Where the clock is set back.
    RenewEarlier,
    Open(&'static str),
    Confirm,
    LogOut,
    /// From a page of another site; `true`: in a browser that sends Sec-Fetch-Site.
    LogOutElsewhere(bool),
    ForceLogout,
    ChangeRole(&'static str),
    PublicKeys,
    /// Takes it apart, and sends nothing.
    Show(Token),
    Send(Token),
    /// Asks no revocations.
    Verify(Token),
}

/// All but the newest are made of the first token of the experiment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Token {
    First,
    Newest,
    OtherRole,
    Unsigned,
    OtherKey,
    PublicKeyAsSecret,
}

/// Status, and a word of the body or the beginning of the address that it leads to.
#[derive(Clone, Copy)]
pub enum Expect {
    Any,
    Is(u16, &'static str),
    /// As `Is`; without it, what is let in later is no bug.
    Needs(u16),
    /// Or there is a bug.
    Refused(u16, &'static str),
}

#[derive(Default)]
pub struct Told {
    pub answers: Vec<Answered>,
    /// What the administrator was told, or what the textbook found.
    pub aside: String,
}

pub struct Answered {
    pub status: u16,
    pub code: String,
    pub at_us: u64,
}

impl Told {
    /// `{1}` stands for the second answer, as "401 token_invalid"; `{1-3}` for the time from it to the fourth; any other
    /// name for what was told aside.
    pub fn fill(&self, words: &str) -> String {
        filled(words, |name| self.value(name))
    }

    fn value(&self, name: &str) -> String {
        let answer = |at: &str| self.answers.get(at.parse::<usize>().ok()?);
        match (name.split_once('-'), answer(name)) {
            (Some((from, to)), _) => {
                let at_us = |at: &str| answer(at).map_or(0, |it| it.at_us);
                milliseconds(at_us(to).saturating_sub(at_us(from)))
            }
            (None, Some(it)) => format!("{} {}", it.status, it.code).trim_end().to_owned(),
            (None, None) => self.aside.clone(),
        }
    }
}
