//! What a user lets an application do, and the code that it redeems. Server side.

use serde_json::json;
use uuid::Uuid;

use super::{
    answer::Answer,
    authorize::Asked,
    grants,
    grants::{
        end,
        store::{CodeRow, GrantRow},
    },
};
use crate::{
    auth::{
        app::App,
        event,
        event::{Actor, Event, Kind},
        links,
        revocations::EndReason,
        sessions::guard::LoggedIn,
    },
    base::{caller::Caller, db::Tx, error::AppError},
};

/// A code works for so long: the time of one redirect.
const CODE_MS: i64 = 60_000;
/// Of one application and user; beyond it the one unused for longest ends.
const GRANTS_MAX: i64 = 20;

/// Makes the code that the application redeems. `consented`: the user was asked just now.
///
/// # Errors
/// As [`grant`]; [`AppError::BadRequest`] for another user than the application expects.
pub async fn allow(
    app: &App,
    caller: &Caller,
    someone: &LoggedIn,
    asked: &Asked,
    consented: bool,
) -> Result<Answer, AppError> {
    if !asked.is_for(someone) {
        return Err(AppError::BadRequest);
    }
    let code = links::new_token()?;
    let mut tx = app.state.db.begin_write().await?;
    let (grant_id, ended) = grant(&mut tx, app, caller, someone, asked, consented).await?;
    let row = CodeRow {
        grant_id,
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.challenge.clone(),
        nonce: asked.nonce.clone(),
        expires_at: app.now_ms() + CODE_MS,
    };
    grants::store::insert_code(&mut *tx, &links::hash(&code), &row).await?;
    end::commit(tx, app, &ended, &Actor::System, EndReason::GaveWay).await?;
    Ok(asked.answer(&[("code", &code)]))
}

/// The first part of a transaction: what the user lets the application do, in whatever way it asked. Of the user's grants
/// to it the one unused for longest ends, where there are too many: those are ended, and the caller revokes their tokens.
///
/// # Errors
/// [`AppError::NotLoggedIn`] when the session is over; [`AppError::SessionRenewed`] with a secret that was replaced.
pub async fn grant(
    tx: &mut Tx,
    app: &App,
    caller: &Caller,
    someone: &LoggedIn,
    asked: &Asked,
    consented: bool,
) -> Result<(String, Vec<String>), AppError> {
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
    let (keep, reason) = (GRANTS_MAX - 1, EndReason::GaveWay.into_str());
    let ended = grants::store::end_surplus(&mut **tx, &grant.client_id, &user.id, keep, reason, now_ms).await?;
    grants::store::insert_grant(&mut **tx, &grant).await?;
    if consented {
        let event = Event::new(Kind::AppConnected, Actor::User(user.id.clone()), &user.id).from_caller(caller);
        let details =
            json!({ "application": asked.client.name, "client_id": asked.client.id, "scope": asked.scopes.text() });
        let event = Event { sid: someone.log_in.sid.clone(), details, ..event };
        event::store::insert(&mut **tx, &event, now_ms).await?;
    }
    Ok((grant.id, ended))
}
