//! What a program sends, as a query or a form. Server side.

use std::{collections::BTreeMap, error::Error, iter::successors};

use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{header, request::Parts},
};
use http_body_util::LengthLimitError;

use super::{
    clients::{Client, ClientKind, is_resource, origin_of},
    refusal::Refusal,
    scope::{OFFLINE, Scopes},
};
use crate::auth::tokens::claims::resource;

/// Of a name that is repeated to whoever sent it: the names of all parameters are shorter, and no sentence fits in.
const NAME_CHARS_MAX: usize = 32;
/// Of a request; a code, a verifier and a secret are a few hundred.
const BODY_BYTES_MAX: usize = 16 * 1024;
pub const TOO_LARGE: &str = "The request is too large";
const UNREADABLE: &str = "The body of the request can't be read";
/// Of a resource.
pub const NO_TARGET: &str = "resource must be the API of this server, or an https address elsewhere without a fragment";
/// Of a scope.
pub const NOT_REGISTERED: &str = "The application hasn't registered this scope";

/// Parameters. Of one that comes twice no one knows which is meant: it has no value, and is told as a fault.
#[derive(Clone, Debug, Default)]
pub struct Params {
    given: BTreeMap<String, String>,
    /// The first that came twice.
    pub twice: Option<String>,
}

impl Params {
    pub fn read(encoded: &[u8]) -> Self {
        let mut params = Self::default();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if params.given.contains_key(&*name) {
                params.given.insert(name.clone().into_owned(), String::new());
                params.twice.get_or_insert(name.into_owned());
            } else {
                params.given.insert(name.into_owned(), value.into_owned());
            }
        }
        params
    }

    /// Each is there once at most (RFC 6749 3.1), also a resource (RFC 8707 2).
    pub fn parse(encoded: &[u8]) -> Result<Self, Refusal> {
        let params = Self::read(encoded);
        params.fault().map_or(Ok(params), Err)
    }

    pub fn fault(&self) -> Option<Refusal> {
        let name = self.twice.as_deref()?;
        let is_name = name.len() <= NAME_CHARS_MAX && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
        Some(match name {
            "resource" => Refusal::new("invalid_target", "Name one resource: a token is for one API"),
            _ => Refusal::request(format!("{} comes twice", if is_name { name } else { "A parameter" })),
        })
    }

    pub fn required(&self, name: &str) -> Result<&str, Refusal> {
        match self.get(name) {
            "" => Err(Refusal::request(format!("{name} is missing"))),
            value => Ok(value),
        }
    }

    /// The audience of a token: our own API, or another one that is named (RFC 8707 2).
    pub fn resource(&self, issuer: &str) -> Result<String, Refusal> {
        match self.get("resource") {
            "" => Ok(resource(issuer)),
            text if is_audience(text, issuer) => Ok(text.to_owned()),
            _ => Err(Refusal::new("invalid_target", NO_TARGET)),
        }
    }

    /// The scopes that are asked for; where none are, all that may be. `why` is said where one may not be.
    pub fn scopes(&self, all: &Scopes, why: &'static str) -> Result<Scopes, Refusal> {
        let scopes = match self.get("scope") {
            "" => Some(all.clone()),
            text => Scopes::parse(text).ok().filter(|asked| all.covers(asked)),
        };
        scopes.ok_or(Refusal::new("invalid_scope", why))
    }

    /// The scopes that a user is asked about; where none are named, all but lasting access (RFC 6749 3.3).
    pub fn scopes_of_user(&self, client: &Client) -> Result<Scopes, Refusal> {
        let scopes = match self.get("scope") {
            "" => client.scopes.without(OFFLINE),
            text => Scopes::parse(text).unwrap_or_default(),
        };
        // A page has no place where a token is safe for a month: it gets the rest.
        let scopes = if client.kind == ClientKind::Spa { scopes.without(OFFLINE) } else { scopes };
        let may_have = !scopes.is_empty() && client.scopes.covers(&scopes);
        if may_have { Ok(scopes) } else { Err(Refusal::new("invalid_scope", NOT_REGISTERED)) }
    }

    /// Empty where it is not there: both mean the same (RFC 6749 3.1).
    pub fn get(&self, name: &str) -> &str {
        self.given.get(name).map_or("", String::as_str)
    }
}

/// Whether a token may be for it. Of this server only the API for applications: to whoever verifies elsewhere a token for
/// anything else here would pass for one of our own pages.
pub fn is_audience(text: &str, issuer: &str) -> bool {
    text == resource(issuer) || is_resource(text) && origin_of(text) != origin_of(issuer)
}

/// What is wrong with it is said in words.
pub async fn form(request: Request) -> Result<(Parts, Bytes), &'static str> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err("Send application/x-www-form-urlencoded");
    }
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
        let mut causes = successors(Some(&error as &dyn Error), |error| (*error).source());
        if causes.any(|cause| cause.is::<LengthLimitError>()) { TOO_LARGE } else { UNREADABLE }
    })?;
    Ok((parts, body))
}
