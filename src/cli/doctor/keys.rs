//! The secret key and the signing keys that it opens: whether they go together, and how old they are. Server side.

use super::{Finding, store};
use crate::{
    auth::{
        second_factor::authenticator::Authenticator,
        tokens::{
            KeyPurpose,
            key_set::KeySet,
            schedule::{KeySchedule, Life},
            store as key_store,
        },
    },
    base::{config::TokenAlgorithm, number::counted, sealed::SecretKey, state::AppState},
    pages::admin::overview::KEY_OLD_MS,
    ui::when::{moment, span},
};

pub async fn look(state: &AppState, secret: Option<&SecretKey>) -> Vec<Finding> {
    const WHAT: &str = "secret key";
    let Some(secret) = secret else { return Vec::new() };
    let rows = match key_store::all(&state.db.pool).await {
        Err(error) => return vec![Finding::error(WHAT, format!("cannot read the signing keys: {error}"), "")],
        Ok(rows) if rows.is_empty() => {
            return vec![Finding::ok(WHAT, "found; the first start will create a signing key")];
        }
        Ok(rows) => rows,
    };
    let (count, now_ms) = (rows.len() as i64, state.clock.now_ms());
    let schedule = KeySchedule::of(rows.clone());
    let opens = match KeySet::open(rows, secret, now_ms) {
        Ok(_) => Finding::ok(WHAT, format!("decrypts {}", counted(count, "signing key", "signing keys"))),
        Err(words) => Finding::error_as_told(WHAT, &words),
    };
    let factors = second_factors(state, secret).await;
    [opens, signing(state, &schedule, now_ms)].into_iter().chain(factors).collect()
}

/// Whose login ends at the code, because it can't be checked.
pub async fn second_factors(state: &AppState, secret: &SecretKey) -> Option<Finding> {
    const WHAT: &str = "two-factor";
    let factors = match store::some_second_factors(&state.db.pool).await {
        Ok(factors) => factors,
        Err(error) => return Some(Finding::error(WHAT, format!("cannot read the table: {error}"), "")),
    };
    let is_shut = |(user_id, sealed): &&(String, String)| Authenticator::open(secret, user_id, sealed).is_err();
    let shut = factors.iter().filter(is_shut).count() as i64;
    let words = format!(
        "{} can't log in: this secret key doesn't open their two-factor authentication",
        counted(shut, "user", "users")
    );
    let fix = "use the secret key from before; if it's lost, create an administrator with `latchkey admin create`, who can \
               turn two-factor authentication off for each of them at /admin/users";
    (shut > 0).then(|| Finding::error(WHAT, words, fix))
}

fn signing(state: &AppState, schedule: &KeySchedule, now_ms: i64) -> Finding {
    const WHAT: &str = "signing key";
    let Some(Life { row, .. }) = schedule.signing(KeyPurpose::All, now_ms) else {
        let fix = "the next start creates one; check the audit log for the cause";
        return Finding::warning(WHAT, "no active key", fix);
    };
    let age_ms = now_ms - row.signs_from;
    let next = schedule.next(KeyPurpose::All, now_ms);
    let takes_over = next.map(|life| format!("; the next key takes over on {}", moment(life.row.signs_from)));
    let words = format!("{}, in use for {}{}", row.algorithm, span(age_ms), takes_over.unwrap_or_default());
    let (algorithm, usual) = (&*row.algorithm, state.config.token_algorithm.into_str());
    let (words, fix) = match () {
        () if age_ms > KEY_OLD_MS => (words, "run `latchkey keys rotate`, about every three months"),
        () if algorithm != usual && next.is_none() => {
            (format!("{words}, but LATCHKEY_TOKEN_ALGORITHM is {usual}"), "restart a server to begin the rotation")
        }
        () if row.is_too_small() && next.is_none() => (
            format!("{words}, and smaller than the 3072 bits of new RSA keys"),
            "restart a server or run `latchkey keys rotate`",
        ),
        () if algorithm == TokenAlgorithm::Hs256.into_str() && state.config.production() => (
            format!("{words}; whoever can verify tokens with it can also create them"),
            "set LATCHKEY_TOKEN_ALGORITHM=ES256, unless this service alone verifies tokens",
        ),
        () => return Finding::ok(WHAT, words),
    };
    Finding::warning(WHAT, words, fix)
}
