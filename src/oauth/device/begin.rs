//! The story of a device that begins to ask (RFC 8628 3.1). Server side.

use serde::Serialize;

use super::{store, store::DeviceRow, user_code::UserCode};
use crate::{
    auth::{links, tokens::claims::resource},
    base::{db::again, error::AppError},
    oauth::{
        client::{ClientKind, is_resource},
        params::Params,
        refusal::Refusal,
        scope::{OFFLINE, Scopes},
        token::Asker,
    },
};

/// The page where the user types the code.
pub const PAGE: &str = "/device";

/// Time to find another device, and to log in there.
const LIFETIME_MS: i64 = 10 * 60_000;
const INTERVAL_MS: i64 = 5_000;
/// That wait for a user at a time.
const WAITING_MAX: i64 = 1_000;
const WAITING_PER_NETWORK_MAX: i64 = 20;

/// RFC 8628 3.2.
#[derive(Debug, Serialize)]
pub struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
}

/// # Errors
/// What RFC 6749 5.2 names, and a wait where too many wait already.
pub async fn begin(Asker { app, client, caller, .. }: &Asker<'_>, params: &Params) -> Result<Begun, Refusal> {
    if client.kind != ClientKind::Native {
        return Err(Refusal::new("unauthorized_client", "Only a phone or desktop app asks for a device"));
    }
    let scopes = match params.get("scope") {
        "" => Some(client.scopes.without(OFFLINE)),
        text => Scopes::parse(text).ok(),
    };
    let scopes = scopes.filter(|asked| !asked.is_empty() && client.scopes.covers(asked));
    let scopes = scopes.ok_or(Refusal::new("invalid_scope", "The application hasn't registered this scope"))?;
    let own = resource(&app.state.site.issuer);
    let audience = match params.get("resource") {
        "" => &own,
        text if text == own || is_resource(text) => text,
        _ => return Err(Refusal::new("invalid_target", "resource must be an https address without a fragment")),
    };
    let (user_code, device_code, now_ms) =
        (UserCode::generate()?, format!("lkd_{}", links::new_token()?), app.now_ms());
    let row = DeviceRow {
        hash: links::hash(&device_code),
        user_code: user_code.hash(&app.secret),
        client_id: client.id.clone(),
        scopes: scopes.text(),
        resource: audience.to_owned(),
        user_agent: caller.user_agent.clone(),
        ip: caller.ip.clone(),
        network: caller.widest_network(),
        created_at: now_ms,
        expires_at: now_ms + LIFETIME_MS,
        interval_ms: INTERVAL_MS,
        asked_at: None,
        grant_id: None,
        refused_at: None,
        used_at: None,
    };
    again(|| async {
        let mut tx = app.state.db.begin_write().await?;
        let (of_client, of_network) = store::count(&mut *tx, &row.client_id, &row.network, now_ms).await?;
        if of_client >= WAITING_MAX || of_network >= WAITING_PER_NETWORK_MAX {
            return Err(AppError::TooManyTries { seconds: 60 });
        }
        store::insert(&mut *tx, &row).await?;
        Ok(tx.commit().await?)
    })
    .await?;
    let (shown, page) = (user_code.shown(), format!("{}{PAGE}", app.state.site.issuer));
    Ok(Begun {
        verification_uri_complete: format!("{page}?user_code={shown}"),
        verification_uri: page,
        user_code: shown,
        device_code,
        expires_in: LIFETIME_MS / 1000,
        interval: INTERVAL_MS / 1000,
    })
}
