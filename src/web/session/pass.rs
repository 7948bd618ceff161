//! What every request passes on its way in that the session cookie authenticates, and every such answer on its way out, in
//! this order. Server side.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderValue, header, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use leptos::config::LeptosOptions;
use tower::ServiceBuilder;

use super::{find_user::find_user, tower_session, tower_session::Session};
use crate::{
    auth::sessions::terminate::Terminator,
    base::{config::Config, state::AppState},
    web::{action, action::Forms, assets, cookies, cookies::Name, guards::Guards, link_cookie, token::page_token},
};

/// What it takes.
pub struct OnSession {
    pub state: AppState,
    pub guards: Guards,
    pub options: LeptosOptions,
    pub forms: Forms,
}

/// These routes, behind the session.
pub fn behind_session(routes: Router, terminator: &Terminator, takes: OnSession) -> Router {
    let takes = Arc::new(takes);
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(Arc::clone(&takes), answer_without_session))
        .layer(tower_session::layer(terminator));
    routes.layer(layers.layer(from_fn_with_state(takes, pass)))
}

/// Layer, in front of that of tower-sessions, which takes a cookie that it can't read out of the browser: on the answer to a
/// file, which caches keep for everyone, no cookie may stand.
async fn answer_without_session(State(this): State<Arc<OnSession>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Some(answer) = link_cookie::take_out_of_address(&this.state.config, &parts) {
        return answer;
    }
    match assets::file(&this.options, &parts).await {
        Some(file) => file,
        None => {
            show_one_cookie(&this.state.config, &mut parts);
            next.run(Request::from_parts(parts, body)).await
        }
    }
}

/// The `Cookie` header as the request brought it.
#[derive(Clone)]
struct AllCookies(HeaderValue);

/// tower-sessions takes every cookie apart to find its own: with a token among them that took longer than all that [`pass`]
/// does. So it sees the one that it's to read.
fn show_one_cookie(config: &Config, parts: &mut Parts) {
    let all = match cookies::only(config, &parts.headers, Name::Session) {
        Some(one) => parts.headers.insert(header::COOKIE, one),
        None => parts.headers.remove(header::COOKIE),
    };
    all.map(|all| parts.extensions.insert(AllCookies(all)));
}

/// Layer, behind that of tower-sessions. One function, as [`crate::web::every_request::pass`].
async fn pass(
    State(this): State<Arc<OnSession>>,
    Extension(session): Extension<Session>,
    request: Request,
    next: Next,
) -> Response {
    let config = &this.state.config;
    let (mut parts, body) = request.into_parts();
    if let Some(AllCookies(all)) = parts.extensions.remove() {
        parts.headers.insert(header::COOKIE, all);
    }
    let arrival = match find_user(&this.guards, &session, &mut parts).await {
        Ok(arrival) => arrival,
        Err(error) => return action::refuse(&parts, error),
    };
    let token = page_token::bring_token(&this.state, &this.guards, &mut parts).await;
    let tells = action::tells(&parts, config);
    let mut answer = action::answer(&this.forms, parts, body, next).await;
    if tells && !answer.status().is_redirection() {
        answer.headers_mut().append(header::SET_COOKIE, cookies::remove(config, Name::Flash));
    }
    if let Some(token) = token {
        answer.headers_mut().append(header::SET_COOKIE, token);
    }
    arrival.leave(config, &session, &mut answer);
    answer
}
