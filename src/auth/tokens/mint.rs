//! Mint an access token from a living session. Server side.

use jsonwebtoken::{Header, encode};
use serde::Serialize;
use uuid::Uuid;

use super::{
    KeyPurpose,
    algorithm::jwt_algorithm,
    claims::{BROWSER_CLIENT, Claims, TYP},
    key_set::Key,
    keys::Keys,
};
use crate::{
    auth::sessions::{guard::LoggedIn, store},
    base::{error::AppError, state::AppState},
};

/// A token on its way into a cookie. Cannot be printed.
pub struct AccessToken {
    pub jwt: String,
    /// Seconds until it dies.
    pub expires_in: i64,
}

/// Mints an access token. `None` if the session ended meanwhile or the cookie was already rotated: a stolen copy must not
/// obtain a token. It never outlives its session, which is in use at this moment: so long may it be idle from now on.
pub async fn mint(state: &AppState, keys: &Keys, someone: &LoggedIn) -> Result<Option<AccessToken>, AppError> {
    let now_ms = state.clock.now_ms();
    let now = now_ms / 1000;
    let exp = (now + state.config.token_lifetime_seconds).min(someone.log_in.idle_end(&state.config, now_ms) / 1000);
    if someone.in_grace || exp <= now || !store::note_token(&state.db.pool, &someone.log_in.sid, exp * 1000).await? {
        return Ok(None);
    }
    let key = keys.signing(KeyPurpose::All).await?;
    let claims = claims(state, someone, now_ms, exp);
    Ok(Some(AccessToken { jwt: sign(&key, &claims)?, expires_in: exp - now }))
}

/// The token that says this, under the header of our access tokens.
pub fn sign(key: &Key, claims: &impl Serialize) -> Result<String, AppError> {
    sign_as(TYP, key, claims)
}

/// As [`sign`], of another kind.
pub fn sign_as(typ: &str, key: &Key, claims: &impl Serialize) -> Result<String, AppError> {
    let algorithm = jwt_algorithm(key.algorithm);
    let header = Header { typ: Some(typ.into()), kid: Some(key.kid.clone()), ..Header::new(algorithm) };
    Ok(encode(&header, claims, &key.encoding)?)
}

fn claims(state: &AppState, someone: &LoggedIn, now_ms: i64, exp: i64) -> Claims {
    let now = now_ms / 1000;
    Claims {
        iss: state.site.issuer.clone(),
        aud: state.site.audience.clone(),
        sub: someone.user.id.clone(),
        sid: someone.log_in.sid.clone(),
        epoch: someone.user.epoch,
        global_epoch: someone.log_in.global_epoch,
        iat: now,
        nbf: now,
        exp,
        // Never after `iat`, also where another instance, whose clock is ahead, logged them in a moment ago.
        auth_time: (now_ms - someone.age_of_proof(now_ms)) / 1000,
        jti: Uuid::now_v7().simple().to_string(),
        client_id: BROWSER_CLIENT.into(),
        role: someone.user.role(),
        scope: None,
        grant: None,
    }
}
