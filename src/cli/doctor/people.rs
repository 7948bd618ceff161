//! What is in the tables: administrators, the outbox, the end of the audit log. Server side.

use super::{Finding, store};
use crate::{
    audit::{chain, chain::ChainKey},
    base::{number::counted, sealed::SecretKey, state::AppState},
    pages::admin::overview::{MAIL_LATE_MS, store as overview_store},
    ui::when::span,
};

/// A running server seals an event within seconds.
const UNSEALED_MAX_MS: i64 = 60_000;
const LOG: &str = "audit log";

pub async fn look(state: &AppState, secret: Option<&SecretKey>) -> Vec<Finding> {
    let (administrators, outbox, log) = tokio::join!(administrators(state), outbox(state), audit_log(state, secret));
    let looked = [("administrators", administrators), ("outbox", outbox), (LOG, log)];
    let unreadable = |what, error| Finding::error(what, format!("cannot read it: {error}"), "check the database's log");
    looked.map(|(what, finding)| finding.unwrap_or_else(|error: sqlx::Error| unreadable(what, error))).into()
}

async fn administrators(state: &AppState) -> sqlx::Result<Finding> {
    const WHAT: &str = "administrators";
    Ok(match store::administrators(&state.db.pool).await? {
        (0, _) => {
            let fix = "create one with `latchkey setup-link` or `latchkey admin create`";
            Finding::warning(WHAT, "there is no administrator", fix)
        }
        (all, with) if with < all => {
            let (without, have) = (all - with, if all - with == 1 { "has" } else { "have" });
            let words = format!("{without} of {all} administrators {have} no two-factor authentication");
            Finding::warning(WHAT, words, "turn it on at /account/second-factor")
        }
        (all, _) => {
            let all = counted(all, "administrator", "administrators");
            Finding::ok(WHAT, format!("{all} with two-factor authentication"))
        }
    })
}

async fn outbox(state: &AppState) -> sqlx::Result<Finding> {
    let now_ms = state.clock.now_ms();
    let row = overview_store::outbox(&state.db.pool, now_ms).await?;
    let oldest_ms = row.oldest_at.map_or(0, |at| now_ms - at);
    let oldest = if row.waiting > 0 { format!(", the oldest for {}", span(oldest_ms)) } else { String::new() };
    let waiting = counted(row.waiting, "email waiting", "emails waiting");
    let words = format!("{waiting}{oldest}; {} failed in 30 days", row.given_up);
    let fix = "run `latchkey mail list` for the reason, then `latchkey mail retry`";
    Ok(Finding::warning_if(oldest_ms > MAIL_LATE_MS || row.given_up > 0, "outbox", words, fix))
}

/// The end only: whether the last event is there and the one that the chain ends with.
async fn audit_log(state: &AppState, secret: Option<&SecretKey>) -> sqlx::Result<Finding> {
    let end = store::chain_end(&state.db.pool).await?;
    if let Some(finding) = seal(state, secret).await? {
        return Ok(finding);
    }
    if end.seq > 0 && end.found.as_ref() != Some(&end.mac) {
        return Ok(broken(format!("its last event (number {}) was changed or is missing", end.seq)));
    }
    let waits_ms = end.oldest_at.map_or(0, |at| state.clock.now_ms() - at);
    let words = format!("{} sealed, {} waiting", counted(end.seq, "event", "events"), end.unsealed);
    if waits_ms > UNSEALED_MAX_MS {
        let words = format!("{words}, the oldest for {}", span(waits_ms));
        return Ok(Finding::warning(LOG, words, "a running server seals them; if one is running, check its log"));
    }
    Ok(Finding::ok(LOG, format!("{words}. Check all of it with `latchkey audit verify`")))
}

/// What is wrong with the row that names the end of the log, if anything is.
async fn seal(state: &AppState, secret: Option<&SecretKey>) -> sqlx::Result<Option<Finding>> {
    let Some(end) = chain::store::end(&state.db.pool).await? else {
        return Ok(Some(broken("the record of its end is missing")));
    };
    let Some(key) = secret.map(ChainKey::of) else { return Ok(None) };
    if end.seal.is_empty() && end.seq == 0 && end.mac.is_empty() || end.seal == key.seal(end.seq, &end.mac) {
        return Ok(None);
    }
    if chain::key_name(&end.seal).is_none() || key.is_named_in(&end.seal) {
        return Ok(Some(broken("the record of its end was changed")));
    }
    let words = "its end was sealed with another secret key, so new events aren't sealed";
    let fix =
        "if you replaced the secret key, run `latchkey audit resume --reason REASON` once; if not, use the old key";
    Ok(Some(Finding::error(LOG, words, fix)))
}

fn broken(words: impl Into<String>) -> Finding {
    Finding::error(LOG, words, "run `latchkey audit verify` for details, and compare with a backup")
}
