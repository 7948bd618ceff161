//! The lanes in words and lengths, as [`super::island`] reads them. Server side.

use super::{
    probe::Seen,
    run::{End, Run},
};
use crate::lab::exchange::milliseconds;

/// The strip is so long: a token's life, and a little.
const STRIP_MS: i64 = 64_000;

/// After so long nothing more is told: who has not ended the session has seen its tokens die.
const TOLD_FOR_MS: i64 = 68_000;

/// What is known at one moment. Times are milliseconds since the epoch.
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
        let lanes = [self.lane(0, self.session()), self.lane(1, self.ours()), self.lane(2, self.plain())].join("\n");
        let last = if self.is_over() { "over" } else { "live" };
        format!("{}\n{lanes}\n{}\n{last}", self.said(), self.end())
    }

    /// What is said aloud: only what changes.
    pub fn said(&self) -> &'static str {
        let by_else = self.is_by_something_else();
        match self.seen.each_ref().map(Seen::is_refused) {
            [false, false, false] => "All three are accepted.",
            [true, true, false] if by_else => {
                "Something else ended them: another experiment or another tab. The plain JWT is still accepted."
            }
            [false, true, false] if by_else => {
                "Something else ended our JWT: another experiment or another tab. The session is still active."
            }
            [true, false, false] if by_else => "Something else ended the session: another experiment or another tab.",
            [true, true, false] => "The session and our JWT are refused. The plain JWT is still accepted.",
            [true, true, true] => "All three are refused.",
            [false, true, true] => "Both tokens have expired. The session is still active, and would get new ones.",
            _ => "Not all three are accepted any more.",
        }
    }

    pub fn end(&self) -> String {
        let Some(End { answer_us, receipt, .. }) = &self.run.ended else {
            let nothing_left = self.seen[0].is_refused() && self.is_by_something_else();
            return if nothing_left { "Run the experiment again to end them here.".into() } else { String::new() };
        };
        let who = if receipt.is_empty() { "You logged out" } else { "The administrator forced the logout" };
        let receipt = if receipt.is_empty() { String::new() } else { format!(" The receipt: {receipt}") };
        format!("{who}. The response took {}.{receipt}", milliseconds(*answer_us))
    }

    /// Whether what is dead, if anything is, was ended neither here nor by age.
    fn is_by_something_else(&self) -> bool {
        let now_ms = self.now_ms;
        self.run.ended.is_none() && !self.run.is_ending(now_ms) && now_ms < self.run.token_dies_at
    }

    fn lane(&self, at: usize, words: String) -> String {
        let until_now = (self.now_ms - self.run.started_at).clamp(0, STRIP_MS);
        let alive = match self.refused_at(at) {
            Some(refused_at) => (refused_at - self.run.started_at).clamp(0, until_now),
            None => until_now,
        };
        let seconds = |ms: i64| format!("{}.{:02}", ms / 1000, ms % 1000 / 10);
        format!("{}|{}|{words}", seconds(alive), seconds(until_now))
    }

    fn refused_at(&self, at: usize) -> Option<i64> {
        if !self.seen[at].is_refused() {
            return None;
        }
        let by_end = self.run.ended.as_ref().and_then(|end| Some(end.at + self.refused_us(at, end)? / 1000));
        let by_age = (at > 0 && self.now_ms >= self.run.token_dies_at).then_some(self.run.token_dies_at);
        Some(by_end.or(self.found[at]).or(by_age).unwrap_or(self.now_ms))
    }

    fn refused_us(&self, at: usize, end: &End) -> Option<i64> {
        let us = [end.session_us, end.ours_us, None][at]?;
        i64::try_from(us).ok()
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
            (Seen::Refused(_), Some((us, code))) => {
                format!("Refused after {}: 401 {code}.", milliseconds(us))
            }
            (Seen::Refused(code), None) if code == "token_expired" => "Refused: it expired (401 token_expired).".into(),
            (Seen::Refused(code), None) => format!("Refused: 401 {code}."),
            (Seen::Unclear, _) => "The server was busy.".into(),
        }
    }

    fn plain(&self) -> String {
        let ended_at = self.run.ended.as_ref().map(|end| end.at);
        match (&self.seen[2], ended_at) {
            (Seen::Refused(_), Some(at)) => {
                format!("Refused: it expired {} s after the end.", (self.run.token_dies_at - at).max(0) / 1000)
            }
            (Seen::Refused(_), None) => "Refused: it expired.".into(),
            (_, Some(at)) => {
                let since = (self.now_ms - at).max(0) / 1000;
                format!("Still accepted {since} s later: nothing tells its verifier. {}", self.age())
            }
            (_, None) => format!("Accepted: signature, issuer, audience and times are right. {}", self.age()),
        }
    }

    fn age(&self) -> String {
        let left = (self.run.token_dies_at - self.now_ms).max(0);
        format!("Expires in {} s, at {} UTC.", (left + 999) / 1000, time_of_day(self.run.token_dies_at))
    }
}

/// As the lanes were last told (`text`, empty if never), for a visit that is over.
pub fn without_visit(text: &str) -> String {
    let lane = |at: usize| {
        let lengths =
            text.split('\n').nth(at).and_then(|line| line.rsplit_once('|')).map_or("0|0", |(lengths, _)| lengths);
        format!("{lengths}|No longer checked.")
    };
    let lanes = [1, 2, 3].map(lane).join("\n");
    format!("Your visit has ended.\n{lanes}\nStart a new demo session to continue.\nover")
}

/// "22:46:05"
fn time_of_day(ms: i64) -> String {
    let seconds = ms.rem_euclid(86_400_000) / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
