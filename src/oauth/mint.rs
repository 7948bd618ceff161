//! What a token says. Server side.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    clients::{RS256, authenticate::Asker},
    grants::store::GrantRow,
};
use crate::{
    auth::{
        tokens::{
            KeyPurpose,
            claims::{Claims, Grant, ID_TOKEN},
            key_set::Key,
            keys::Keys,
            mint::{sign, sign_as},
        },
        users::Role,
    },
    base::{config::TokenAlgorithm, error::AppError},
};

/// How strong a login was, in the words of universities (REFEDS MFA and SFA profiles).
pub const ACR_MFA: &str = "https://refeds.org/profile/mfa";
pub const ACR_SFA: &str = "https://refeds.org/profile/sfa";

/// What signs the ID tokens and logout tokens of an application that asks for this algorithm. `None` where the key has no
/// public half: no application could verify it.
pub async fn key_for(keys: &Keys, id_token_alg: &str) -> Result<Option<Arc<Key>>, AppError> {
    let key = keys.signing(KeyPurpose::All).await?;
    let key = match id_token_alg {
        RS256 if key.algorithm != TokenAlgorithm::Rs256 => keys.signing(KeyPurpose::IdTokens).await?,
        _ => key,
    };
    Ok(Some(key).filter(|key| key.public.is_some()))
}

/// What signs the tokens of one answer.
pub struct Signer {
    pub access: Arc<Key>,
    pub id: Option<Arc<Key>>,
}

/// Found before the transaction of the answer: to make a key that is missing takes one.
pub async fn signer(Asker { keys, client, .. }: &Asker) -> Result<Signer, AppError> {
    Ok(Signer { access: keys.signing(KeyPurpose::All).await?, id: key_for(keys, &client.id_token_alg).await? })
}

/// An access token (RFC 9068), signed as those of our own pages are, with another audience, as the answer of RFC 6749 5.1.
/// Whoever the user is, an application never acts as an administrator. `epoch` is that of the user, or of the owner of
/// an application that acts for itself.
pub fn bearer(by: &Asker, key: &Key, grant: &GrantRow, epoch: i64, scope: &str, exp: i64) -> Result<Value, AppError> {
    let Asker { app, client, .. } = by;
    let now = app.now_ms() / 1000;
    let claims = Claims {
        iss: app.state.site.issuer.clone(),
        aud: grant.resource.clone(),
        sub: grant.user_id.clone(),
        sid: grant.sid.clone(),
        epoch,
        global_epoch: grant.global_epoch,
        iat: now,
        nbf: now,
        exp,
        auth_time: grant.auth_time.min(now),
        jti: Uuid::now_v7().simple().to_string(),
        client_id: client.id.clone(),
        role: Role::User,
        scope: Some(scope.to_owned()),
        grant: Some(Grant {
            id: grant.id.clone(),
            client_epoch: client.epoch,
            owner: (!client.kind.logs_users_in()).then(|| client.owner_id.clone()),
        }),
    };
    let token = sign(key, &claims)?;
    Ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": exp - now, "scope": scope }))
}

/// OpenID Connect Core 2: who has logged in, for the application to read. The login of `sid` is also what a logout token
/// names.
pub fn id_token(by: &Asker, key: &Key, grant: &GrantRow, nonce: &str, amr: &str) -> Result<String, AppError> {
    let Asker { app, client, .. } = by;
    let now = app.now_ms() / 1000;
    let mut claims = json!({
        "iss": app.state.site.issuer,
        "sub": grant.user_id,
        "aud": client.id,
        "iat": now,
        "exp": now + app.state.config.token_lifetime_seconds,
        "auth_time": grant.auth_time.min(now),
        "sid": grant.log_in_sid,
    });
    if !nonce.is_empty() {
        claims["nonce"] = nonce.into();
    }
    // RFC 8176. None where no one knows any more.
    let amr: Vec<&str> = amr.split_ascii_whitespace().collect();
    if !amr.is_empty() {
        let acr = if amr.contains(&"mfa") { ACR_MFA } else { ACR_SFA };
        claims["acr"] = acr.into();
        claims["amr"] = amr.into();
    }
    sign_as(ID_TOKEN, key, &claims)
}
