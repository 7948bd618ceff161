//! The border of programs: what they send, and the JSON that they get. No cookie is read here. Server side.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Serialize;
use url::Url;

use super::{
    clients,
    clients::{Client, authenticate::Asker},
    device, discovery, introspect,
    params::{TOO_LARGE, form},
    refusal::Refusal,
    settings::OauthSettings,
    token,
};
use crate::{
    auth::app::App,
    base::{metrics::Metrics, state::AppState},
    web::{authorization, guards::Guards, problem::Problem},
};

/// Of an address that a browser is led to: proxies take no longer ones.
const QUERY_BYTES_MAX: usize = 8 * 1024;
/// Documents change with a version of the program or a key's algorithm.
const DOCUMENT: &str = "public, max-age=300";

/// A request of a page by POST (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2), as GET. A form of another site brings no
/// session, since its cookie is `SameSite=Lax`; where it is led to, the session is there.
pub async fn as_query(request: Request) -> Result<Response, Problem> {
    let (parts, body) = form(request).await.map_err(Problem::bad_request)?;
    let sent = [parts.uri.query().unwrap_or_default().as_bytes(), &body];
    let pairs = sent.into_iter().flat_map(url::form_urlencoded::parse);
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.len() > QUERY_BYTES_MAX {
        return Err(Problem::bad_request(TOO_LARGE));
    }
    Ok(Redirect::to(&format!("{}?{query}", parts.uri.path())).into_response())
}

pub async fn token(Extension(settings): Extension<OauthSettings>, asker: Asker) -> impl IntoResponse {
    let issued = token::issue(&settings, &asker).await;
    (Extension(asker.client), issued.map(|issued| said(&issued)))
}

/// `POST /oauth/device_authorization` (RFC 8628).
pub async fn device(Extension(settings): Extension<OauthSettings>, asker: Asker) -> Result<Response, Refusal> {
    if !settings.admits(&asker.client) {
        return Err(Refusal::unregistered());
    }
    Ok(said(&device::begin(&asker).await?))
}

/// `POST /oauth/revoke` (RFC 7009): 200 also for what is no token, so that no one learns which one is.
pub async fn revoke(asker: Asker) -> impl IntoResponse {
    let revoked = introspect::revoke(&asker).await;
    (Extension(asker.client), revoked.map(|()| StatusCode::OK))
}

/// `POST /oauth/introspect` (RFC 7662).
pub async fn introspect(asker: Asker) -> Result<Response, Refusal> {
    if !asker.client.kind.has_secret() {
        return Err(Refusal::client());
    }
    // Who has shown a secret doesn't guess: an API asks about whatever its callers send.
    Ok(said(&introspect::introspect(&asker).await?))
}

/// `GET /oauth/userinfo`, and POST: who the user of the token is.
pub async fn user_info(
    Extension(app): Extension<App>,
    Extension(guards): Extension<Guards>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let mut tokens = authorization::bearer(&headers);
    let token = tokens.next().and_then(|token| std::str::from_utf8(token).ok()).filter(|_| tokens.next().is_none());
    let token = token.ok_or_else(|| Refusal::token(false))?;
    let verified = introspect::active(&app, &guards.keys, token).await?.ok_or_else(|| Refusal::token(true))?;
    let info = introspect::user_info(&app, &verified).await?;
    let client = clients::store::find_client(&app.state.db.pool, &verified.claims.client_id).await?;
    Ok((Extension(client.unwrap_or_default()), said(&info)))
}

/// Layer: counts what an endpoint refuses.
pub async fn count(
    State(endpoint): State<&'static str>,
    Extension(metrics): Extension<Metrics>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    response.extensions().get().inspect(|refusal: &&Refusal| metrics.oauth_refused(endpoint, refusal.error));
    response
}

/// `OPTIONS`: a page of an application may ask. Whether it may read the answer is said with that.
pub async fn may_ask() -> impl IntoResponse {
    let allow = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        // To find out takes a look at all applications.
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, AppendHeaders(allow))
}

/// The document about this server, at both of its addresses.
pub async fn server(
    State(state): State<Arc<AppState>>,
    Extension(guards): Extension<Guards>,
    Extension(settings): Extension<OauthSettings>,
) -> Result<Response, Problem> {
    Ok(document(&discovery::server(&state, &guards.keys, &settings).await?))
}

pub async fn own_api(State(state): State<Arc<AppState>>) -> Response {
    document(&discovery::own_api(&state))
}

fn document(about: &impl Serialize) -> Response {
    let headers = [(header::CACHE_CONTROL, DOCUMENT), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (AppendHeaders(headers), Json(about)).into_response()
}

fn said(answer: &impl Serialize) -> Response {
    (AppendHeaders([(header::CACHE_CONTROL, "no-store")]), Json(answer)).into_response()
}

/// Layer: a page of the application itself may read the answer, where the application is nothing but a page. Where no one
/// knows which one asks, the answer tells nothing, and the page of any such application may.
pub async fn open_to_page(Extension(app): Extension<App>, request: Request, next: Next) -> Result<Response, Refusal> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut answer = next.run(request).await;
    if let Some(origin) = origin
        && let Ok(text) = origin.to_str()
        && is_page_of(&app, answer.extensions().get(), text).await?
    {
        answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    answer.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    Ok(answer)
}

async fn is_page_of(app: &App, client: Option<&Client>, origin: &str) -> Result<bool, Refusal> {
    if let Some(client) = client {
        return Ok(client.is_page_at(origin));
    }
    let host = Url::parse(origin).ok().and_then(|url| Some(format!("{}://{}", url.scheme(), url.host_str()?)));
    let Some(host) = host else { return Ok(false) };
    // Of a loopback address the port is free, so the database looks for the rest.
    let found = clients::store::public_clients_at(&app.state.db.pool, &host).await?;
    Ok(found.into_iter().any(|client| client.is_active() && client.is_page_at(origin)))
}
