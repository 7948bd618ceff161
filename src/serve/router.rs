//! The one list of routes: pages, actions, API, with the layers in their order. Server side.

use std::sync::Arc;

use any_spawner::Executor;
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::{MethodRouter, delete, get, post},
};
use leptos::server_fn::axum::server_fn_paths;

use super::{pages, pages::provide_contexts, services::Services};
use crate::{
    pages::{
        account, admin,
        admin::audit_log,
        part::{Parts, Routes},
    },
    web::{
        every_request,
        every_request::EveryRequest,
        headers, offline,
        problem::Problem,
        security_txt, seen,
        session::{pass, pass::OnSession, stream, tower_session::Sessions},
        token,
        token::resource_metadata,
    },
};

/// Routes of the API, all authenticated by the access token: address, methods.
pub fn api(parts: &Parts) -> Routes {
    let mut routes = vec![
        ("/api/v1/me", get(token::routes::me)),
        ("/api/v1/sessions", get(account::routes::list).delete(account::routes::end_others)),
        ("/api/v1/sessions/{sid}", delete(account::routes::end)),
        ("/api/v1/admin/users/{id}/force-logout", post(admin::routes::force_logout)),
        ("/api/v1/admin/users/{id}/disable", post(admin::routes::disable)),
        ("/api/v1/admin/users/{id}/enable", post(admin::routes::enable)),
    ];
    routes.extend(parts.iter().flat_map(|part| part.api()));
    routes
}

pub fn of<S: Clone + Send + Sync + 'static>(
    routes: impl IntoIterator<Item = (&'static str, MethodRouter<S>)>,
) -> Router<S> {
    routes.into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods))
}

pub fn router(services: Services) -> Router {
    let services = Arc::new(services);
    let api = of(api(&services.parts));
    let open = of(services.parts.iter().flat_map(|part| part.open()))
        .layer(Extension(services.app.clone()))
        .layer(Extension(services.metrics.clone()));
    let documents = of([
        ("/.well-known/jwks.json", get(token::jwks::jwks)),
        // Where password managers look for the page that changes a password (W3C change-password-url).
        ("/.well-known/change-password", get(|| async { Redirect::to("/account/password") })),
        (offline::PATH, get(offline::worker)),
        (security_txt::PATH, get(security_txt::security_txt)),
    ]);
    let health = of([("/healthz", get(healthz)), ("/readyz", get(readyz))]);
    let routes = Router::new()
        .merge(token_route(&services.vital()))
        .merge(health.with_state(Arc::clone(&services)))
        .merge(documents.merge(api).merge(open).with_state(Arc::new(services.state.clone())))
        .merge(session_routes(&services));
    with_layers(routes, &services)
}

/// What the listener for monitoring answers, and the other one does not. No layers: it knows no user.
pub fn metrics_router(services: Services) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(Arc::new(services))
}

/// What every request passes.
pub fn with_layers(routes: Router, services: &Services) -> Router {
    let open: Box<[_]> = services.parts.iter().flat_map(|part| part.open()).map(|(path, _)| path).collect();
    let is_page = |path: &&str| services.parts.iter().any(|part| part.pages().contains(path));
    let for_programs = open.iter().copied().filter(|path| !is_page(path)).collect();
    let headers = headers::of_all(&services.state.config);
    let issuer = &services.state.site.issuer;
    let resource_metadata =
        open.contains(&resource_metadata::PATH).then(|| format!("{issuer}{}", resource_metadata::PATH));
    let every = EveryRequest { guards: services.guards(), headers, resource_metadata, open, for_programs };
    routes.layer(from_fn_with_state(Arc::new(every), every_request::pass))
}

/// The bridge from the session to the API. It goes on while everything else is busy, so all that it asks of the database
/// it asks on the connections of `vital`.
fn token_route(vital: &Services) -> Router {
    let state = Arc::new(vital.state.clone());
    let route = Router::new().route("/api/v1/token", post(token::routes::issue_token)).with_state(state);
    with_session(route, vital, Router::new()).layer(Extension(vital.guards()))
}

/// What a request passes that the session cookie authenticates; a refused form is answered with the page of `pages` that it
/// stands on.
pub fn with_session(routes: Router, services: &Services, pages: Router) -> Router {
    let (guards, options) = (services.guards(), services.options.clone());
    let sessions = Arc::new(Sessions { terminator: services.terminator.clone() });
    routes.layer(from_fn_with_state(Arc::new(OnSession { guards, sessions, options, pages }), pass::pass))
}

/// Whatever else is authenticated by the session cookie: pages, actions, the stream that tells an open page of the end.
fn session_routes(services: &Arc<Services>) -> Router {
    // What pages spawn while they are rendered. An error says that it is done already.
    let _ = Executor::init_tokio();
    let parts = &services.parts;
    let of_parts = of(parts.iter().flat_map(|part| part.routes())).with_state(Arc::new(services.state.clone()));
    let codes_file =
        Router::new().route(account::CODES_FILE, post(account::routes::codes_file)).with_state(services.secret.clone());
    let streams = of([
        (stream::PATH, get(stream::events)),
        ("/account/data/export", get(account::export::export)),
        (audit_log::EXPORT, get(audit_log::export::export)),
    ]);
    let streams = streams.with_state(parts.clone());
    let paths = pages::PATHS.iter().chain(parts.iter().flat_map(|part| part.pages()));
    let pages = of(paths.map(|path| (*path, get(pages::show))));
    let pages = server_fn_paths()
        .fold(pages, |router, (path, _)| router.route(path, post(act)))
        .fallback(not_found)
        .with_state(Arc::clone(services));
    with_session(pages.clone().merge(streams).merge(of_parts).merge(codes_file), services, pages)
}

/// An action (server function).
async fn act(State(services): State<Arc<Services>>, request: Request) -> Response {
    leptos_axum::handle_server_fns_with_context(move || provide_contexts(&services), request).await.into_response()
}

/// A page that says so; a problem document where programs ask.
async fn not_found(services: State<Arc<Services>>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path.starts_with("/actions/") {
        return Problem::from(crate::base::error::AppError::NotFound).into_response();
    }
    pages::show(services, None, request).await
}

/// The process answers. To who holds the secret key it tells how the request looks from here.
async fn healthz(State(services): State<Arc<Services>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match seen::answer(&parts, &services.secret, &services.state) {
        Some(seen) => axum::Json(seen).into_response(),
        None => "ok\n".into_response(),
    }
}

/// The process can do its work: the database answers and takes the row of this instance, and the revocations are fresh.
async fn readyz(State(services): State<Arc<Services>>) -> Response {
    let database = services.vital_db.ping().await.is_ok() && services.vital_db.takes_writes();
    let revocations = !services.revocations.is_stale();
    let status = if database && revocations { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |good: bool| if good { "ok" } else { "failing" };
    (status, format!("database: {}\nrevocations: {}\n", word(database), word(revocations))).into_response()
}

async fn metrics(State(services): State<Arc<Services>>) -> Response {
    match services.measured() {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
