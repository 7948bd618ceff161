//! Which application calls (RFC 6749 2.3): by its id and secret or assertion, or by its id alone where it can keep neither.
//! Server side.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;

use super::{Client, assertion, store};
use crate::{
    auth::{app::App, throttle::Way, tokens::keys::Keys},
    base::{caller::Caller, error::AppError, metrics::Metrics, random},
    oauth::{
        params::{Params, form},
        refusal::Refusal,
    },
    web::{caller::caller_of, guards::Guards},
};

/// A use is written down this often.
const TOUCH_EVERY_MS: i64 = 60_000;

/// An application that has shown who it is, and what it asks for.
pub struct Asker {
    pub app: App,
    pub keys: Keys,
    pub metrics: Metrics,
    pub caller: Caller,
    pub client: Client,
    pub params: Params,
}

impl<S: Send + Sync> FromRequest<S> for Asker {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = form(request).await.map_err(Refusal::request)?;
        let params = Params::parse(&body)?;
        let app = parts.extensions.get::<App>().cloned().ok_or_else(AppError::internal)?;
        let guards = parts.extensions.get::<Guards>().cloned().ok_or_else(AppError::internal)?;
        let caller = caller_of(&parts, &app.state.config);
        let client = client(&app, &parts.headers, &params, &caller.ip).await?;
        Ok(Self { app, keys: guards.keys.clone(), metrics: guards.metrics.clone(), caller, client, params })
    }
}

impl Asker {
    /// Counts a code or a token of this network that no one was ever given: [`AppError::TooManyTries`] after too many. Who
    /// has shown a secret doesn't guess.
    pub async fn note_guess(&self) -> Result<(), AppError> {
        if !self.client.kind.has_secret() {
            let _counted = self.app.throttle.admit(Way::Client, &self.caller.ip).await?;
        }
        Ok(())
    }
}

enum Proof {
    None,
    Secret(String),
    Assertion(String),
}

/// A secret has 256 random bits, so it is looked up by its hash before anything is counted. Only a secret or an assertion
/// that is none of this application counts, and whoever guesses waits: one that is over, and a name alone, are no guess.
async fn client(app: &App, headers: &HeaderMap, params: &Params, ip: &str) -> Result<Client, Refusal> {
    let (id, proof) = credentials(headers, params)?;
    let (pool, now_ms) = (&app.state.db.pool, app.now_ms());
    let mut is_guess = !matches!(proof, Proof::None);
    if let Some(client) = store::find_client(pool, &id).await? {
        let (is_it, is_over) = match (&proof, client.kind.has_secret()) {
            (Proof::Secret(secret), true) => match store::find_secret(pool, &id, &random::hash(secret)).await? {
                Some(secret) if secret.has_expired(now_ms) => {
                    tracing::warn!(client = id, secret = secret.prefix, "the secret of an application has expired");
                    (true, true)
                }
                found => (found.is_some(), false),
            },
            (Proof::Assertion(assertion), true) => (assertion::shows(app, &client, assertion).await?, false),
            (Proof::None, false) => (true, false),
            _ => (false, false),
        };
        is_guess &= !is_it;
        if is_it && !is_over && client.is_active() {
            if client.last_used_at.is_none_or(|at| at < now_ms - TOUCH_EVERY_MS) {
                store::touch_client(pool, &id, now_ms).await?;
            }
            return Ok(client);
        }
    }
    if is_guess {
        let _counted = app.throttle.admit(Way::Client, ip).await?;
    }
    Err(Refusal::client())
}

/// Which application says that it calls, and how it shows that: in one way, not in two (RFC 6749 2.3).
fn credentials(headers: &HeaderMap, params: &Params) -> Result<(String, Proof), Refusal> {
    let (id, secret) = (params.get("client_id").to_owned(), params.get("client_secret").to_owned());
    let (assertion, kind) = (params.get("client_assertion"), params.get("client_assertion_type"));
    match basic(headers) {
        other if !assertion.is_empty() || !kind.is_empty() => {
            if other.is_some() || !secret.is_empty() {
                return Err(Refusal::request("Send a secret or an assertion, not both"));
            }
            if kind != assertion::TYPE {
                return Err(Refusal::request("client_assertion_type must be that of a JWT (RFC 7523 2.2)"));
            }
            // The assertion names it, too (RFC 7521 4.2).
            let id = if id.is_empty() { assertion::named(assertion).unwrap_or_default() } else { id };
            Ok((id, Proof::Assertion(assertion.to_owned())))
        }
        None => {
            params.required("client_id")?;
            Ok((id, if secret.is_empty() { Proof::None } else { Proof::Secret(secret) }))
        }
        Some(_) if !secret.is_empty() => Err(Refusal::request("Send the secret once: as a header or in the body")),
        Some(Some((user, password))) if id.is_empty() || id == user => Ok((user, Proof::Secret(password))),
        Some(_) => Err(Refusal::client()),
    }
}

/// `None` without one; nothing inside where it cannot be read. Both halves are form-encoded (RFC 6749 2.3.1).
fn basic(headers: &HeaderMap) -> Option<Option<(String, String)>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let halves = decoded.as_deref().and_then(|text| text.split_once(':'));
    let form_decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    Some(halves.map(|(user, password)| (form_decoded(user), form_decoded(password))))
}
