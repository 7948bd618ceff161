//! The example of docs/INTEGRATING.md in Rust, letter by letter: integrating.rs tests it.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, errors::Error, jwk::JwkSet};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub client_id: String,
    pub scope: String,
}

/// `None`: it is no access token, or its key is new. Read the keys again then, if they are older than 15 seconds.
pub fn verify(token: &str, keys: &JwkSet, issuer: &str, api_url: &str) -> Result<Option<Claims>, Error> {
    let header = decode_header(token)?;
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid));
    let Some(key) = key.filter(|_| header.typ.as_deref() == Some("at+jwt")) else { return Ok(None) };
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[api_url]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    Ok(Some(decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims))
}
