//! The lanes in words and lengths, in the lines that [`super`] tells of. Server side.

use std::array;

use super::probe::{End, Lanes, Run, Seen};
use crate::{
    auth::tokens::verify::LEEWAY,
    base::rfc3339,
    lab::{section::milliseconds, world::Lab},
};

/// A token's lifetime, and a little.
const STRIP_MS: i64 = 64_000;

/// Whoever has not ended the session by then has seen its tokens expire.
const TOLD_FOR_MS: i64 = 68_000;

/// What is known at one moment.
pub struct Told {
    pub run: Run,
    /// Session, our token, the plain one.
    pub seen: [Seen; 3],
    /// When each that is refused was first found so.
    found: [Option<i64>; 3],
    now_ms: i64,
}

impl Told {
    /// Asks the lanes. `before`: what was known a moment ago. `None` where they are not to be had.
    pub async fn look(lab: &Lab, run: Run, before: Option<&Self>) -> Option<Self> {
        let seen = Lanes::of(lab, &run).ok()?.look(lab).await;
        let now_ms = lab.now_ms();
        let before = before.filter(|before| before.run.started_at == run.started_at);
        let found_at = |at: usize| before.and_then(|before| before.found[at]).unwrap_or(now_ms);
        let found = array::from_fn(|at| seen[at].is_refused().then(|| found_at(at)));
        Some(Self { run, seen, found, now_ms })
    }

    pub fn is_over(&self) -> bool {
        self.seen.iter().all(Seen::is_refused) || self.now_ms - self.run.started_at > TOLD_FOR_MS
    }

    pub fn text(&self) -> String {
        let words = [self.session(), self.ours(), self.plain()];
        let [session, ours, plain] = array::from_fn(|at| self.lane(at, &words[at]));
        let last = if self.is_over() { "over" } else { "live" };
        format!("{}\n{session}\n{ours}\n{plain}\n{}\n{last}", self.said(), self.end())
    }

    /// For a visit that is over: the lanes as they were.
    pub fn without_visit(&self) -> String {
        let [session, ours, plain] = array::from_fn(|at| self.lane(at, "No longer checked."));
        format!("Your visit has ended.\n{session}\n{ours}\n{plain}\nStart a new demo session to continue.\nover")
    }

    /// What is said aloud: only what changes.
    fn said(&self) -> &'static str {
        match (self.seen.each_ref().map(Seen::is_refused), self.is_by_something_else()) {
            ([false, false, false], _) => "All three are accepted.",
            ([true, true, false], true) => {
                "Something else ended them: another experiment or another tab. The plain JWT is still accepted."
            }
            ([false, true, false], true) => {
                "Something else ended our JWT: another experiment or another tab. The session is still active."
            }
            ([true, false, false], true) => "Something else ended the session: another experiment or another tab.",
            ([true, true, false], _) => "The session and our JWT are refused. The plain JWT is still accepted.",
            ([true, true, true], _) => "All three are refused.",
            ([false, true, true], _) => {
                "Both tokens have expired. The session is still active, and would get new ones."
            }
            _ => "Not all three are accepted any more.",
        }
    }

    fn end(&self) -> String {
        let Some(End { answer_us, receipt, .. }) = &self.run.ended else {
            let is_told = self.seen[0].is_refused() && self.is_by_something_else();
            return if is_told { "Run the experiment again to end them here.".into() } else { String::new() };
        };
        let took = milliseconds(*answer_us);
        match &**receipt {
            "" => format!("You logged out. The response took {took}."),
            _ => format!("The administrator forced the logout. The response took {took}. The receipt: {receipt}"),
        }
    }

    /// Whether what is refused, if anything is, was ended neither here nor by age.
    fn is_by_something_else(&self) -> bool {
        self.run.ended.is_none() && !self.run.is_ending(self.now_ms) && self.now_ms < self.run.token_dies_at()
    }

    fn lane(&self, at: usize, words: &str) -> String {
        let until_now = (self.now_ms - self.run.started_at).clamp(0, STRIP_MS);
        let alive =
            self.refused_at(at).map_or(until_now, |refused| (refused - self.run.started_at).clamp(0, until_now));
        let seconds = |ms: i64| format!("{}.{:02}", ms / 1000, ms % 1000 / 10);
        format!("{}|{}|{words}", seconds(alive), seconds(until_now))
    }

    fn refused_at(&self, at: usize) -> Option<i64> {
        let found = self.found[at]?;
        let measured = self.run.ended.as_ref().and_then(|end| Some((end.at, [end.session_us, end.ours_us, None][at]?)));
        if let Some((ended_at, us)) = measured {
            return Some(ended_at.saturating_add_unsigned(us / 1000));
        }
        // A token that no one asked for at that moment has died of age all the same.
        Some(if at > 0 { found.min(self.run.token_dies_at()) } else { found })
    }

    fn session(&self) -> String {
        match (&self.seen[0], self.run.ended.as_ref().and_then(|end| end.session_us)) {
            (Seen::Accepted, _) => "Accepted: the server looks the session up for every page.".into(),
            (Seen::Refused(_), Some(us)) => {
                format!("Refused after {}: pages lead to the login page.", milliseconds(us))
            }
            (Seen::Refused(_), None) => "Refused: the session has ended.".into(),
            (Seen::Unclear, _) => "The server was busy.".into(),
        }
    }

    fn ours(&self) -> String {
        let by_end = self.run.ended.as_ref().and_then(|end| Some((end.ours_us?, &end.ours_code)));
        match (&self.seen[1], by_end) {
            (Seen::Accepted, _) => format!("Accepted: verified, and not revoked. {}", self.age()),
            (Seen::Refused(_), Some((us, code))) => format!("Refused after {}: 401 {code}.", milliseconds(us)),
            (Seen::Refused(code), None) if code == "token_expired" => "Refused: it expired (401 token_expired).".into(),
            (Seen::Refused(code), None) => format!("Refused: 401 {code}."),
            (Seen::Unclear, _) => "The server was busy.".into(),
        }
    }

    fn plain(&self) -> String {
        let expires_at = self.run.token_expires_at();
        match (self.seen[2].is_refused(), self.run.ended.as_ref().map(|end| end.at)) {
            (true, Some(at)) if at < expires_at => {
                format!("Refused: it expired {} s after the end.", (expires_at - at) / 1000)
            }
            (true, _) => "Refused: it expired.".into(),
            (false, Some(at)) => {
                let later = (self.now_ms - at).max(0) / 1000;
                format!("Still accepted {later} s later: nothing tells its verifier. {}", self.age())
            }
            (false, None) => format!("Accepted: signature, issuer, audience and times are right. {}", self.age()),
        }
    }

    fn age(&self) -> String {
        let expires_at = self.run.token_expires_at();
        let time = rfc3339::seconds(expires_at);
        let time = &time[11..19];
        match expires_at - self.now_ms {
            left @ 1.. => format!("Expires in {} s, at {time} UTC.", (left + 999) / 1000),
            _ => format!("Expired at {time} UTC: accepted for {LEEWAY} s more, because clocks may differ."),
        }
    }
}
