//! The stories of an application: registered, a secret more or less, disabled and enabled, deleted. Server side.

use serde_json::json;
use uuid::Uuid;

use super::{
    client::{Client, ClientKind, parse_addresses},
    scope::Scopes,
    store,
    store::{ClientRow, SecretRow},
};
use crate::{
    auth::{
        app::App,
        event,
        event::{Actor, Event, Kind},
        links, revocations,
        revocations::{
            EndReason,
            store::{New, Subject},
        },
        sessions::guard::LoggedIn,
        users::{Role, store as user_store},
        visit::Visit,
    },
    base::{
        db::Tx,
        error::{AppError, Invalid},
    },
};

/// Applications of one owner.
pub const APPS_MAX: i64 = 20;
/// At a time, for a rotation in which both work.
const SECRETS_MAX: usize = 2;
const NAME_CHARS_MAX: usize = 60;
const PREFIX_CHARS: usize = 10;

/// What was typed.
#[derive(Clone, Debug)]
pub struct Typed {
    pub name: String,
    pub kind: String,
    pub redirects: String,
    pub logouts: String,
    pub scopes: String,
}

/// A new application, and its first secret where it has one.
pub struct Registered {
    pub id: String,
    pub secret: Option<String>,
}

/// # Errors
/// [`AppError::Invalid`]; [`AppError::TooManyApps`].
pub async fn register(app: &App, visit: &Visit, someone: &LoggedIn, typed: &Typed) -> Result<Registered, AppError> {
    let row = parse(typed, &someone.user.id, app.now_ms())?;
    let has_secret = row.kind.parse::<ClientKind>().is_ok_and(ClientKind::has_secret);
    let mut tx = app.state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    if store::count_clients(&mut *tx, &row.owner_id).await? >= APPS_MAX {
        return Err(AppError::TooManyApps { max: APPS_MAX });
    }
    store::insert_client(&mut *tx, &row).await?;
    note(&mut tx, app, visit, Kind::AppRegistered, &row.owner_id, (&row.id, &row.name)).await?;
    let secret = if has_secret { Some(insert_secret(&mut tx, app, &row.id).await?) } else { None };
    tx.commit().await?;
    Ok(Registered { id: row.id, secret })
}

/// What is wrong with it, before anyone has to prove anything.
///
/// # Errors
/// [`AppError::Invalid`]; [`AppError::BadRequest`] for a kind that no form sends.
pub fn check(typed: &Typed) -> Result<(), AppError> {
    parse(typed, "", 0).map(|_| ())
}

fn parse(typed: &Typed, owner_id: &str, now_ms: i64) -> Result<ClientRow, AppError> {
    let name = typed.name.trim();
    let mut wrong = Vec::new();
    if name.is_empty() {
        wrong.push(Invalid::AppNameMissing);
    } else if name.chars().count() > NAME_CHARS_MAX {
        wrong.push(Invalid::AppNameTooLong);
    } else if name.chars().any(char::is_control) {
        wrong.push(Invalid::NameControl);
    }
    let kind: ClientKind = typed.kind.parse().map_err(|_| AppError::BadRequest)?;
    let mut addresses = |text: &str, malformed| match parse_addresses(text, kind, malformed) {
        Ok(addresses) => addresses,
        Err(invalid) => {
            wrong.push(invalid);
            Vec::new()
        }
    };
    let (redirects, logouts) = (
        addresses(&typed.redirects, Invalid::RedirectsMalformed),
        addresses(&typed.logouts, Invalid::LogoutsMalformed),
    );
    if kind.logs_users_in() && typed.redirects.trim().is_empty() {
        wrong.push(Invalid::RedirectsMissing);
    }
    let scopes = Scopes::parse(&typed.scopes).unwrap_or_else(|invalid| {
        wrong.push(invalid);
        Scopes::default()
    });
    if !wrong.is_empty() {
        return Err(AppError::Invalid(wrong));
    }
    Ok(ClientRow {
        id: Uuid::now_v7().to_string(),
        owner_id: owner_id.to_owned(),
        name: name.to_owned(),
        kind: kind.into_str().to_owned(),
        redirects: redirects.join("\n"),
        logouts: logouts.join("\n"),
        scopes: scopes.text(),
        epoch: 0,
        created_at: now_ms,
        disabled_at: None,
        last_used_at: None,
        owner_name: None,
        owner_epoch: None,
    })
}

async fn insert_secret(tx: &mut Tx, app: &App, client_id: &str) -> Result<String, AppError> {
    let secret = format!("lks_{}", links::new_token()?);
    let row = SecretRow { prefix: secret.chars().take(PREFIX_CHARS).collect(), created_at: app.now_ms() };
    store::insert_secret(&mut **tx, client_id, &links::hash(&secret), &row).await?;
    Ok(secret)
}

/// A second secret, for the time until the first is removed.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::TooManySecrets`].
pub async fn add_secret(app: &App, visit: &Visit, someone: &LoggedIn, id: &str) -> Result<String, AppError> {
    let (mut tx, client) = begin(app, someone, id).await?;
    if !client.kind.has_secret() {
        return Err(AppError::NotFound);
    }
    if store::secrets_of(&mut *tx, id).await?.len() >= SECRETS_MAX {
        return Err(AppError::TooManySecrets);
    }
    let secret = insert_secret(&mut tx, app, id).await?;
    note(&mut tx, app, visit, Kind::AppSecretCreated, &client.owner_id, (id, &client.name)).await?;
    tx.commit().await?;
    Ok(secret)
}

/// # Errors
/// [`AppError::NotFound`].
pub async fn remove_secret(
    app: &App,
    visit: &Visit,
    someone: &LoggedIn,
    id: &str,
    prefix: &str,
) -> Result<(), AppError> {
    let (mut tx, client) = begin(app, someone, id).await?;
    if !store::delete_secret(&mut *tx, id, prefix).await? {
        return Err(AppError::NotFound);
    }
    note(&mut tx, app, visit, Kind::AppSecretRemoved, &client.owner_id, (id, &client.name)).await?;
    Ok(tx.commit().await?)
}

/// Disables an application, which ends its tokens, or enables it again.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn set_disabled(
    app: &App,
    visit: &Visit,
    someone: &LoggedIn,
    id: &str,
    disabled: bool,
) -> Result<(), AppError> {
    let (mut tx, client) = begin(app, someone, id).await?;
    let since = disabled.then(|| app.now_ms());
    let Some(epoch) = store::set_disabled(&mut *tx, id, since).await? else { return Ok(()) };
    let kind = if disabled { Kind::AppDisabled } else { Kind::AppEnabled };
    note(&mut tx, app, visit, kind, &client.owner_id, (id, &client.name)).await?;
    end_tokens(tx, app, someone, id, epoch).await
}

/// # Errors
/// [`AppError::NotFound`].
pub async fn delete(app: &App, visit: &Visit, someone: &LoggedIn, id: &str) -> Result<(), AppError> {
    let (mut tx, client) = begin(app, someone, id).await?;
    let epoch = store::blank_client(&mut tx, id, app.now_ms()).await?.ok_or(AppError::NotFound)?;
    store::end_all_of(&mut *tx, id, EndReason::ByUser.into_str(), app.now_ms()).await?;
    note(&mut tx, app, visit, Kind::AppDeleted, &client.owner_id, (id, &client.name)).await?;
    end_tokens(tx, app, someone, id, epoch).await
}

/// Of one's own, or of anyone for an administrator.
async fn begin(app: &App, someone: &LoggedIn, id: &str) -> Result<(Tx, Client), AppError> {
    let mut tx = app.state.db.begin_write().await?;
    let user = someone.hold(&mut tx).await?;
    let client = store::find_client(&mut *tx, id).await?.map(Client::from);
    let may = |client: &Client| client.owner_id == user.id || user.role() == Role::Admin;
    Ok((tx, client.filter(may).ok_or(AppError::NotFound)?))
}

/// The last part of a transaction: every token of an epoch before is revoked when it commits.
async fn end_tokens(mut tx: Tx, app: &App, someone: &LoggedIn, id: &str, least_epoch: i64) -> Result<(), AppError> {
    let (actor, reason) = (Actor::User(someone.user.id.clone()), EndReason::ByUser);
    let new = New { subject: Subject::Client { id, least_epoch }, reason, actor: &actor, revoked_at: app.now_ms() };
    let row = revocations::store::insert(&mut tx, &new).await?;
    tx.commit().await?;
    app.terminator.revocations.publish(&row);
    Ok(())
}

/// Writes down what happened to an application, as an event of its owner.
async fn note(
    tx: &mut Tx,
    app: &App,
    visit: &Visit,
    kind: Kind,
    owner_id: &str,
    (id, name): (&str, &str),
) -> Result<(), AppError> {
    let someone = visit.user()?;
    let event = Event::new(kind, Actor::User(someone.user.id.clone()), owner_id).from_caller(&visit.caller);
    let details = json!({ "application": name, "client_id": id });
    let event = Event { sid: someone.log_in.sid.clone(), details, ..event };
    event::store::insert(&mut **tx, &event, app.now_ms()).await?;
    Ok(())
}

/// What a new secret is called, sealed for the page that shows it in this session.
pub fn secret_name(sid: &str) -> String {
    format!("secret of an application for {sid}")
}

/// Whether this user may register applications, by the setting and as they are now.
///
/// # Errors
/// [`AppError::NotAllowed`].
pub async fn require_registrar(app: &App, someone: &LoggedIn, by_everyone: bool) -> Result<(), AppError> {
    let user = user_store::find_by_id(&app.state.db.pool, &someone.user.id).await?.ok_or(AppError::NotLoggedIn)?;
    if by_everyone || user.role() == Role::Admin { Ok(()) } else { Err(AppError::NotAllowed) }
}
