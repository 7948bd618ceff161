//! What the figures say, in words. Server side.

use super::{Measured, Signing, Way};
use crate::base::number::grouped;

/// Nanoseconds as people read them: "8.4 µs", "116 µs", "2,310 µs".
pub fn micros(ns: u64) -> String {
    let tenths = (ns + 50) / 100;
    if tenths < 200 {
        format!("{}.{} µs", tenths / 10, tenths % 10)
    } else {
        format!("{} µs", grouped((ns + 500) / 1_000))
    }
}

/// "3.1 times", "12 times".
pub fn times(more: u64, less: u64) -> String {
    let tenths = (more * 10 + less / 2) / less.max(1);
    if tenths < 100 { format!("{}.{} times", tenths / 10, tenths % 10) } else { format!("{} times", (tenths + 5) / 10) }
}

pub fn of_requests(measured: &Measured) -> [String; 4] {
    let [nothing, session, plain, warm, cold] = [Way::Nothing, Way::Session, Way::Plain, Way::Warm, Way::Cold]
        .map(|way| measured.middle(way).unwrap_or_default());
    let more = |ns: u64| match ns.checked_sub(nothing) {
        Some(more) if !is_alike(nothing, ns) => format!("{} more", micros(more)),
        _ => "not measurably more".to_owned(),
    };
    [
        compared(session, warm),
        format!(
            "Without authentication a request takes {}. With a session it takes {}, with a token {}.",
            micros(nothing),
            more(session),
            more(warm)
        ),
        format!(
            "On an instance with nothing in memory a token takes {}, {} as long as a warm one. “No lookup” is true only where \
             the keys and the revocations are in memory.",
            micros(cold),
            times(cold, warm)
        ),
        format!("Verified as in a textbook, without checking revocation, the token takes {}.", micros(plain)),
    ]
}

/// Under a tenth no one would measure the difference twice alike.
fn is_alike(one: u64, other: u64) -> bool {
    one.max(other) * 10 < one.min(other) * 11
}

fn compared(session: u64, warm: u64) -> String {
    let words = |first: u64, second: u64| format!("{} against {}", micros(first), micros(second));
    if is_alike(session, warm) {
        let words = words(session, warm);
        return format!("Here a request with a session lookup costs about as much as one with a warm JWT: {words}.");
    }
    let (first, second) =
        if session > warm { ("a session lookup", "a warm JWT") } else { ("a warm JWT", "a session lookup") };
    let (dear, cheap) = (session.max(warm), session.min(warm));
    let (times, words) = (times(dear, cheap), words(dear, cheap));
    format!("Here a request with {first} costs {times} as much as one with {second}: {words}.")
}

pub fn of_signing(signing: &[Signing]) -> Option<String> {
    let quickest = signing.iter().min_by_key(|one| one.sign_ns)?;
    let slowest = signing.iter().max_by_key(|one| one.sign_ns)?;
    let reader = signing.iter().filter(|one| one.algorithm != "HS256").min_by_key(|one| one.verify_ns)?;
    Some(format!(
        "{} signs {} as fast as {}. Of the algorithms whose verifiers need no secret, {} verifies fastest, in {}. HS256 is \
         fast because it is a hash, without public-key arithmetic. The price: whoever can verify it can also sign it.",
        quickest.algorithm,
        times(slowest.sign_ns, quickest.sign_ns),
        slowest.algorithm,
        reader.algorithm,
        micros(reader.verify_ns),
    ))
}
