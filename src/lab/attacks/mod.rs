//! Section 4 of the Lab: what can go wrong. Each experiment attacks the demo user's own session, through the front door.

pub mod forge;
pub mod list;
pub mod page;
pub mod play;
pub mod run;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{Exchange, code::Cite};

pub struct Attack {
    pub about: &'static About,
    pub button: &'static str,
    pub outcome: Option<Outcome>,
}

/// How it ended; the worse ones later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    Held,
    /// No one was let in, but the answers show something else than this experiment: its session ended on the way.
    Disturbed,
    /// A request that must be refused was not. A bug.
    LetIn,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    pub ran_at: i64,
    pub verdict: Verdict,
    pub words: String,
    pub steps: Vec<Step>,
    /// The step that decided.
    pub point: Option<usize>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Step {
    pub by: String,
    pub words: String,
    /// Header, payload, signature.
    pub token: Option<[String; 3]>,
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
    /// What the answers mean, where the defence held. `{1}` stands for the second answer, as "401 token_invalid"; `{1-3}` for
    /// the time from it to the fourth; `{aside}` for what the administrator was told, or the textbook found; `{secure}` for
    /// what keeps a cookie beside HttpOnly.
    pub words: &'static str,
}

#[derive(Clone, Copy)]
pub struct Line {
    pub by: Who,
    pub act: Act,
    pub expect: Expect,
    pub words: &'static str,
}

/// Their texts are how the page calls them.
#[derive(Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str)]
pub enum Who {
    #[strum(serialize = "Your demo browser")]
    Owner,
    #[strum(serialize = "Your script")]
    Forger,
    #[strum(serialize = "Attacker, on another device")]
    Thief,
    #[strum(serialize = "A page at https://evil.example, in your demo browser")]
    OtherSite,
    #[strum(serialize = "The Lab's administrator")]
    Administrator,
    #[strum(serialize = "A textbook verifier: signature, issuer, audience and times")]
    Textbook,
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
