//! The stories of the token endpoint: a code is redeemed, a refresh token is changed for the next, a device asks whether its
//! user has decided, a service gets a token for itself. Server side.

use std::ops::RangeInclusive;

use serde_json::Value;
use uuid::Uuid;

use super::{
    allow,
    clients::{ClientKind, authenticate::Asker},
    device, grants,
    grants::store::GrantRow,
    mint,
    mint::Signer,
    params::{NO_TARGET, NOT_REGISTERED, is_audience},
    refusal::Refusal,
    scope::{OFFLINE, OPENID, Scopes},
    settings::OauthSettings,
    ticket,
};
use crate::{
    auth::{app::App, event::Actor, revocations::EndReason, sessions, users, users::store::User},
    base::{
        db::{Tx, again},
        random,
    },
};

/// A chain that no one uses for so long is over.
const REFRESH_MS: i64 = 30 * 24 * 3_600_000;
/// A repeated use within this time is a lost answer or a second tab, and no thief.
const REUSE_FREE_MS: i64 = 30_000;
/// What a device that asks too often has to wait for longer (RFC 8628 3.5), and what the network may take from a wait.
const SLOWER_MS: i64 = 5_000;
const JITTER_MS: i64 = 1_000;
const CODE_GRANT: &str = "authorization_code";
const REFRESH_GRANT: &str = "refresh_token";
const OWN_GRANT: &str = "client_credentials";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub const GRANTS: [&str; 4] = [CODE_GRANT, REFRESH_GRANT, OWN_GRANT, DEVICE_GRANT];

/// The answer of RFC 6749 5.1, or what 5.2 names.
pub async fn issue(settings: &OauthSettings, asker: &Asker) -> Result<Value, Refusal> {
    let named = asker.params.required("grant_type")?;
    // What is connected stays so: a refresh token goes on.
    if [CODE_GRANT, DEVICE_GRANT].contains(&named) && !settings.admits(&asker.client) {
        return Err(Refusal::unregistered());
    }
    if asker.client.kind == ClientKind::Service && named != OWN_GRANT && GRANTS.contains(&named) {
        return Err(Refusal::new("unauthorized_client", "A service acts for itself: use client_credentials"));
    }
    // Nothing may fail behind a commit: who comes again with the same code passes for a thief.
    let signer = mint::signer(asker).await?;
    let issued = match named {
        CODE_GRANT => again(|| redeem(asker, &signer)).await,
        REFRESH_GRANT => again(|| refresh(asker, &signer)).await,
        OWN_GRANT => for_itself(asker, &signer).await,
        DEVICE_GRANT => again(|| for_device(asker, &signer)).await,
        _ => Err(Refusal::new("unsupported_grant_type", "See grant_types_supported of this server")),
    }?;
    GRANTS.into_iter().filter(|grant| *grant == named).for_each(|grant| asker.metrics.oauth_granted(grant));
    Ok(issued)
}

const WRONG_CODE: Refusal = Refusal::grant("The code is unknown, used or expired, or belongs to another request");
/// RFC 7636 4.1.
const VERIFIER_CHARS: RangeInclusive<usize> = 43..=128;

/// Used up, whatever else is wrong: a code that came to the wrong hands works for no one, nor does what it has brought.
async fn redeem(asker: &Asker, signer: &Signer) -> Result<Value, Refusal> {
    let Asker { app, client, params, .. } = asker;
    let (code, now_ms) = (params.required("code")?, app.now_ms());
    let hash = random::hash(code);
    let (redirect_uri, verifier) = (params.required("redirect_uri")?, params.required("code_verifier")?);
    // A guess takes no one's turn to write: here, and below.
    let Some(code) = grants::store::find_code(&app.state.db.pool, &hash).await? else {
        return Err(unknown(asker, code, WRONG_CODE).await);
    };
    let mut tx = app.state.db.begin_write().await?;
    let grant = hold(app, &mut tx, &code.grant_id, true).await?;
    let is_first = grants::store::use_code(&mut *tx, &hash, now_ms).await?;
    let fits = is_first
        && client.may_redirect_to(&code.redirect_uri)
        && code.expires_at > now_ms
        && code.redirect_uri == redirect_uri
        // RFC 7636 4.6.
        && VERIFIER_CHARS.contains(&verifier.len())
        && code.challenge == random::hash(verifier);
    let Some(grant) = grant.filter(|grant| fits && grant.client_id == client.id) else {
        tracing::warn!(client = client.id, grant = code.grant_id, is_first, "a code was refused");
        allow::end(tx, app, &code.grant_id, EndReason::TheftSuspected).await?;
        return Err(WRONG_CODE);
    };
    go_on(asker, signer, tx, grant, Next::First { nonce: &code.nonce }).await
}

/// Notes the use of a grant and returns it, locked; `None` when it is over. Before it its user and its session are locked, in
/// the order of whatever ends them: two would wait for each other. `is_first`: others of the user may have to give way.
async fn hold(app: &App, tx: &mut Tx, id: &str, is_first: bool) -> sqlx::Result<Option<GrantRow>> {
    let Some(grant) = grants::store::living_grant(&mut **tx, id).await? else { return Ok(None) };
    let now_ms = app.now_ms();
    if is_first {
        users::store::lock(&mut **tx, &grant.user_id).await?;
    }
    if !grant.sid.is_empty() {
        // For the receipt of whoever ends the session.
        let token_end = now_ms + app.state.config.token_lifetime_seconds * 1000;
        sessions::store::note_token(&mut **tx, &grant.sid, token_end).await?;
    }
    grants::store::use_grant(&mut **tx, id, now_ms).await
}

/// Of a code or token without a row: it was deleted with its user, or for its age, or is a guess, which counts.
async fn unknown(asker: &Asker, ticket: &str, refusal: Refusal) -> Refusal {
    if !ticket::was_given(&asker.app.secret, ticket)
        && let Err(error) = asker.note_guess().await
    {
        return error.into();
    }
    refusal
}

/// RFC 8707 2.2: a token is for what the user was asked for.
fn is_of(Asker { app, params, .. }: &Asker, grant: &GrantRow) -> Result<(), Refusal> {
    match params.get("resource") {
        // Older versions let users be asked for more.
        _ if !is_audience(&grant.resource, &app.state.site.issuer) => Err(Refusal::new("invalid_target", NO_TARGET)),
        "" => Ok(()),
        resource if resource == grant.resource => Ok(()),
        _ => Err(Refusal::new("invalid_target", "The user was asked for another resource")),
    }
}

const WRONG_DEVICE_CODE: Refusal =
    Refusal::grant("The device code is unknown or used, or belongs to another application");

/// RFC 8628 3.4: not yet, no, or tokens, once.
async fn for_device(asker: &Asker, signer: &Signer) -> Result<Value, Refusal> {
    let Asker { app, client, params, .. } = asker;
    let (code, now_ms) = (params.required("device_code")?, app.now_ms());
    if !ticket::was_given(&app.secret, code) {
        return Err(unknown(asker, code, WRONG_DEVICE_CODE).await);
    }
    let mut tx = app.state.db.begin_write().await?;
    let row = device::store::lock(&mut *tx, &random::hash(code)).await?;
    let row = row.filter(|row| row.client_id == client.id && row.used_at.is_none());
    let mut row = row.ok_or(WRONG_DEVICE_CODE)?;
    if row.expires_at <= now_ms {
        return Err(Refusal::new("expired_token", "The device code has expired"));
    }
    if row.refused_at.is_some() {
        return Err(Refusal::new("access_denied", "The user refused"));
    }
    let early = row.asked_at.replace(now_ms).is_some_and(|at| now_ms - at < row.interval_ms - JITTER_MS);
    let Some(grant_id) = row.grant_id.clone() else {
        row.interval_ms += if early { SLOWER_MS } else { 0 };
        device::store::note(&mut *tx, &row).await?;
        tx.commit().await?;
        return Err(match early {
            true => Refusal::new("slow_down", "Wait five seconds longer from now on"),
            false => Refusal::new("authorization_pending", "The user hasn't decided yet"),
        });
    };
    row.used_at = Some(now_ms);
    device::store::note(&mut *tx, &row).await?;
    let grant = hold(app, &mut tx, &grant_id, true).await?.ok_or(OVER)?;
    go_on(asker, signer, tx, grant, Next::First { nonce: "" }).await
}

const WRONG_REFRESH: Refusal = Refusal::grant("The refresh token is unknown, used, expired or revoked");

async fn refresh(asker: &Asker, signer: &Signer) -> Result<Value, Refusal> {
    let Asker { app, client, caller, params, .. } = asker;
    let (token, now_ms) = (params.required("refresh_token")?, app.now_ms());
    let hash = random::hash(token);
    let Some(found) = grants::store::find_refresh(&app.state.db.pool, &hash).await? else {
        return Err(unknown(asker, token, WRONG_REFRESH).await);
    };
    let mut tx = app.state.db.begin_write().await?;
    // Locked: of fifty that come at once each sees what the one before has done.
    let grant = hold(app, &mut tx, &found.grant_id, false).await?;
    let grant = grant.filter(|grant| grant.client_id == client.id).ok_or(WRONG_REFRESH)?;
    let token = grants::store::find_refresh(&mut *tx, &hash).await?.filter(|token| token.expires_at > now_ms);
    let token = token.ok_or(WRONG_REFRESH)?;
    if token.used_at.is_some_and(|at| now_ms - at > REUSE_FREE_MS) {
        allow::end_reused(asker, tx, &grant, &token).await?;
        return Err(WRONG_REFRESH);
    }
    let scopes = params.scopes(&Scopes::stored(&grant.scopes).within(&client.scopes), NOT_ALLOWED)?;
    let is_head = grants::store::use_refresh(&mut *tx, &hash, &caller.device(), now_ms).await?;
    go_on(asker, signer, tx, grant, Next::Refreshed { scopes, is_head }).await
}

const NOT_ALLOWED: &str = "The user hasn't allowed this scope, or the application has given it up";

const OVER: Refusal = Refusal::grant("The user is logged out or disabled");

enum Next<'a> {
    First { nonce: &'a str },
    Refreshed { scopes: Scopes, is_head: bool },
}

/// Tokens of a grant that was looked at and locked. Its user is read after that: whatever ends all that is theirs waits for
/// the grant, or has ended it before.
async fn go_on(asker: &Asker, signer: &Signer, mut tx: Tx, grant: GrantRow, next: Next<'_>) -> Result<Value, Refusal> {
    is_of(asker, &grant)?;
    let Asker { app, client, .. } = asker;
    let now_ms = app.now_ms();
    let user = users::store::find_by_id(&mut *tx, &grant.user_id).await?.filter(User::may_log_in).ok_or(OVER)?;
    let session = sessions::store::find_by_sid(&mut *tx, &grant.log_in_sid).await?;
    let amr = session.as_ref().map(|session| session.log_in.amr.clone()).unwrap_or_default();
    let (nonce, scopes, is_first, is_head) = match next {
        Next::First { nonce } => (nonce, Scopes::stored(&grant.scopes), true, true),
        Next::Refreshed { scopes, is_head } => ("", scopes, false, is_head),
    };
    let stands = !grant.sid.is_empty();
    let ends_at = session.filter(|session| session.ended(now_ms).is_none()).map(|session| session.log_in.expires_at);
    let session_end = ends_at.filter(|_| stands).unwrap_or(i64::MAX);
    let now = now_ms / 1000;
    let exp = (session_end / 1000).min(now + app.state.config.token_lifetime_seconds);
    // No one is logged in with a code from before their logout, which the application would never be told of.
    if ((stands || is_first) && ends_at.is_none()) || exp <= now {
        return Err(OVER);
    }
    // What the application has registered no more isn't given for it, whatever the user has allowed.
    let scopes = scopes.within(&client.scopes);
    let may_outlive = client.kind == ClientKind::Native || client.scopes.has(OFFLINE);
    if scopes.is_empty() || !(stands || may_outlive) {
        return Err(Refusal::grant("The application has given up what the user allowed"));
    }
    let may_refresh = is_head && (!stands || client.kind == ClientKind::Spa);
    let until = session_end.min(now_ms + REFRESH_MS);
    let refresh = may_refresh.then(|| ticket::make(&app.secret, "lkr_")).transpose()?;
    if let Some(token) = &refresh {
        grants::store::insert_refresh(&mut tx, &random::hash(token), &grant.id, now_ms, until).await?;
    }
    let surplus = match is_first {
        true => grants::store::end_surplus(&mut *tx, &grant, allow::GRANTS_MAX).await?,
        false => Vec::new(),
    };
    allow::commit(tx, app, &surplus, &Actor::System, EndReason::GaveWay).await?;
    let mut issued = mint::bearer(asker, &signer.access, &grant, user.epoch, &scopes.text(), exp)?;
    if let Some(token) = refresh {
        issued["refresh_token"] = token.into();
        // Without a use before.
        issued["refresh_token_expires_in"] = ((until - now_ms) / 1000).into();
    }
    if let Some(key) = signer.id.as_ref().filter(|_| scopes.has(OPENID)) {
        issued["id_token"] = mint::id_token(asker, key, &grant, nonce, &amr)?.into();
    }
    Ok(issued)
}

/// RFC 6749 4.4. For APIs of others: at our own an application acts for a user.
async fn for_itself(asker: &Asker, signer: &Signer) -> Result<Value, Refusal> {
    let Asker { app, client, params, .. } = asker;
    let Some(epoch) = client.owner_epoch.filter(|_| client.kind == ClientKind::Service) else {
        return Err(Refusal::new("unauthorized_client", "Only an application of the kind service acts for itself"));
    };
    let scopes = params.scopes(&client.scopes.without(OFFLINE).without(OPENID), NOT_REGISTERED)?;
    let now = app.now_ms() / 1000;
    // No one has let it, so this is stored nowhere. By its id the token is revoked.
    let grant = GrantRow {
        id: Uuid::now_v7().to_string(),
        user_id: client.id.clone(),
        resource: params.resource(&app.state.site.issuer)?,
        auth_time: now,
        global_epoch: sessions::store::global_epoch(&app.state.db.pool).await?,
        ..GrantRow::default()
    };
    let exp = now + app.state.config.token_lifetime_seconds;
    Ok(mint::bearer(asker, &signer.access, &grant, epoch, &scopes.text(), exp)?)
}
