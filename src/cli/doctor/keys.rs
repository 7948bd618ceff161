//! The secret key and the signing keys that it opens: whether they go together, and how old they are. Server side.

use super::Finding;
use crate::{
    auth::tokens::{
        key_set::KeySet,
        schedule::{KeySchedule, Life},
        store,
        store::KeyRow,
    },
    base::{config::TokenAlgorithm, sealed::SecretKey, state::AppState},
    pages::admin::overview::KEY_OLD_MS,
    ui::when::{minute, span},
};

pub async fn look(state: &AppState, secret: Result<&SecretKey, &String>) -> Vec<Finding> {
    let secret = match secret {
        Ok(secret) => secret,
        Err(words) => return vec![Finding::broken_as_told("secret key", words)],
    };
    match store::all(&state.db.pool).await {
        Err(error) => vec![Finding::broken("secret key", format!("the signing keys cannot be read: {error}"), "")],
        Ok(rows) if rows.is_empty() => {
            vec![Finding::good("secret key", "found; there is no signing key yet, the first start makes one")]
        }
        Ok(rows) => with(state, secret, rows),
    }
}

fn with(state: &AppState, secret: &SecretKey, rows: Vec<KeyRow>) -> Vec<Finding> {
    let (count, now_ms) = (rows.len(), state.clock.now_ms());
    let schedule = KeySchedule::of(rows.clone());
    let opens = match KeySet::open(rows, secret, now_ms) {
        Ok(_) => Finding::good("secret key", format!("opens the signing keys ({count} known)")),
        Err(words) => Finding::broken_as_told("secret key", &words),
    };
    vec![opens, signing(state, &schedule, now_ms)]
}

fn signing(state: &AppState, schedule: &KeySchedule, now_ms: i64) -> Finding {
    const WHAT: &str = "signing key";
    let Some(Life { row, .. }) = schedule.signing(now_ms) else {
        return Finding::warning(WHAT, "none is alive", "the next start makes one; look into the audit log for why");
    };
    let age_ms = now_ms - row.signs_from;
    let next = schedule.next(now_ms).map(|life| format!("; the next one signs from {}", minute(life.row.signs_from)));
    let words = format!("{}, has signed for {}{}", row.algorithm, span(age_ms), next.unwrap_or_default());
    match () {
        () if age_ms > KEY_OLD_MS => {
            Finding::warning(WHAT, words, "`latchkey keys rotate`, once a quarter from a timer")
        }
        () if row.algorithm != state.config.token_algorithm.into_str() && schedule.next(now_ms).is_none() => {
            Finding::warning(
                WHAT,
                format!("{words}, and LATCHKEY_TOKEN_ALGORITHM is {}", state.config.token_algorithm.into_str()),
                "the next start of a server begins the rotation",
            )
        }
        () if row.is_too_small() && schedule.next(now_ms).is_none() => Finding::warning(
            WHAT,
            format!("{words}, and is smaller than the 3072 bits that new RSA keys have"),
            "the next start of a server begins the rotation, or `latchkey keys rotate`",
        ),
        () if row.algorithm == TokenAlgorithm::Hs256.into_str() && state.config.production() => Finding::warning(
            WHAT,
            format!("{words}; whoever verifies tokens with it can also make them"),
            "unless this service verifies them alone, set LATCHKEY_TOKEN_ALGORITHM=ES256",
        ),
        () => Finding::good(WHAT, words),
    }
}
