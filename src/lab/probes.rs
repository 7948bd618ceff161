//! Routes that find out who calls, each in another way, and do nothing else, behind the layers of every request: what the
//! ways cost is the difference. The Lab sends requests to those of its world; no listener has them. Server side.

use axum::{
    Extension, Router,
    middleware::from_fn_with_state,
    routing::{MethodRouter, get},
};

use super::cost::{Way, cold, plain};
use crate::{
    auth::sessions::guard::LoggedIn,
    serve::{
        router::{of, with_layers, with_session},
        services::Services,
    },
    web::token::bearer::ApiCaller,
};

pub fn probes(services: &Services) -> Router {
    async fn done() {}
    async fn done_for_session(_: Extension<LoggedIn>) {}
    async fn done_for_plain(_: plain::Verifies) {}
    async fn done_for_token(_: ApiCaller) {}
    let state = services.state.clone();
    let session = with_session(one(Way::Session, get(done_for_session)), services, Router::new());
    let store = cold::Store::of(services.state.clone(), services.secret.clone(), services.metrics.clone());
    let cold = one(Way::Cold, get(done_for_token))
        .layer(from_fn_with_state(store, cold::remember_nothing))
        .with_state(state.clone());
    let tokens = one(Way::Plain, get(done_for_plain)).merge(one(Way::Warm, get(done_for_token))).with_state(state);
    let routes = one(Way::Nothing, get(done)).merge(session).merge(tokens).merge(cold);
    with_layers(routes, services)
}

fn one<S: Clone + Send + Sync + 'static>(way: Way, methods: MethodRouter<S>) -> Router<S> {
    of([(way.into_str(), methods)])
}
