//! The stories of an application: registered, a secret more or less, disabled and enabled, deleted. Server side.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    Client, ClientKind,
    assertion::PublicKey,
    parse_addresses, parse_backchannel, parse_id_token_alg, store,
    store::{DAY_MS, SecretRow},
};
use crate::{
    auth::{
        app::App,
        event,
        event::{Actor, Event, Kind},
        grants::store::queue,
        links,
        revocations::{
            EndReason,
            store::{New, Subject},
        },
        sessions::{guard::LoggedIn, terminate::Terminator},
        users::{Role, store as user_store},
    },
    base::{
        caller::Caller,
        db::Tx,
        error::{AppError, Field, Invalid, Unfit},
        state::AppState,
        text::{is_control, is_visible, shows},
    },
    oauth::{
        grants, notices,
        scope::{OFFLINE, Scopes},
    },
};

/// Applications of one owner.
pub const APPS_MAX: i64 = 20;
/// At a time, for a rotation in which both work.
const SECRETS_MAX: usize = 2;
const NAME_CHARS_MAX: usize = 60;
const PREFIX_CHARS: usize = 10;
/// Of a secret that expires, at most.
pub const SECRET_DAYS_MAX: i64 = 3_650;

/// What was typed, as the forms name it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub name: String,
    pub kind: String,
    pub redirects: String,
    pub logouts: String,
    pub backchannel: String,
    pub scopes: String,
    pub id_token_alg: String,
}

/// A new application, and its first secret where it has one and no key.
pub struct Registered {
    pub id: String,
    pub secret: Option<String>,
}

/// Who changes applications.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// Their own, or anyone's for an administrator.
    User(&'a LoggedIn, &'a Caller),
    /// Anyone's: whoever has the database and the program.
    CommandLine,
}

impl By<'_> {
    fn actor(&self) -> Actor {
        match self {
            Self::User(someone, _) => Actor::User(someone.user.id.clone()),
            Self::CommandLine => Actor::CommandLine,
        }
    }

    /// Begins the transaction for an application that is there; whoever has lost their session meanwhile changes nothing.
    async fn begin(&self, state: &AppState, id: &str) -> Result<(Tx, Client), AppError> {
        let mut tx = state.db.begin_write().await?;
        let user = match self {
            Self::User(someone, _) => Some(someone.hold(&mut tx).await?),
            Self::CommandLine => None,
        };
        let client = store::find_client(&mut *tx, id).await?;
        let may =
            |client: &Client| user.as_ref().is_none_or(|user| client.owner_id == user.id || user.role() == Role::Admin);
        Ok((tx, client.filter(may).ok_or(AppError::NotFound)?))
    }

    /// Writes down what happened to an application, as an event of its owner.
    async fn note(
        &self,
        tx: &mut Tx,
        kind: Kind,
        owner_id: &str,
        client: (&str, &str),
        at: i64,
    ) -> Result<(), AppError> {
        let event = Event::new(kind, self.actor(), owner_id);
        let event = match self {
            Self::User(someone, caller) => Event { sid: someone.log_in.sid.clone(), ..event.from_caller(caller) },
            Self::CommandLine => event,
        };
        let (id, name) = client;
        let event = Event { details: json!({ "application": name, "client_id": id }), ..event };
        event::store::insert(&mut **tx, &event, at).await?;
        Ok(())
    }
}

/// What an application shows who it is with.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// It works for so many days, or until it's removed.
    Secret {
        days: Option<i64>,
    },
    Key(&'a PublicKey),
}

/// With its secret, if it has one.
///
/// # Errors
/// [`AppError::Invalid`]; [`AppError::TooManyApps`]; [`AppError::BadRequest`] for a key of a kind that can keep none.
pub async fn register(
    state: &AppState,
    by: By<'_>,
    owner_id: &str,
    typed: &Typed,
    credential: Credential<'_>,
) -> Result<Registered, AppError> {
    let now_ms = state.clock.now_ms();
    let client = parse(typed, owner_id, now_ms)?;
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
    store::insert_client(&mut *tx, &client).await?;
    by.note(&mut tx, Kind::AppRegistered, owner_id, (&client.id, &client.name), now_ms).await?;
    let secret = if has_secret { insert_credential(&mut tx, &client.id, now_ms, credential).await? } else { None };
    tx.commit().await?;
    Ok(Registered { id: client.id, secret })
}

/// How long a secret is to work, as a form says it; empty: until it's removed.
///
/// # Errors
/// [`AppError::BadRequest`] for what no form sends.
pub fn parse_days(text: &str) -> Result<Option<i64>, AppError> {
    let days = |text: &str| text.parse().ok().filter(|days| (1..=SECRET_DAYS_MAX).contains(days));
    if text.is_empty() { Ok(None) } else { days(text).map(Some).ok_or(AppError::BadRequest) }
}

/// What is wrong with it, before anyone has to prove anything.
///
/// # Errors
/// [`AppError::Invalid`]; [`AppError::BadRequest`] for a kind that no form sends.
pub fn check(typed: &Typed) -> Result<(), AppError> {
    parse(typed, "", 0).map(|_| ())
}

fn parse(typed: &Typed, owner_id: &str, now_ms: i64) -> Result<Client, AppError> {
    let mut wrong = Vec::new();
    let kind: ClientKind = typed.kind.parse().map_err(|_| AppError::BadRequest)?;
    let name = right(parse_name(&typed.name), &mut wrong);
    let redirects = right(parse_addresses(&typed.redirects, kind, Field::Redirects), &mut wrong);
    let logouts = right(parse_addresses(&typed.logouts, kind, Field::Logouts), &mut wrong);
    let backchannel_logout_uri = right(parse_backchannel(&typed.backchannel, kind), &mut wrong);
    let id_token_alg = right(parse_id_token_alg(&typed.id_token_alg, kind), &mut wrong);
    if kind.logs_users_in() && typed.redirects.trim().is_empty() {
        wrong.push(Invalid::RedirectsMissing);
    }
    let scopes = Scopes::parse(&typed.scopes).and_then(|scopes| match scopes.of_user() {
        Some(scope) if !kind.logs_users_in() => Err(Invalid::unfit(Field::Scopes, scope, Unfit::OfService)),
        _ => Ok(scopes),
    });
    let scopes = right(scopes, &mut wrong);
    if !wrong.is_empty() {
        return Err(AppError::Invalid(wrong));
    }
    Ok(Client {
        id: Uuid::now_v7().to_string(),
        owner_id: owner_id.to_owned(),
        name: name.to_owned(),
        kind,
        redirects,
        logouts,
        backchannel_logout_uri,
        scopes,
        id_token_alg,
        created_at: now_ms,
        ..Client::default()
    })
}

/// What is right, or nothing, and what is wrong is kept: all of it is said at once.
fn right<T: Default>(parsed: Result<T, Invalid>, wrong: &mut Vec<Invalid>) -> T {
    parsed.unwrap_or_else(|invalid| {
        wrong.push(invalid);
        T::default()
    })
}

/// As users see it.
///
/// # Errors
/// What is wrong with it.
pub fn parse_name(text: &str) -> Result<&str, Invalid> {
    match text.trim() {
        name if !name.chars().any(is_visible) => Err(Invalid::AppNameMissing),
        name if name.chars().count() > NAME_CHARS_MAX => Err(Invalid::AppNameTooLong),
        name if name.chars().any(is_control) => Err(Invalid::NameControl),
        name if shows(name, "latchkey") => Err(Invalid::AppNameOurs),
        name => Ok(name),
    }
}

/// Changes what was registered, but not the kind; whether it may do less now. Then its access tokens are revoked, and its
/// codes and refresh tokens bring what is left: `token` looks at both again.
///
/// # Errors
/// [`AppError::Invalid`]; [`AppError::NotFound`], also for one that no one has registered.
pub async fn change(terminator: &Terminator, by: By<'_>, id: &str, typed: &Typed) -> Result<bool, AppError> {
    let (state, at) = (&terminator.state, terminator.state.clock.now_ms());
    let (mut tx, before) = by.begin(state, id).await?;
    if before.is_ours() {
        return Err(AppError::NotFound);
    }
    let typed = Typed { kind: before.kind.into_str().into(), ..typed.clone() };
    let after = Client { id: id.to_owned(), ..parse(&typed, &before.owner_id, at)? };
    let is_less = !after.scopes.covers(&before.scopes) || before.redirects.iter().any(|at| !after.may_redirect_to(at));
    let epoch = store::update_client(&mut *tx, &after, is_less).await?;
    if after.kind != ClientKind::Native && !after.scopes.has(OFFLINE) {
        let ended = grants::store::end_outliving(&mut *tx, id, EndReason::ByUser.into_str(), at).await?;
        queue(&mut tx, &ended, at).await?;
    }
    if after.backchannel_logout_uri.is_empty() {
        notices::store::remove_all_of(&mut *tx, id).await?;
    }
    by.note(&mut tx, Kind::AppChanged, &before.owner_id, (id, &after.name), at).await?;
    if is_less {
        end_tokens(tx, terminator, by, id, epoch).await?;
    } else {
        tx.commit().await?;
    }
    Ok(is_less)
}

/// The secret, if it is one.
async fn insert_credential(
    tx: &mut Tx,
    client_id: &str,
    now_ms: i64,
    credential: Credential<'_>,
) -> Result<Option<String>, AppError> {
    let (secret, hash, row) = match credential {
        Credential::Key(PublicKey { jwk, thumbprint }) => {
            let hash = links::hash(&format!("{client_id} {thumbprint}"));
            let row = SecretRow {
                prefix: thumbprint.clone(),
                created_at: now_ms,
                expires_at: None,
                public_key: Some(jwk.clone()),
            };
            (None, hash, row)
        }
        Credential::Secret { days } => {
            let secret = format!("lks_{}", links::new_token()?);
            let prefix = secret.chars().take(PREFIX_CHARS).collect();
            let expires_at = days.map(|days| now_ms + days * DAY_MS);
            let row = SecretRow { prefix, created_at: now_ms, expires_at, public_key: None };
            let hash = links::hash(&secret);
            (Some(secret), hash, row)
        }
    };
    store::insert_secret(&mut **tx, client_id, &hash, &row).await?;
    Ok(secret)
}

/// A second secret or key, for the time until the first is removed; the secret, if it is one. A key that is there already
/// changes nothing.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::TooManySecrets`].
pub async fn add(
    state: &AppState,
    by: By<'_>,
    id: &str,
    credential: Credential<'_>,
) -> Result<Option<String>, AppError> {
    let (mut tx, client) = by.begin(state, id).await?;
    if !client.kind.has_secret() {
        return Err(AppError::NotFound);
    }
    let there = store::secrets_of(&mut *tx, id).await?;
    if let Credential::Key(key) = credential
        && there.iter().any(|row| row.prefix == key.thumbprint)
    {
        return Ok(None);
    }
    if there.len() >= SECRETS_MAX {
        return Err(AppError::TooManySecrets);
    }
    let now_ms = state.clock.now_ms();
    let secret = insert_credential(&mut tx, id, now_ms, credential).await?;
    by.note(&mut tx, Kind::AppSecretCreated, &client.owner_id, (id, &client.name), now_ms).await?;
    tx.commit().await?;
    Ok(secret)
}

/// # Errors
/// [`AppError::NotFound`].
pub async fn remove_secret(state: &AppState, by: By<'_>, id: &str, prefix: &str) -> Result<(), AppError> {
    let (mut tx, client) = by.begin(state, id).await?;
    if !store::delete_secret(&mut *tx, id, prefix).await? {
        return Err(AppError::NotFound);
    }
    let at = state.clock.now_ms();
    by.note(&mut tx, Kind::AppSecretRemoved, &client.owner_id, (id, &client.name), at).await?;
    Ok(tx.commit().await?)
}

/// Disables an application, which ends its tokens, or enables it again; whether it was otherwise before.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn set_disabled(terminator: &Terminator, by: By<'_>, id: &str, disabled: bool) -> Result<bool, AppError> {
    let (state, at) = (&terminator.state, terminator.state.clock.now_ms());
    let (mut tx, client) = by.begin(state, id).await?;
    let Some(epoch) = store::set_disabled(&mut *tx, id, disabled.then_some(at)).await? else { return Ok(false) };
    if disabled {
        grants::store::end_all_of(&mut *tx, id, EndReason::ByUser.into_str(), at).await?;
    }
    let kind = if disabled { Kind::AppDisabled } else { Kind::AppEnabled };
    by.note(&mut tx, kind, &client.owner_id, (id, &client.name), at).await?;
    end_tokens(tx, terminator, by, id, epoch).await?;
    Ok(true)
}

/// # Errors
/// [`AppError::NotFound`].
pub async fn delete(terminator: &Terminator, by: By<'_>, id: &str) -> Result<(), AppError> {
    let (state, at) = (&terminator.state, terminator.state.clock.now_ms());
    let (mut tx, client) = by.begin(state, id).await?;
    let epoch = store::blank_client(&mut tx, id, at).await?.ok_or(AppError::NotFound)?;
    grants::store::end_all_of(&mut *tx, id, EndReason::ByUser.into_str(), at).await?;
    by.note(&mut tx, Kind::AppDeleted, &client.owner_id, (id, &client.name), at).await?;
    end_tokens(tx, terminator, by, id, epoch).await
}

/// The last part of a transaction: every token of an epoch before is revoked when it commits.
async fn end_tokens(tx: Tx, terminator: &Terminator, by: By<'_>, id: &str, least_epoch: i64) -> Result<(), AppError> {
    let (reason, revoked_at) = (EndReason::ByUser.into_str(), terminator.state.clock.now_ms());
    let new = New { subject: Subject::Client(id, least_epoch), reason, actor: &by.actor(), revoked_at };
    terminator.revocations.commit(tx, &[new]).await?;
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
