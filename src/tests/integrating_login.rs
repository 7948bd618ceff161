//! The login of docs/INTEGRATING.md in Rust, letter by letter: integrating.rs tests it.

use std::error::Error;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType},
    url::{ParseError, Url},
};
use serde::{Deserialize, Serialize};

type Latchkey<Set = EndpointSet, NotSet = EndpointNotSet> = Client<
    BasicErrorResponse,
    StandardTokenResponse<WithIdToken, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    Set,
    NotSet,
    NotSet,
    NotSet,
    Set,
>;

#[derive(Debug, Deserialize, Serialize)]
pub struct WithIdToken {
    id_token: String,
}

impl ExtraTokenFields for WithIdToken {}

/// Keep it in the session of the browser until they come back.
pub struct Login {
    verifier: PkceCodeVerifier,
    state: CsrfToken,
    nonce: String,
}

#[derive(Debug, Deserialize)]
pub struct User {
    pub sub: String,
    nonce: String,
}

pub fn latchkey(issuer: &str, id: &str, secret: &str, redirect: &str) -> Result<Latchkey, ParseError> {
    Ok(Latchkey::<EndpointNotSet>::new(ClientId::new(id.into()))
        .set_client_secret(ClientSecret::new(secret.into()))
        .set_auth_uri(AuthUrl::new(format!("{issuer}/oauth/authorize"))?)
        .set_token_uri(TokenUrl::new(format!("{issuer}/oauth/token"))?)
        .set_redirect_uri(RedirectUrl::new(redirect.into())?))
}

/// Where to send the browser.
pub fn begin(latchkey: &Latchkey) -> (Url, Login) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = CsrfToken::new_random().into_secret();
    let request = latchkey.authorize_url(CsrfToken::new_random).add_scope(Scope::new("openid".into()));
    let (url, state) = request.add_extra_param("nonce", nonce.clone()).set_pkce_challenge(challenge).url();
    (url, Login { verifier, state, nonce })
}

/// The browser has come back with `code`, `state` and `iss`. `http` is a `reqwest::Client` that follows no redirects.
pub async fn finish<'c, C>(
    latchkey: &'c Latchkey,
    login: Login,
    [code, state, iss]: [&str; 3],
    (issuer, keys): (&str, &JwkSet),
    http: &'c C,
) -> Result<User, Box<dyn Error>>
where
    C: AsyncHttpClient<'c, Error: 'static>,
{
    if state != login.state.secret() || iss != issuer {
        return Err("this is no answer to the request of this browser".into());
    }
    let request = latchkey.exchange_code(AuthorizationCode::new(code.into())).set_pkce_verifier(login.verifier);
    let tokens = request.request_async(http).await?;
    let id_token = &tokens.extra_fields().id_token;
    let kid = decode_header(id_token)?.kid.ok_or("the ID token names no key")?;
    let key = keys.find(&kid).ok_or("its key is new: read the keys again, and try once more")?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[latchkey.client_id().as_str()]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let user = decode::<User>(id_token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
    if user.nonce == login.nonce { Ok(user) } else { Err("the ID token is for another login".into()) }
}
