//! The story of a device that begins to ask (RFC 8628 3.1), and the code that its user types. Server side.

use aws_lc_rs::rand;
use serde_json::{Value, json};

use super::{store, store::DeviceRow};
use crate::{
    auth::{links, throttle::Way},
    base::{db::again, error::AppError, sealed::SecretKey},
    oauth::{
        addresses::DEVICE_PAGE,
        clients::{ClientKind, authenticate::Asker},
        params::NOT_REGISTERED,
        refusal::Refusal,
        scope::OFFLINE,
    },
};

/// Time to find another device, and to log in there.
const LIFETIME_MS: i64 = 10 * 60_000;
const INTERVAL_MS: i64 = 5_000;
/// Of one application, that wait for a user at a time. How many one network begins is counted as attempts are.
const WAITING_MAX: i64 = 1_000;
/// Of the code: without vowels, which make words, and without digits, which look like letters. 34 random bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const CODE_CHARS: usize = 8;

/// The answer of RFC 8628 3.2, what RFC 6749 5.2 names, or a wait where too many wait already.
pub async fn begin(Asker { app, client, caller, params, .. }: &Asker) -> Result<Value, Refusal> {
    if client.kind != ClientKind::Native {
        return Err(Refusal::new("unauthorized_client", "Only a phone or desktop app may ask for a device"));
    }
    let scopes = match params.get("scope") {
        "" => client.scopes.without(OFFLINE),
        _ => params.scopes(&client.scopes, NOT_REGISTERED)?,
    };
    if scopes.is_empty() {
        return Err(Refusal::new("invalid_scope", NOT_REGISTERED));
    }
    let issuer = &app.state.site.issuer;
    let audience = params.resource(issuer)?;
    let _counted = app.throttle.admit(Way::Device, &caller.ip).await?;
    let (code, device_code, now_ms) = (new_code()?, format!("lkd_{}", links::new_token()?), app.now_ms());
    let row = DeviceRow {
        hash: links::hash(&device_code),
        user_code: hash(&app.secret, &code),
        client_id: client.id.clone(),
        scopes: scopes.text(),
        resource: audience,
        user_agent: caller.user_agent.clone(),
        ip: caller.ip.clone(),
        created_at: now_ms,
        expires_at: now_ms + LIFETIME_MS,
        interval_ms: INTERVAL_MS,
        ..DeviceRow::default()
    };
    again(|| async {
        let mut tx = app.state.db.begin_write().await?;
        if store::count_waiting(&mut *tx, &row.client_id, now_ms).await? >= WAITING_MAX {
            return Err(AppError::TooManyTries { seconds: 60 });
        }
        store::insert(&mut *tx, &row).await?;
        Ok(tx.commit().await?)
    })
    .await?;
    Ok(json!({
        "device_code": device_code,
        "user_code": code,
        "verification_uri": format!("{issuer}{DEVICE_PAGE}"),
        "verification_uri_complete": format!("{issuer}{}", page_with(&code)),
        "expires_in": LIFETIME_MS / 1000,
        "interval": INTERVAL_MS / 1000,
    }))
}

/// The page, where the code stands in the field already.
pub fn page_with(code: &str) -> String {
    format!("{DEVICE_PAGE}?user_code={code}")
}

fn new_code() -> Result<String, AppError> {
    let mut code = String::new();
    while code.len() < CODE_CHARS {
        let mut byte = [0];
        rand::fill(&mut byte).map_err(|_| AppError::internal())?;
        // Below twelve times twenty each letter is as likely.
        if byte[0] < 240 {
            code.push(char::from(LETTERS[usize::from(byte[0] % 20)]));
        }
    }
    Ok(shown(&code))
}

/// However it was typed: `WDJB-MJHT`.
pub fn shown(typed: &str) -> String {
    let letters = typed.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase());
    let mut code: String = letters.collect();
    if let Some((middle, _)) = code.char_indices().nth(CODE_CHARS / 2) {
        code.insert(middle, '-');
    }
    code
}

/// What is stored. Keyed: 34 bits are soon tried out by who has the table.
pub fn hash(key: &SecretKey, typed: &str) -> String {
    key.tag(&format!("user code {}", shown(typed)))
}
