//! Routes that find out who calls, each in another way, and do nothing else, behind the layers of every request: what the
//! ways cost is the difference. The Lab sends requests to those of its world; no listener has them. Server side.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::HeaderMap,
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};

use super::cost::Way;
use crate::{
    auth::{
        revocations::set::Revocations,
        sessions::guard::LoggedIn,
        tokens::{keys::Keys, verify::verify},
    },
    base::{error::AppError, state::AppState},
    serve::{
        router::{of, with_layers, with_session},
        services::Services,
    },
    web::{
        cookies,
        cookies::Name,
        guards::{Guards, Held},
        problem::Problem,
        token::bearer::ApiCaller,
    },
};

pub fn probes(services: &Services) -> Router {
    async fn done() {}
    async fn done_for_session(_: Extension<LoggedIn>) {}
    async fn done_for_token(_: ApiCaller) {}
    let cold = get(done_for_token).layer(from_fn_with_state(services.clone(), remember_nothing));
    let tokens = of([
        (Way::Plain.into_str(), get(done_for_plain)),
        (Way::Warm.into_str(), get(done_for_token)),
        (Way::Cold.into_str(), cold),
    ]);
    let session = with_session(of([(Way::Session.into_str(), get(done_for_session))]), services, Router::new());
    let routes = of([(Way::Nothing.into_str(), get(done))]).merge(session);
    with_layers(routes.merge(tokens.with_state(Arc::new(services.state.clone()))), services)
}

/// For whose token verifies, as a textbook has it: no one asks the revocations. It may be dead all the same, so no real
/// route does this.
async fn done_for_plain(
    State(state): State<Arc<AppState>>,
    Extension(guards): Extension<Guards>,
    headers: HeaderMap,
) -> Result<(), Problem> {
    let token = cookies::get(&state.config, &headers, Name::Access).ok_or(AppError::NotLoggedIn)?;
    verify(&state, &guards.keys, token).map_err(|_| AppError::NotLoggedIn)?;
    Ok(())
}

/// Layer: an instance that remembers nothing. The request gets revocations and keys that were read for it alone, as at
/// the start of a server.
async fn remember_nothing(
    State(services): State<Services>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Services { app, metrics, .. } = services;
    let revocations = Revocations::load(app.state.db.clone(), app.state.clock.clone(), metrics).await;
    let revocations = revocations.map_err(AppError::from)?;
    let keys = Keys::unopened(app.state, app.secret, revocations.clone());
    keys.reload().await.map_err(|error| {
        tracing::warn!(error, "the Lab cannot read its signing keys");
        AppError::Busy
    })?;
    if let Some(guards) = request.extensions_mut().get_mut::<Guards>() {
        *guards = Held { keys, revocations, ..Held::clone(guards) }.into();
    }
    Ok(next.run(request).await)
}
