//! What every request passes on its way in that the session cookie authenticates, and every such answer on its way out, in
//! this order. Server side.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::Response,
};
use leptos::config::LeptosOptions;

use super::{find_user::find_user, tower_session, tower_session::Sessions};
use crate::web::{action, assets, cookies, cookies::Name, guards::Guards, link_cookie, token::page_token};

/// What it takes.
pub struct OnSession {
    pub guards: Guards,
    pub sessions: Arc<Sessions>,
    pub options: LeptosOptions,
    /// A refused form is answered with the page that it stands on.
    pub pages: Router,
}

/// Layer. One function, as [`crate::web::every_request::pass`].
pub async fn pass(State(this): State<Arc<OnSession>>, request: Request, next: Next) -> Response {
    let config = &this.guards.terminator.state.config;
    let (mut parts, body) = request.into_parts();
    if let Some(answer) = link_cookie::take_out_of_address(config, &parts) {
        return answer;
    }
    // Before any cookie: caches keep a file for everyone.
    if let Some(file) = assets::file(&this.options, &parts).await {
        return file;
    }
    let secret = cookies::get(config, &parts.headers, Name::Session);
    let (session, is_named) = (tower_session::of(&this.sessions, secret), secret.is_some());
    parts.extensions.insert(session.clone());
    let arrival = match find_user(&this.guards, &session, &mut parts).await {
        Ok(arrival) => arrival,
        Err(error) => return action::refuse(&parts, error),
    };
    let token = page_token::bring_token(&this.guards, &mut parts).await;
    let tells = action::tells(&parts, config);
    let mut answer = action::answer(config, &this.pages, parts, body, next).await;
    if tells && !answer.status().is_redirection() {
        answer.headers_mut().append(header::SET_COOKIE, cookies::remove(config, Name::Flash));
    }
    if let Some(token) = token {
        answer.headers_mut().append(header::SET_COOKIE, token);
    }
    arrival.leave(config, &mut answer);
    if let Err(failure) = tower_session::write_back(&session, answer.status()).await {
        return failure;
    }
    // A secret that can be none is taken out of the browser, unless the answer brings a new one.
    if is_named && session.id().is_none() && !cookies::sets(config, answer.headers(), Name::Session) {
        answer.headers_mut().append(header::SET_COOKIE, cookies::remove(config, Name::Session));
    }
    answer
}
