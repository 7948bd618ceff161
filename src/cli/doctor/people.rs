//! What is in the tables: administrators, the outbox, the end of the audit log. Server side.

use super::{Finding, store};
use crate::{
    audit::{chain, chain::ChainKey},
    base::{sealed::SecretKey, state::AppState},
    pages::admin::overview::{MAIL_LATE_MS, store as overview_store},
    ui::{number::counted, when::span},
};

/// A running server seals an event within seconds.
const UNSEALED_MAX_MS: i64 = 60_000;

pub async fn look(state: &AppState, secret: Option<&SecretKey>) -> Vec<Finding> {
    let (administrators, outbox, audit) = tokio::join!(administrators(state), outbox(state), audit(state, secret));
    vec![administrators, outbox, audit]
}

async fn administrators(state: &AppState) -> Finding {
    const WHAT: &str = "administrators";
    match store::administrators(&state.db.pool).await {
        Err(error) => unreadable(WHAT, &error),
        Ok((0, _)) => Finding::warning(
            WHAT,
            "there is no administrator",
            "create one with `latchkey setup-link` or `latchkey admin create`",
        ),
        Ok((all, with)) if with < all => {
            Finding::warning(WHAT, without_second_factor(all - with, all), "turn it on at /account/second-factor")
        }
        Ok((all, _)) => Finding::ok(WHAT, format!("{} with two-factor authentication", of(all))),
    }
}

fn without_second_factor(without: i64, all: i64) -> String {
    let have = if without == 1 { "has" } else { "have" };
    format!("{without} of {all} administrators {have} no two-factor authentication")
}

fn of(administrators: i64) -> String {
    counted(administrators, "administrator", "administrators")
}

async fn outbox(state: &AppState) -> Finding {
    const WHAT: &str = "outbox";
    let now_ms = state.clock.now_ms();
    match overview_store::outbox(&state.db.pool, now_ms).await {
        Err(error) => unreadable(WHAT, &error),
        Ok(row) => {
            let oldest_ms = row.oldest_at.map_or(0, |at| now_ms - at);
            let oldest = if row.waiting > 0 { format!(", the oldest for {}", span(oldest_ms)) } else { String::new() };
            let waiting = counted(row.waiting, "email waiting", "emails waiting");
            let words = format!("{waiting}{oldest}; {} failed in 30 days", row.given_up);
            if oldest_ms > MAIL_LATE_MS || row.given_up > 0 {
                Finding::warning(WHAT, words, "run `latchkey mail list` for the reason, then `latchkey mail retry`")
            } else {
                Finding::ok(WHAT, words)
            }
        }
    }
}

/// What is wrong with the row that names the end of the log, if anything is.
async fn seal(state: &AppState, secret: Option<&SecretKey>) -> Option<Finding> {
    const WHAT: &str = "audit log";
    let end = match chain::store::end(&state.db.pool).await {
        Ok(end) => end,
        Err(error) => return Some(unreadable(WHAT, &error)),
    };
    let broken =
        |words: &str| Finding::error(WHAT, words, "run `latchkey audit verify` for details, and compare with a backup");
    let Some(end) = end else { return Some(broken("the record of its end is missing")) };
    let key = ChainKey::of(secret?);
    if end.seal.is_empty() && end.seq == 0 && end.mac.is_empty() || end.seal == key.seal(end.seq, &end.mac) {
        return None;
    }
    if chain::key_name(&end.seal).is_some() && !key.is_named_in(&end.seal) {
        let fix =
            "if you replaced the secret key, run `latchkey audit resume --reason REASON` once; if not, use the old key";
        return Some(Finding::error(
            WHAT,
            "its end was sealed with another secret key, so new events aren't sealed",
            fix,
        ));
    }
    Some(broken("the record of its end was changed"))
}

/// The end only: whether the last event is there and the one that the chain ends with.
async fn audit(state: &AppState, secret: Option<&SecretKey>) -> Finding {
    const WHAT: &str = "audit log";
    let end = match store::chain_end(&state.db.pool).await {
        Ok(end) => end,
        Err(error) => return unreadable(WHAT, &error),
    };
    if let Some(finding) = seal(state, secret).await {
        return finding;
    }
    if end.seq > 0 && end.found.as_ref() != Some(&end.mac) {
        let words = format!("its last event (number {}) was changed or is missing", end.seq);
        return Finding::error(WHAT, words, "run `latchkey audit verify` for details, and compare with a backup");
    }
    let waits_ms = end.oldest_at.map_or(0, |at| state.clock.now_ms() - at);
    let words = format!("{} sealed, {} waiting", counted(end.seq, "event", "events"), end.unsealed);
    if waits_ms > UNSEALED_MAX_MS {
        let words = format!("{words}, the oldest for {}", span(waits_ms));
        return Finding::warning(WHAT, words, "a running server seals them; if one is running, check its log");
    }
    Finding::ok(WHAT, format!("{words}. Check all of it with `latchkey audit verify`"))
}

fn unreadable(what: &'static str, error: &sqlx::Error) -> Finding {
    Finding::error(what, format!("cannot read it: {error}"), "check the database's log")
}
