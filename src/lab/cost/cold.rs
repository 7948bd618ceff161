//! An instance that remembers nothing. Server side.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    auth::{revocations::set::Revocations, tokens::keys::Keys},
    base::{error::AppError, metrics::Metrics, sealed::SecretKey, state::AppState},
    web::{
        guards::{Guards, Held},
        problem::Problem,
    },
};

#[derive(Clone)]
pub struct Store {
    state: AppState,
    secret: SecretKey,
    metrics: Metrics,
}

impl Store {
    pub fn of(state: AppState, secret: SecretKey, metrics: Metrics) -> Self {
        Self { state, secret, metrics }
    }

    /// As at the start of a server: the revocations, then the keys, each opened.
    async fn read(&self) -> Result<(Keys, Revocations), AppError> {
        let Self { state, secret, metrics } = self.clone();
        let revocations = Revocations::load(state.db.clone(), state.clock.clone(), metrics).await?;
        let keys = Keys::unopened(state, secret, revocations.clone());
        keys.reload().await.map_err(|error| {
            tracing::warn!(error, "the Lab cannot read its signing keys");
            AppError::Busy
        })?;
        Ok((keys, revocations))
    }
}

/// Layer: gives the request keys and revocations that were read for it alone.
pub async fn remember_nothing(State(store): State<Store>, mut request: Request, next: Next) -> Response {
    match store.read().await {
        Ok((keys, revocations)) => {
            if let Some(guards) = request.extensions_mut().get_mut::<Guards>() {
                *guards = Held { keys, revocations, ..Held::clone(guards) }.into();
            }
            next.run(request).await
        }
        Err(error) => Problem::from(error).into_response(),
    }
}
