//! The lanes in words and lengths, in the lines that [`super`] tells of. Server side.

use super::probe::{End, Run, Seen};
use crate::lab::section::milliseconds;

/// A token's lifetime, and a little.
const STRIP_MS: i64 = 64_000;

/// Whoever has not ended the session by then has seen its tokens expire.
const TOLD_FOR_MS: i64 = 68_000;

/// What is known at one moment.
pub struct Told<'a> {
    pub run: &'a Run,
    pub seen: [Seen; 3],
    /// When each was first found refused, where that is known.
    pub found: [Option<i64>; 3],
    pub now_ms: i64,
}

impl Told<'_> {
    pub fn is_over(&self) -> bool {
        self.seen.iter().all(Seen::is_refused) || self.now_ms - self.run.started_at > TOLD_FOR_MS
    }

    pub fn text(&self) -> String {
        let [session, ours, plain] =
            [self.lane(0, self.session()), self.lane(1, self.ours()), self.lane(2, self.plain())];
        let last = if self.is_over() { "over" } else { "live" };
        format!("{}\n{session}\n{ours}\n{plain}\n{}\n{last}", self.said(), self.end())
    }

    /// What is said aloud: only what changes.
    pub fn said(&self) -> &'static str {
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

    pub fn end(&self) -> String {
        match &self.run.ended {
            None if self.seen[0].is_refused() && self.is_by_something_else() => {
                "Run the experiment again to end them here.".into()
            }
            None => String::new(),
            Some(End { answer_us, receipt, .. }) if receipt.is_empty() => {
                format!("You logged out. The response took {}.", milliseconds(*answer_us))
            }
            Some(End { answer_us, receipt, .. }) => {
                let took = milliseconds(*answer_us);
                format!("The administrator forced the logout. The response took {took}. The receipt: {receipt}")
            }
        }
    }

    /// Whether what is refused, if anything is, was ended neither here nor by age.
    fn is_by_something_else(&self) -> bool {
        self.run.ended.is_none() && !self.run.is_ending(self.now_ms) && self.now_ms < self.run.token_dies_at
    }

    fn lane(&self, at: usize, words: String) -> String {
        let until_now = (self.now_ms - self.run.started_at).clamp(0, STRIP_MS);
        let alive =
            self.refused_at(at).map_or(until_now, |refused| (refused - self.run.started_at).clamp(0, until_now));
        let seconds = |ms: i64| format!("{}.{:02}", ms / 1000, ms % 1000 / 10);
        format!("{}|{}|{words}", seconds(alive), seconds(until_now))
    }

    fn refused_at(&self, at: usize) -> Option<i64> {
        if !self.seen[at].is_refused() {
            return None;
        }
        let ended = self.run.ended.as_ref();
        let by_end = ended.and_then(|end| Some((end.at, [end.session_us, end.ours_us, None][at]?)));
        let by_end = by_end.map(|(ended_at, us)| ended_at + i64::try_from(us / 1000).unwrap_or_default());
        let by_age = (at > 0 && self.now_ms >= self.run.token_dies_at).then_some(self.run.token_dies_at);
        Some(by_end.or(self.found[at]).or(by_age).unwrap_or(self.now_ms))
    }

    fn session(&self) -> String {
        let us = self.run.ended.as_ref().and_then(|end| end.session_us);
        match (&self.seen[0], us) {
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
        let seconds = |to: i64, from: i64| (to - from).max(0) / 1000;
        match (&self.seen[2], self.run.ended.as_ref().map(|end| end.at)) {
            (Seen::Refused(_), Some(at)) => {
                format!("Refused: it expired {} s after the end.", seconds(self.run.token_dies_at, at))
            }
            (Seen::Refused(_), None) => "Refused: it expired.".into(),
            (_, Some(at)) => {
                format!(
                    "Still accepted {} s later: nothing tells its verifier. {}",
                    seconds(self.now_ms, at),
                    self.age()
                )
            }
            (_, None) => format!("Accepted: signature, issuer, audience and times are right. {}", self.age()),
        }
    }

    fn age(&self) -> String {
        let (dies_at, left) = (self.run.token_dies_at, (self.run.token_dies_at - self.now_ms).max(0));
        let [hours, minutes, seconds] = [3_600_000, 60_000, 1_000].map(|unit| dies_at.rem_euclid(86_400_000) / unit);
        format!("Expires in {} s, at {hours:02}:{:02}:{:02} UTC.", (left + 999) / 1000, minutes % 60, seconds % 60)
    }
}

/// As the lanes were last told (`text`, empty if never), for a visit that is over.
pub fn without_visit(text: &str) -> String {
    let lanes = [1, 2, 3].map(|at| {
        let line = text.split('\n').nth(at).and_then(|line| line.rsplit_once('|'));
        format!("{}|No longer checked.", line.map_or("0|0", |(lengths, _)| lengths))
    });
    format!("Your visit has ended.\n{}\nStart a new demo session to continue.\nover", lanes.join("\n"))
}
