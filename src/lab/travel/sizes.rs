//! Signs tokens with more and more permissions and measures them. Server side.

use serde::Serialize;

use super::{SizeRow, Sizes};
use crate::{
    auth::{
        sessions::secret::SECRET_BYTES,
        tokens::{claims::Claims, key_set::Key, mint::sign},
    },
    base::{error::AppError, random, state::AppState},
    lab::{samples, world::Lab},
    web::cookies::Name,
};

/// The last two lead over the limits.
const PERMISSIONS: [usize; 8] = [0, 5, 10, 25, 50, 100, 200, 400];

/// Of these the permissions are made: `notes:read`.
const THINGS: &str = "notes users sessions keys audit clients reports invoices orders products customers tickets projects \
                      tasks files calendars contacts payments refunds shipments contracts budgets teams webhooks settings";
const VERBS: &str =
    "read write delete share list export import archive restore approve assign comment print publish sign lock";

#[derive(Serialize)]
struct WithPermissions<'a> {
    #[serde(flatten)]
    claims: &'a Claims,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permissions: Vec<String>,
}

pub async fn measure(lab: &Lab) -> Result<Sizes, AppError> {
    let measured = lab.samples.sizes.get_or_try_init(|| async {
        let (keys, state) = (lab.samples.keys().await?, lab.state.clone());
        tokio::task::spawn_blocking(move || of(&keys, &state)).await?
    });
    measured.await.cloned()
}

fn of(keys: &[Key], state: &AppState) -> Result<Sizes, AppError> {
    let claims = samples::claims(state);
    let insecure = state.config.insecure_cookies;
    let (session, access) = (Name::Session.full(insecure), Name::Access.full(insecure));
    let row = |permissions: usize| {
        let said = WithPermissions { claims: &claims, permissions: names().take(permissions).collect() };
        let bytes = keys.iter().map(|key| Ok(access.len() + sign(key, &said)?.len()));
        Ok(SizeRow { permissions, bytes: bytes.collect::<Result<_, AppError>>()? })
    };
    Ok(Sizes {
        algorithms: keys.iter().map(|key| key.algorithm.into_str()).collect(),
        rows: PERMISSIONS.into_iter().map(row).collect::<Result<_, AppError>>()?,
        session_bytes: session.len() + random::text::<SECRET_BYTES>()?.len(),
    })
}

fn names() -> impl Iterator<Item = String> {
    VERBS.split(' ').flat_map(|verb| THINGS.split(' ').map(move |thing| format!("{thing}:{verb}")))
}
