//! The stories of a user who is asked by a device: which one it is, and whether it may. Server side.

use super::{
    begin::{hash, shown},
    store,
};
use crate::{
    auth::{
        app::App,
        event::Actor,
        revocations::EndReason,
        throttle,
        throttle::{Way, count::Limits},
        visit::Visit,
    },
    base::{
        caller::Caller,
        db::again,
        error::{AppError, Invalid},
    },
    oauth::{
        allow::{commit, grant},
        authorize::{Asked, Device},
        clients,
        clients::Client,
        scope::Scopes,
    },
};

/// What the device with this code asks for. A code that is none was a guess of this network and this user, and stays counted:
/// [`AppError::TooManyTries`] comes before anything is looked at.
pub async fn find(app: &App, visit: &Visit, typed: &str) -> Result<Asked, AppError> {
    let user_id = &visit.user()?.user.id;
    if typed.trim().is_empty() {
        return Err(Invalid::CodeMissing.into());
    }
    let tried = app.throttle.admit(Way::Client, &visit.caller.ip).await?;
    let is_one = tried.keep_if_looked_at(again(|| is_one(app, user_id, typed)).await).await?;
    let asked = if is_one { find_uncounted(app, typed).await? } else { None };
    let asked = asked.ok_or(Invalid::DeviceCodeWrong)?;
    tried.succeeded().await;
    Ok(asked)
}

/// Whether a device waits with this code. A right one is not counted, and forgets no wrong one: whoever guesses may have a
/// device of their own.
async fn is_one(app: &App, user_id: &str, typed: &str) -> Result<bool, AppError> {
    let (mut tx, now_ms) = (app.state.db.begin_write().await?, app.now_ms());
    let limits = Limits::of_account(&app.state.config);
    throttle::count_act(&mut tx, &format!("device codes of {user_id}"), &limits, now_ms).await?;
    let is_one = store::find_waiting(&mut *tx, &hash(&app.secret, typed), now_ms).await?.is_some();
    if is_one {
        tx.rollback().await?
    } else {
        tx.commit().await?
    }
    Ok(is_one)
}

/// As [`find`], for the page behind it, to which a code leads that was found.
pub async fn find_uncounted(app: &App, code: &str) -> Result<Option<Asked>, AppError> {
    let pool = &app.state.db.pool;
    let row = store::find_waiting(pool, &hash(&app.secret, code), app.now_ms()).await?;
    let Some(row) = row else { return Ok(None) };
    let client = clients::store::find_client(pool, &row.client_id).await?.filter(Client::is_active);
    let device =
        Device { code: shown(code), caller: Caller { ip: row.ip, user_agent: row.user_agent }, since: row.created_at };
    Ok(client.map(|client| Asked::by_device(client, Scopes::stored(&row.scopes), row.resource, device)))
}

/// The user has looked at what is asked for, and says yes or no. The name of the application. Of two who decide at once, the
/// second has a code that is none any more.
pub async fn decide(app: &App, visit: &Visit, code: &str, may: bool) -> Result<String, AppError> {
    let asked = find(app, visit, code).await?;
    let mut tx = app.state.db.begin_write().await?;
    let (grant_id, ended) = if may {
        let (id, ended) = grant(&mut tx, app, visit, &asked, true).await?;
        (Some(id), ended)
    } else {
        visit.user()?.hold(&mut tx).await?;
        (None, Vec::new())
    };
    if !store::decide(&mut *tx, &hash(&app.secret, code), grant_id.as_deref(), app.now_ms()).await? {
        return Err(Invalid::DeviceCodeWrong.into());
    }
    commit(tx, app, &ended, &Actor::System, EndReason::GaveWay).await?;
    Ok(asked.client.name)
}
