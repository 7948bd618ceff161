//! The secret key and the signing keys that it opens: whether they go together, and how old they are. Server side.

use super::Finding;
use crate::{
    auth::tokens::{
        KeyPurpose,
        key_set::KeySet,
        schedule::{KeySchedule, Life},
        store,
        store::KeyRow,
    },
    base::{config::TokenAlgorithm, sealed::SecretKey, state::AppState},
    pages::admin::overview::KEY_OLD_MS,
    ui::{
        number::counted,
        when::{moment, span},
    },
};

pub async fn look(state: &AppState, secret: Result<&SecretKey, &String>) -> Vec<Finding> {
    let secret = match secret {
        Ok(secret) => secret,
        Err(words) => return vec![Finding::error_as_told("secret key", words)],
    };
    match store::all(&state.db.pool).await {
        Err(error) => vec![Finding::error("secret key", format!("cannot read the signing keys: {error}"), "")],
        Ok(rows) if rows.is_empty() => {
            vec![Finding::ok("secret key", "found; the first start will create a signing key")]
        }
        Ok(rows) => with(state, secret, rows),
    }
}

fn with(state: &AppState, secret: &SecretKey, rows: Vec<KeyRow>) -> Vec<Finding> {
    let (count, now_ms) = (rows.len(), state.clock.now_ms());
    let schedule = KeySchedule::of(rows.clone());
    let opens = match KeySet::open(rows, secret, now_ms) {
        Ok(_) => {
            Finding::ok("secret key", format!("decrypts {}", counted(count as i64, "signing key", "signing keys")))
        }
        Err(words) => Finding::error_as_told("secret key", &words),
    };
    vec![opens, signing(state, &schedule, now_ms)]
}

fn signing(state: &AppState, schedule: &KeySchedule, now_ms: i64) -> Finding {
    const WHAT: &str = "signing key";
    let Some(Life { row, .. }) = schedule.signing(KeyPurpose::All, now_ms) else {
        return Finding::warning(
            WHAT,
            "no active key",
            "the next start creates one; check the audit log for the cause",
        );
    };
    let age_ms = now_ms - row.signs_from;
    let next = schedule.next(KeyPurpose::All, now_ms);
    let takes_over = next.map(|life| format!("; the next key takes over on {}", moment(life.row.signs_from)));
    let words = format!("{}, in use for {}{}", row.algorithm, span(age_ms), takes_over.unwrap_or_default());
    match () {
        () if age_ms > KEY_OLD_MS => {
            Finding::warning(WHAT, words, "run `latchkey keys rotate`, about every three months")
        }
        () if row.algorithm != state.config.token_algorithm.into_str() && next.is_none() => Finding::warning(
            WHAT,
            format!("{words}, but LATCHKEY_TOKEN_ALGORITHM is {}", state.config.token_algorithm.into_str()),
            "restart a server to begin the rotation",
        ),
        () if row.is_too_small() && next.is_none() => Finding::warning(
            WHAT,
            format!("{words}, and smaller than the 3072 bits of new RSA keys"),
            "restart a server or run `latchkey keys rotate`",
        ),
        () if row.algorithm == TokenAlgorithm::Hs256.into_str() && state.config.production() => Finding::warning(
            WHAT,
            format!("{words}; whoever can verify tokens with it can also create them"),
            "set LATCHKEY_TOKEN_ALGORITHM=ES256, unless this service alone verifies tokens",
        ),
        () => Finding::ok(WHAT, words),
    }
}
