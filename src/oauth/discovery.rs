//! What programs read about this server: RFC 8414 and OpenID Connect Discovery, which say the same, and RFC 9728 of our own
//! API. Server side.

use serde_json::{Value, json};

use super::{
    addresses,
    authorize::PROMPTS,
    clients::RS256,
    mint::{ACR_MFA, ACR_SFA},
    scope::OURS,
    settings::OauthSettings,
    token::GRANTS,
};
use crate::{
    auth::tokens::{KeyPurpose, claims::resource, keys::Keys},
    base::{config::TokenAlgorithm, error::AppError, state::AppState},
};

/// Of the keys that applications may have.
const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "Ed25519", "RS256"];

pub async fn server(state: &AppState, keys: &Keys, settings: &OauthSettings) -> Result<Value, AppError> {
    let issuer = state.site.issuer.clone();
    let at = |path: &str| format!("{issuer}{path}");
    let scopes: Vec<&str> = OURS.iter().map(|(name, _)| *name).collect();
    let own = keys.signing(KeyPurpose::All).await?.algorithm;
    // With HS256 no application could verify it.
    let own = Some(own.into_str()).filter(|_| !matches!(own, TokenAlgorithm::Hs256 | TokenAlgorithm::Rs256));
    let of_id_tokens: Vec<&str> = own.into_iter().chain([RS256]).collect();
    let methods: &[&str] = &["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
    Ok(json!({
        "issuer": issuer,
        "authorization_endpoint": at(addresses::AUTHORIZE),
        "token_endpoint": at(addresses::TOKEN),
        "device_authorization_endpoint": at(addresses::DEVICE),
        "revocation_endpoint": at(addresses::REVOKE),
        "introspection_endpoint": at(addresses::INTROSPECT),
        "userinfo_endpoint": at(addresses::USER_INFO),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "end_session_endpoint": at(addresses::LOG_OUT),
        "jwks_uri": at("/.well-known/jwks.json"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": GRANTS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": &methods[..3],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": of_id_tokens,
        "claims_supported": ["sub", "name", "email", "email_verified", "auth_time", "amr", "acr", "sid"],
        "acr_values_supported": [ACR_MFA, ACR_SFA],
        "prompt_values_supported": PROMPTS,
        "client_id_metadata_document_supported": settings.unregistered_applications,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    }))
}

pub fn own_api(state: &AppState) -> Value {
    let issuer = state.site.issuer.clone();
    let scopes = OURS.iter().map(|(name, _)| *name).filter(|name| name.contains(':')).collect::<Vec<_>>();
    json!({
        "resource": resource(&issuer),
        "authorization_servers": [issuer],
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
        "resource_name": "Latchkey",
    })
}
