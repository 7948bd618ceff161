//! The stories of an application: registered, changed, disabled and enabled, deleted. Server side.

use unicode_normalization::UnicodeNormalization;

use super::{
    Client, ClientKind,
    by::{By, find_for},
    credentials,
    credentials::Credential,
    store,
    typed::Typed,
};
use crate::{
    auth::{
        app::App,
        event::Kind,
        grants::store::queue,
        revocations::{
            EndReason,
            store::{New, Subject},
        },
        sessions::{guard::LoggedIn, terminate::Terminator},
        users::{Role, store as user_store},
    },
    base::{
        db::Tx,
        error::{AppError, Invalid},
        state::AppState,
    },
    oauth::{grants, notices, scope::OFFLINE},
};

/// Applications of one owner.
pub const APPS_MAX: i64 = 20;

/// The id of a new application, and its first secret where it has one and no key.
pub async fn register(
    state: &AppState,
    by: By<'_>,
    owner_id: &str,
    typed: &Typed,
    credential: Credential<'_>,
) -> Result<(String, Option<String>), AppError> {
    let now_ms = state.clock.now_ms();
    let client = Client { owner_id: owner_id.to_owned(), created_at: now_ms, ..typed.parse()? };
    let has_secret = client.kind.has_secret();
    if !has_secret && matches!(credential, Credential::Key(_)) {
        return Err(AppError::BadRequest);
    }
    let mut tx = state.db.begin_write().await?;
    match by {
        By::User(someone, _) => drop(someone.hold(&mut tx).await?),
        By::CommandLine => user_store::lock(&mut *tx, owner_id).await?,
    }
    if store::count_clients(&mut *tx, owner_id).await? >= APPS_MAX {
        return Err(AppError::TooManyApps { max: APPS_MAX });
    }
    store::save_client(&mut *tx, &client, None).await?;
    by.note_app(&mut tx, Kind::AppRegistered, &client, now_ms).await?;
    let secret = if has_secret { credentials::insert(&mut tx, &client.id, credential, now_ms).await? } else { None };
    tx.commit().await?;
    Ok((client.id, secret))
}

/// Changes what was registered, but not the kind; whether it may do less now. Then its access tokens are revoked, and its
/// codes and refresh tokens bring what is left: `token` looks at both again.
pub async fn change(terminator: &Terminator, by: By<'_>, id: &str, typed: &Typed) -> Result<bool, AppError> {
    let (state, at) = (&terminator.state, terminator.state.clock.now_ms());
    let (mut tx, before) = by.begin(state, id).await?;
    if before.is_ours() {
        return Err(AppError::NotFound);
    }
    let typed = Typed { kind: before.kind.into_str().into(), ..typed.clone() };
    let after = Client { id: id.to_owned(), owner_id: before.owner_id.clone(), ..typed.parse()? };
    if !after.kind.logs_users_in() && !before.scopes.covers(&after.scopes) && !by.is_admin() {
        return Err(AppError::NotAllowed);
    }
    let is_less = !after.scopes.covers(&before.scopes) || before.redirects.iter().any(|at| !after.may_redirect_to(at));
    let epoch = store::update_client(&mut *tx, &after, is_less).await?;
    if after.kind != ClientKind::Native && !after.scopes.has(OFFLINE) {
        let ended = grants::store::end_outliving(&mut *tx, id, at).await?;
        queue(&mut tx, &ended, at).await?;
    }
    if after.backchannel_logout_uri.is_empty() {
        notices::store::remove_all_of(&mut *tx, id).await?;
    }
    by.note_app(&mut tx, Kind::AppChanged, &after, at).await?;
    if is_less {
        end_tokens(tx, terminator, by, id, epoch).await?;
    } else {
        tx.commit().await?;
    }
    Ok(is_less)
}

/// Disables an application, which ends its tokens, or enables it again; whether it was otherwise before. Its owner enables
/// only what they have disabled by themselves.
pub async fn set_disabled(terminator: &Terminator, by: By<'_>, id: &str, disabled: bool) -> Result<bool, AppError> {
    let (state, at, actor) = (&terminator.state, terminator.state.clock.now_ms(), by.actor());
    let (mut tx, client) = by.begin(state, id).await?;
    if !(disabled || by.is_admin() || client.disabled_by == actor.as_text()) {
        return Err(AppError::NotAllowed);
    }
    let since = disabled.then_some(at);
    let Some(epoch) = store::set_disabled(&mut *tx, id, since, actor.as_text()).await? else { return Ok(false) };
    if disabled {
        grants::store::end_all_of(&mut *tx, id, at).await?;
    }
    let kind = if disabled { Kind::AppDisabled } else { Kind::AppEnabled };
    by.note_app(&mut tx, kind, &client, at).await?;
    end_tokens(tx, terminator, by, id, epoch).await?;
    Ok(true)
}

/// Whoever types the name has read what stands above it.
pub async fn check_confirmation(state: &AppState, someone: &LoggedIn, id: &str, typed: &str) -> Result<(), AppError> {
    let user = someone.still_live(state).await?;
    let client = find_for(&state.db.pool, Some(&user), id).await?;
    if words(typed).eq(words(&client.name)) { Ok(()) } else { Err(Invalid::ConfirmationWrong.into()) }
}

/// As they are read: a browser shows several blanks as one, and a letter looks the same however it's composed.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(|word| word.nfc().collect())
}

pub async fn delete(terminator: &Terminator, by: By<'_>, id: &str) -> Result<(), AppError> {
    let (state, at) = (&terminator.state, terminator.state.clock.now_ms());
    let (mut tx, client) = by.begin(state, id).await?;
    let epoch = store::blank_client(&mut tx, id, at).await?.ok_or(AppError::NotFound)?;
    grants::store::end_all_of(&mut *tx, id, at).await?;
    by.note_app(&mut tx, Kind::AppDeleted, &client, at).await?;
    end_tokens(tx, terminator, by, id, epoch).await
}

/// The last part of a transaction: every token of an epoch before is revoked when it commits.
async fn end_tokens(tx: Tx, terminator: &Terminator, by: By<'_>, id: &str, least_epoch: i64) -> Result<(), AppError> {
    let (reason, revoked_at) = (EndReason::ByUser.into_str(), terminator.state.clock.now_ms());
    let new = New { subject: Subject::Client(id, least_epoch), reason, actor: &by.actor(), revoked_at };
    terminator.revocations.commit(tx, &[new]).await?;
    Ok(())
}

/// Whether this user may register applications, by the setting and as they are now.
pub async fn require_registrar(app: &App, someone: &LoggedIn, by_everyone: bool) -> Result<(), AppError> {
    let user = user_store::find_by_id(&app.state.db.pool, &someone.user.id).await?.ok_or(AppError::NotLoggedIn)?;
    if by_everyone || user.role() == Role::Admin { Ok(()) } else { Err(AppError::NotAllowed) }
}
