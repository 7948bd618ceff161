//! Which application calls (RFC 6749 2.3): by its id and secret, or by its id alone where it can keep no secret. Server side.

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{client::Client, params::Params, refusal::Refusal, store};
use crate::{
    auth::{app::App, links, throttle::Way},
    base::error::AppError,
};

/// A use is written down this often.
const TOUCH_EVERY_MS: i64 = 60_000;

struct Credentials {
    id: String,
    secret: Option<String>,
}

/// A secret has 256 random bits, so it is looked up by its hash before anything is counted; only what is wrong counts, and
/// whoever guesses waits.
///
/// # Errors
/// `invalid_client`, `invalid_request`, or a wait.
pub async fn client(app: &App, headers: &HeaderMap, params: &Params, ip: &str) -> Result<Client, Refusal> {
    let Credentials { id, secret } = credentials(headers, params)?;
    let (pool, now_ms) = (&app.state.db.pool, app.now_ms());
    let found = store::find_client(pool, &id).await?.map(Client::from).filter(Client::is_active);
    if let Some(client) = found {
        let is_it = match (&secret, client.kind.has_secret()) {
            (Some(secret), true) => store::has_secret(pool, &id, &links::hash(secret)).await?,
            (None, false) => true,
            _ => false,
        };
        if is_it {
            store::touch_client(pool, &id, now_ms, now_ms - TOUCH_EVERY_MS).await?;
            return Ok(client);
        }
    }
    note_guess(app, ip).await?;
    Err(Refusal::client())
}

/// Counts a wrong secret, code or token of this network.
///
/// # Errors
/// [`AppError::TooManyTries`].
pub async fn note_guess(app: &App, ip: &str) -> Result<(), AppError> {
    let _counted = app.throttle.admit(Way::Client, ip).await?;
    Ok(())
}

/// In one way, not in two (RFC 6749 2.3).
fn credentials(headers: &HeaderMap, params: &Params) -> Result<Credentials, Refusal> {
    let (id, secret) = (params.get("client_id").to_owned(), params.get("client_secret").to_owned());
    match basic(headers) {
        None => {
            params.required("client_id")?;
            Ok(Credentials { id, secret: (!secret.is_empty()).then_some(secret) })
        }
        Some(_) if !secret.is_empty() => Err(Refusal::request("Send the secret once: as a header or in the body")),
        Some(Some((user, password))) if id.is_empty() || id == user => {
            Ok(Credentials { id: user, secret: Some(password) })
        }
        Some(_) => Err(Refusal::client()),
    }
}

/// `None` without one; nothing inside where it cannot be read. Both halves are form-encoded (RFC 6749 2.3.1).
fn basic(headers: &HeaderMap) -> Option<Option<(String, String)>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let halves = decoded.as_deref().and_then(|text| text.split_once(':'));
    Some(halves.map(|(user, password)| (form_decoded(user), form_decoded(password))))
}

fn form_decoded(text: &str) -> String {
    let pair = format!("v={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
