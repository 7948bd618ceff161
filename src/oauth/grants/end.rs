//! The stories of grants that end before their session does. Server side.

use serde_json::json;

use super::store;
use crate::{
    auth::{
        app::App,
        event,
        event::{Actor, Event, Kind},
        grants,
        revocations::{
            EndReason,
            store::{New, Subject},
        },
        visit::Visit,
    },
    base::{db::Tx, error::AppError},
    oauth::clients,
};

/// Revokes the tokens of these grants, which the transaction has ended, and commits. This instance refuses them from then on.
pub async fn commit(tx: Tx, app: &App, ids: &[String], actor: &Actor, reason: EndReason) -> Result<(), AppError> {
    let (reason, revoked_at) = (reason.into_str(), app.now_ms());
    let new = ids.iter().map(|id| New { subject: Subject::Grant(id), reason, actor, revoked_at });
    app.terminator.revocations.commit(tx, &new.collect::<Vec<_>>()).await?;
    Ok(())
}

/// The user takes back everything that an application may do, or one grant of it; whether it could do anything.
///
/// # Errors
/// [`AppError::NotLoggedIn`].
pub async fn disconnect(app: &App, visit: &Visit, client_id: &str, grant_id: &str) -> Result<bool, AppError> {
    let (someone, now_ms, reason) = (visit.user()?, app.now_ms(), EndReason::ByUser);
    let mut tx = app.state.db.begin_write().await?;
    let user = someone.hold(&mut tx).await?;
    let ended = store::end_grants(&mut *tx, &user.id, client_id, grant_id, reason.into_str(), now_ms).await?;
    let is_all = grant_id.is_empty();
    let took_back = is_all && grants::store::take_back(&mut *tx, &user.id, client_id, reason).await?;
    if ended.is_empty() && !took_back {
        return Ok(false);
    }
    grants::store::queue(&mut tx, &ended, now_ms).await?;
    let ids: Vec<String> = ended.into_iter().map(|grant| grant.id).collect();
    let name = clients::store::find_client(&mut *tx, client_id).await?.map(|client| client.name).unwrap_or_default();
    let actor = Actor::User(user.id.clone());
    let event = Event::new(Kind::AppDisconnected, actor.clone(), &user.id).from_caller(&visit.caller);
    let details = json!({ "application": name, "client_id": client_id });
    let event = Event { sid: someone.log_in.sid.clone(), details, ..event };
    event::store::insert(&mut *tx, &event, now_ms).await?;
    commit(tx, app, &ids, &actor, reason).await?;
    Ok(true)
}

/// Ends one grant because its application says so (RFC 7009), or because of what was done with it.
pub async fn end(mut tx: Tx, app: &App, grant_id: &str, actor: &Actor, reason: EndReason) -> Result<(), AppError> {
    let ended = store::end_grant(&mut *tx, grant_id, reason.into_str(), app.now_ms()).await?;
    let ids = if ended { vec![grant_id.to_owned()] } else { Vec::new() };
    commit(tx, app, &ids, actor, reason).await
}
