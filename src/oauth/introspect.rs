//! What a token is worth now (RFC 7662), whose it is (OpenID Connect UserInfo), and its end (RFC 7009). Server side.

use serde_json::{Value, json};

use super::{
    allow,
    clients::authenticate::Asker,
    grants,
    refusal::Refusal,
    scope::{EMAIL, OPENID, PROFILE, Scopes},
    ticket,
};
use crate::{
    auth::{
        app::App,
        event::Actor,
        revocations::EndReason,
        tokens::{
            claims::{Claims, Verified, resource},
            keys::Keys,
            verify,
            verify::{parties_of_id_token, verify_granted},
        },
        users,
    },
    base::{error::AppError, random},
    web::token::bearer::verify_with_news,
};

/// The access token of an application, where it works now. No database is asked; [`AppError::Busy`] where no one can tell.
pub async fn active(app: &App, keys: &Keys, token: &str) -> Result<Option<Verified>, AppError> {
    let revocations = &app.terminator.revocations;
    let verified = verify_with_news(keys, || verify_granted(&app.state, keys, token)).await;
    let Ok(verified) = verified else { return Ok(None) };
    revocations.ensure_fresh().await?;
    Ok((!revocations.is_dead(verified.claims.revocation_subject(), &verified.kid)).then_some(verified))
}

/// To an application that keeps a secret: of any access token, and of its own refresh tokens.
pub async fn introspect(Asker { app, keys, client, params, .. }: &Asker) -> Result<Value, Refusal> {
    let token = params.required("token")?;
    if let Some(Verified { claims, .. }) = active(app, keys, token).await? {
        let Claims { iss, aud, sub, client_id, scope, iat, nbf, exp, jti, .. } = claims;
        return Ok(json!({
            "active": true, "token_type": "Bearer", "iss": iss, "aud": aud, "sub": sub, "client_id": client_id,
            "scope": scope, "iat": iat, "nbf": nbf, "exp": exp, "jti": jti,
        }));
    }
    let (pool, now_ms, inactive) = (&app.state.db.pool, app.now_ms(), json!({ "active": false }));
    let found = grants::store::find_refresh(pool, &random::hash(token)).await?;
    let unused = found.filter(|token| token.used_at.is_none() && token.expires_at > now_ms);
    let Some(unused) = unused else { return Ok(inactive) };
    let grant = grants::store::living_grant(pool, &unused.grant_id).await?;
    let Some(grant) = grant.filter(|grant| grant.client_id == client.id) else { return Ok(inactive) };
    Ok(json!({
        "active": true, "client_id": grant.client_id, "sub": grant.user_id,
        "scope": Scopes::stored(&grant.scopes).within(&client.scopes).text(),
        "aud": grant.resource, "exp": unused.expires_at / 1000,
    }))
}

/// Ends the grant of a token, where this application has it; a token that it got for itself ends alone. No guess is an ID
/// token, nor what has expired or was deleted since, nor what a revoked key is said to have signed.
pub async fn revoke(asker: &Asker) -> Result<(), Refusal> {
    let Asker { app, keys, client, params, .. } = asker;
    let (pool, token) = (&app.state.db.pool, params.required("token")?);
    let verified = verify_with_news(keys, || verify_granted(&app.state, keys, token)).await;
    let claims = verified.map(|verified| verified.claims);
    let is_own = claims.as_ref().is_ok_and(|claims| claims.sub == client.id);
    let id = match claims {
        Ok(claims) => claims.grant.map(|grant| grant.id),
        Err(verify::Refusal::Expired | verify::Refusal::RevokedKey) => return Ok(()),
        Err(_) => grants::store::find_refresh(pool, &random::hash(token)).await?.map(|token| token.grant_id),
    };
    let is_id_token = || parties_of_id_token(&app.state, keys, token).is_ok();
    let Some(id) = id else {
        if !ticket::was_given(&app.secret, token) && !is_id_token() {
            asker.note_guess().await?;
        }
        return Ok(());
    };
    if is_own {
        let tx = app.state.db.begin_write().await?;
        allow::commit(tx, app, &[id], &Actor::System, EndReason::LoggedOut).await?;
    } else if grants::store::living_grant(pool, &id).await?.is_some_and(|grant| grant.client_id == client.id) {
        let tx = app.state.db.begin_write().await?;
        allow::end(tx, app, &id, EndReason::LoggedOut).await?;
    }
    Ok(())
}

/// What the scopes of the token show of its user.
pub async fn user_info(app: &App, Verified { claims, .. }: &Verified) -> Result<Value, Refusal> {
    let scopes = Scopes::stored(claims.scope.as_deref().unwrap_or_default());
    if claims.aud != resource(&app.state.site.issuer) {
        return Err(Refusal::token(true));
    }
    if !scopes.has(OPENID) {
        return Err(Refusal::scope());
    }
    let user = users::store::find_by_id(&app.state.db.pool, &claims.sub).await?.ok_or_else(|| Refusal::token(true))?;
    let mut info = json!({ "sub": user.id });
    if scopes.has(PROFILE) {
        info["name"] = user.name.into();
    }
    if scopes.has(EMAIL) {
        info["email"] = user.email.into();
        info["email_verified"] = user.verified_at.is_some().into();
    }
    Ok(info)
}
