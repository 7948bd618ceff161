//! What a user lets an application do, the code that it redeems, and what ends before its session does. Server side.

use uuid::Uuid;

use super::{
    answer::Answer,
    authorize::Asked,
    clients,
    clients::{Client, authenticate::Asker},
    grants,
    grants::store::{CodeRow, GrantRow, RefreshRow},
    ticket,
};
use crate::{
    auth::{
        app::App,
        event,
        event::{Actor, Event, Kind},
        grants::store::{queue, take_back},
        outbox,
        outbox::Notification,
        revocations::{
            EndReason,
            store::{New, Subject},
        },
        users,
        visit::Visit,
    },
    base::{db::Tx, error::AppError, random},
};

/// A code works for so long: the time of one redirect.
const CODE_MS: i64 = 60_000;
/// Of one application and user, and so many whose code no one has redeemed; beyond it the one unused for longest ends.
pub const GRANTS_MAX: i64 = 20;

/// Makes the code that the application redeems. `consented`: the user was asked just now.
pub async fn allow(app: &App, visit: &Visit, asked: &Asked, consented: bool) -> Result<Answer, AppError> {
    if !asked.is_for(visit.user()?) {
        return Err(AppError::BadRequest);
    }
    let code = ticket::make(&app.secret, "")?;
    let mut tx = app.state.db.begin_write().await?;
    let row = CodeRow {
        grant_id: grant(&mut tx, app, visit, asked, consented).await?,
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.challenge.clone(),
        nonce: asked.nonce.clone(),
        expires_at: app.now_ms() + CODE_MS,
    };
    grants::store::insert_code(&mut *tx, &random::hash(&code), &row).await?;
    tx.commit().await?;
    Ok(asked.answer(&[("code", &code)]))
}

/// The first part of a transaction: what the user lets the application do, in whatever way it asked; its id. Until it is
/// redeemed it ends no other one that is in use: any page can bring it about by leading the user here.
pub async fn grant(tx: &mut Tx, app: &App, visit: &Visit, asked: &Asked, consented: bool) -> Result<String, AppError> {
    let (someone, caller) = (visit.user()?, &visit.caller);
    if someone.in_grace {
        return Err(AppError::SessionRenewed);
    }
    let now_ms = app.now_ms();
    let user = someone.hold(tx).await?;
    let holder = asked.device.as_ref().map_or(caller, |device| &device.caller);
    let grant = GrantRow {
        id: Uuid::now_v7().to_string(),
        client_id: asked.client.id.clone(),
        user_id: user.id.clone(),
        sid: if asked.outlives_session() { String::new() } else { someone.log_in.sid.clone() },
        log_in_sid: someone.log_in.sid.clone(),
        scopes: asked.scopes.text(),
        resource: asked.resource.clone(),
        auth_time: someone.log_in.authenticated_at / 1000,
        global_epoch: someone.log_in.global_epoch,
        user_agent: holder.user_agent.clone(),
        ip: holder.ip.clone(),
        created_at: now_ms,
        last_used_at: None,
    };
    grants::store::end_surplus(&mut **tx, &grant, GRANTS_MAX - 1).await?;
    grants::store::insert_grant(&mut **tx, &grant).await?;
    if consented {
        let mut details = asked.client.in_event();
        details["scope"] = grant.scopes.into();
        let event = Event { details, ..someone.event(Kind::AppConnected, caller) };
        event::store::insert(&mut **tx, &event, now_ms).await?;
    }
    Ok(grant.id)
}

/// Revokes the tokens of these grants, which the transaction has ended, and commits. This instance refuses them from then on.
pub async fn commit(tx: Tx, app: &App, ids: &[String], actor: &Actor, reason: EndReason) -> Result<(), AppError> {
    let (reason, revoked_at) = (reason.into_str(), app.now_ms());
    let new = ids.iter().map(|id| New { subject: Subject::Grant(id), reason, actor, revoked_at });
    app.terminator.revocations.commit(tx, &new.collect::<Vec<_>>()).await?;
    Ok(())
}

/// The user takes back everything that an application may do, or one grant of it; whether it could do anything.
pub async fn disconnect(app: &App, visit: &Visit, client_id: &str, grant_id: &str) -> Result<bool, AppError> {
    let (someone, now_ms, reason) = (visit.user()?, app.now_ms(), EndReason::ByUser);
    let mut tx = app.state.db.begin_write().await?;
    let user = someone.hold(&mut tx).await?;
    let ended = grants::store::end_grants(&mut *tx, &user.id, client_id, grant_id, now_ms).await?;
    let took_back = grant_id.is_empty() && take_back(&mut *tx, &user.id, client_id, reason).await?;
    if ended.is_empty() && !took_back {
        return Ok(false);
    }
    queue(&mut tx, &ended, now_ms).await?;
    let found = clients::store::find_client(&mut *tx, client_id).await?.unwrap_or_default();
    let details = Client { id: client_id.to_owned(), ..found }.in_event();
    let event = Event { details, ..someone.event(Kind::AppDisconnected, &visit.caller) };
    event::store::insert(&mut *tx, &event, now_ms).await?;
    let ids: Vec<String> = ended.into_iter().map(|grant| grant.id).collect();
    commit(tx, app, &ids, &event.actor, reason).await?;
    Ok(true)
}

/// Ends one grant because its application says so (RFC 7009), or because of what was done with it.
pub async fn end(mut tx: Tx, app: &App, grant_id: &str, reason: EndReason) -> Result<(), AppError> {
    let ended = grants::store::end_grant(&mut *tx, grant_id, reason, app.now_ms()).await?;
    commit(tx, app, &ended, &Actor::System, reason).await
}

/// Two have the same refresh token, and no one can tell which of them stole it: its grant ends for both.
pub async fn end_reused(asker: &Asker, mut tx: Tx, grant: &GrantRow, token: &RefreshRow) -> Result<(), AppError> {
    let Asker { app, client, caller, metrics, .. } = asker;
    tracing::warn!(
        client = client.id,
        grant = grant.id,
        user = grant.user_id,
        "a refresh token came back after its use"
    );
    let mut details = client.in_event();
    details["first_used_at"] = token.used_at.into();
    details["first_used_with"] = token.used_from.clone().into();
    details["connected_from"] = grant.ip.clone().into();
    let event = Event::new(Kind::TokenReused, Actor::Unknown, &grant.user_id).from_caller(caller);
    event::store::insert(&mut *tx, &Event { details, ..event }, app.now_ms()).await?;
    if let Some(user) = users::store::find_by_id(&mut *tx, &grant.user_id).await? {
        outbox::tell(&mut *tx, &app.state, &user, Notification::TokenReused, caller).await?;
    }
    end(tx, app, &grant.id, EndReason::TheftSuspected).await?;
    metrics.refresh_tokens_reused.inc();
    Ok(())
}
