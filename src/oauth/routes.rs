//! The border of programs: what they send, and the JSON that they get. No cookie is read here. Server side.

use axum::{
    Extension, Json,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{AppendHeaders, IntoResponse, Response},
};
use serde::Serialize;

use super::{
    authenticate, client::Client, device, discovery, introspect, params::Params, refusal::Refusal,
    settings::OauthSettings, store, token, token::Asker,
};
use crate::{
    auth::app::App,
    base::{caller::Caller, error::AppError, metrics::Metrics, state::AppState},
    web::{authorization, caller::caller_of, guards::Guards, problem::Problem},
};

/// Of a request; a code, a verifier and a secret are a few hundred.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Documents change with a version of the program or a key's algorithm.
const DOCUMENT: &str = "public, max-age=300";

/// A request that names its application, which was looked at.
struct Called {
    client: Client,
    params: Params,
    caller: Caller,
    origin: Option<HeaderValue>,
}

/// `POST /oauth/token`.
pub async fn token(
    Extension(app): Extension<App>,
    Extension(guards): Extension<Guards>,
    Extension(metrics): Extension<Metrics>,
    request: Request,
) -> Response {
    let called = match call(&app, request).await {
        Ok(called) => called,
        Err(refusal) => return refusal.into_response(),
    };
    let Called { client, params, caller, .. } = &called;
    let asker = Asker { app: &app, keys: &guards.keys, metrics: &metrics, caller, client };
    let answer = match token::issue(&asker, params).await {
        Ok(issued) => said(&issued),
        // A code or a refresh token that is none was a guess.
        Err(refusal) if refusal.error == "invalid_grant" => match authenticate::note_guess(&app, &caller.ip).await {
            Ok(()) => refusal.into_response(),
            Err(error) => Refusal::from(error).into_response(),
        },
        Err(refusal) => refusal.into_response(),
    };
    open_to(&called, answer)
}

/// `POST /oauth/device_authorization` (RFC 8628).
pub async fn device(
    Extension(app): Extension<App>,
    Extension(guards): Extension<Guards>,
    Extension(metrics): Extension<Metrics>,
    request: Request,
) -> Result<Response, Refusal> {
    let Called { client, params, caller, .. } = call(&app, request).await?;
    let asker = Asker { app: &app, keys: &guards.keys, metrics: &metrics, caller: &caller, client: &client };
    Ok(said(&device::begin::begin(&asker, &params).await?))
}

/// `POST /oauth/revoke` (RFC 7009): 200 also for what is no token, so that no one learns which one is.
pub async fn revoke(
    Extension(app): Extension<App>,
    Extension(guards): Extension<Guards>,
    request: Request,
) -> Response {
    let called = match call(&app, request).await {
        Ok(called) => called,
        Err(refusal) => return refusal.into_response(),
    };
    let answer = match introspect::revoke(&app, &guards.keys, &called.client, called.params.get("token")).await {
        Ok(true) => StatusCode::OK.into_response(),
        Ok(false) => match authenticate::note_guess(&app, &called.caller.ip).await {
            Ok(()) => StatusCode::OK.into_response(),
            Err(error) => Refusal::from(error).into_response(),
        },
        Err(error) => Refusal::from(error).into_response(),
    };
    open_to(&called, answer)
}

/// `POST /oauth/introspect` (RFC 7662).
pub async fn introspect(
    Extension(app): Extension<App>,
    Extension(guards): Extension<Guards>,
    request: Request,
) -> Result<Response, Refusal> {
    let Called { client, params, .. } = call(&app, request).await?;
    if !client.kind.has_secret() {
        return Err(Refusal::client());
    }
    // Who has shown a secret doesn't guess: an API asks about whatever its callers send.
    Ok(said(&introspect::introspect(&app, &guards.keys, &client, params.get("token")).await?))
}

/// `GET /oauth/userinfo`, and POST: who the user of the token is.
pub async fn user_info(
    Extension(app): Extension<App>,
    Extension(guards): Extension<Guards>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tokens = authorization::bearer(&headers);
    let token = tokens.next().and_then(|token| std::str::from_utf8(token).ok()).filter(|_| tokens.next().is_none());
    let Some(token) = token else {
        return Err(Problem::unauthorized("token_missing", "This needs the access token of an application.", false));
    };
    let invalid = || Problem::unauthorized("token_invalid", "This access token doesn't work here.", true);
    let verified = introspect::active(&app, &guards.keys, token).await?.ok_or_else(invalid)?;
    let info = introspect::user_info(&app, &verified).await?.ok_or_else(invalid)?;
    let client = store::find_client(&app.state.db.pool, &verified.claims.client_id).await.map_err(AppError::from)?;
    let origin = headers.get(header::ORIGIN).cloned();
    Ok(open_to_page(client.map(Client::from).as_ref(), origin.as_ref(), said(&info)))
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

/// `OPTIONS`: a page may ask. Whether it may read the answer is said with that.
pub async fn may_ask(headers: HeaderMap) -> Response {
    let origin = headers.get(header::ORIGIN).cloned().unwrap_or(HeaderValue::from_static("null"));
    let allow = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type")),
        (header::VARY, HeaderValue::from_static("Origin")),
    ];
    (StatusCode::NO_CONTENT, AppendHeaders(allow)).into_response()
}

/// The document about this server, at both of its addresses.
pub async fn server(
    State(state): State<AppState>,
    Extension(guards): Extension<Guards>,
    Extension(settings): Extension<OauthSettings>,
) -> Result<Response, Problem> {
    Ok(document(&discovery::server(&state, &guards.keys, &settings).await?))
}

/// The document about our API.
pub async fn own_api(State(state): State<AppState>) -> Response {
    document(&discovery::own_api(&state))
}

fn document(about: &impl Serialize) -> Response {
    let headers = [(header::CACHE_CONTROL, DOCUMENT), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (AppendHeaders(headers), Json(about)).into_response()
}

fn said(answer: &impl Serialize) -> Response {
    (AppendHeaders([(header::CACHE_CONTROL, "no-store")]), Json(answer)).into_response()
}

async fn call(app: &App, request: Request) -> Result<Called, Refusal> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    {
        return Err(Refusal::request("Send application/x-www-form-urlencoded"));
    }
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| Refusal::request("The request is too large"))?;
    let params = Params::parse(&body).ok_or(Refusal::request("A parameter comes twice"))?;
    let caller = caller_of(&parts, &app.state.config);
    let client = authenticate::client(app, &parts.headers, &params, &caller.ip).await?;
    Ok(Called { client, params, caller, origin: parts.headers.get(header::ORIGIN).cloned() })
}

fn open_to(called: &Called, answer: Response) -> Response {
    open_to_page(Some(&called.client), called.origin.as_ref(), answer)
}

/// A page of the application itself may read the answer, where the application is nothing but a page.
fn open_to_page(client: Option<&Client>, origin: Option<&HeaderValue>, mut answer: Response) -> Response {
    let asked = origin.and_then(|origin| origin.to_str().ok());
    let is_its_own =
        client.zip(asked).is_some_and(|(client, asked)| !client.kind.has_secret() && client.has_origin(asked));
    if let Some(origin) = origin.filter(|_| is_its_own) {
        answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    answer.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    answer
}
