//! What the Lab measures with: a key of each algorithm, and the claims of no one. Server side.
//!
//! The keys are made when they are first needed and stay in memory; no verifier knows them.

use std::sync::Arc;

use clap::ValueEnum;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::travel::Sizes;
use crate::{
    auth::{
        tokens::{
            claims::{BROWSER_CLIENT, Claims},
            key_set::Key,
        },
        users::Role,
    },
    base::{config::TokenAlgorithm, error::AppError, state::AppState},
};

#[derive(Default)]
pub struct Samples {
    keys: OnceCell<Arc<[Key]>>,
    /// How large tokens of them are: the same for as long as the program runs.
    pub sizes: OnceCell<Sizes>,
}

impl Samples {
    pub async fn keys(&self) -> Result<Arc<[Key]>, AppError> {
        let made = self.keys.get_or_try_init(|| async {
            let make = || TokenAlgorithm::value_variants().iter().map(|algorithm| Key::make(*algorithm)).collect();
            let keys: Option<Vec<Key>> = tokio::task::spawn_blocking(make).await?;
            keys.map(Arc::from).ok_or_else(AppError::internal)
        });
        made.await.cloned()
    }
}

/// What a token of ours says, with ids of no one.
pub fn claims(state: &AppState) -> Claims {
    let now = state.clock.now_ms() / 1000;
    Claims {
        iss: state.site.issuer.clone(),
        aud: state.site.audience.clone(),
        sub: Uuid::now_v7().to_string(),
        sid: Uuid::now_v7().to_string(),
        epoch: 0,
        global_epoch: 0,
        iat: now,
        nbf: now,
        exp: now + state.config.token_lifetime_seconds,
        auth_time: now,
        jti: Uuid::now_v7().simple().to_string(),
        client_id: BROWSER_CLIENT.into(),
        role: Role::User,
        scope: None,
        grant: None,
    }
}
