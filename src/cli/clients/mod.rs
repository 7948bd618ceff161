//! `latchkey clients`: the applications of the authorization server, from another process. Server side.

mod args;
mod list;

use std::{fs, path::Path};

use serde_json::json;

pub use self::args::Clients;
use self::{
    args::{Add, Change, One, Rotate},
    list::list,
};
use super::{
    Common, Failed,
    installation::{find_user, terminator},
    keys,
};
use crate::{
    base::{
        db::again,
        error::{AppError, Field, Invalid},
        state::AppState,
    },
    oauth::{
        clients,
        clients::{
            Client, RS256, assertion::PublicKey, by::By, credentials, credentials::Credential, register, typed::Typed,
        },
        mint,
    },
};

pub async fn run(command: Clients) -> Result<(), Failed> {
    match command {
        Clients::List { owner, common } => list(owner.as_ref(), &common).await,
        Clients::Add(args) => add(args).await,
        Clients::Change(args) => change(args).await,
        Clients::Rotate(args) if args.finish => finish(&args).await,
        Clients::Rotate(args) => rotate(&args).await,
        Clients::Disable(args) => set_disabled(&args, true).await,
        Clients::Enable(args) => set_disabled(&args, false).await,
    }
}

async fn add(args: Add) -> Result<(), Failed> {
    if args.public_key.is_some() && !args.kind.has_secret() {
        return Err(Failed::usage("--public-key: only a web server or a service can keep a private key"));
    }
    if args.expires_in_days.is_some() && !args.kind.has_secret() {
        return Err(Failed::usage("--expires-in-days: only a web server or a service has a secret"));
    }
    let common = args.common;
    let usual = if args.kind.logs_users_in() { "openid profile email" } else { "" };
    let typed = Typed {
        name: args.name,
        kind: args.kind.into_str().into(),
        redirects: args.redirect.join("\n"),
        logouts: args.logout.join("\n"),
        backchannel: args.backchannel_logout,
        scopes: args.scope.unwrap_or_else(|| usual.into()),
        id_token_alg: args.id_token_alg,
    };
    typed.parse().map_err(told)?;
    let key = args.public_key.as_deref().map(read_key).transpose()?;
    let credential = credential(key.as_ref(), args.expires_in_days);
    let registered = common.on_database(async |state| {
        let owner = find_user(state, &args.owner).await?;
        publish_key(state, &typed).await?;
        again(|| register::register(state, By::CommandLine, &owner.id, &typed, credential)).await.map_err(told)
    });
    let (id, secret) = registered.await?;
    warn_of(&common, &typed.backchannel);
    common.answer(&json!({ "id": id, "secret": secret }), || match &secret {
        Some(secret) => format!("client_id:     {id}\nclient_secret: {secret}\n\nThe secret isn't shown again."),
        None => format!("client_id: {id}"),
    })
}

/// The key for its ID tokens is there before the first login, so that every server publishes it by then. What is refused
/// makes none: check it before.
async fn publish_key(state: &AppState, typed: &Typed) -> Result<(), Failed> {
    if typed.id_token_alg == RS256 {
        mint::key_for(&keys::open(state).await?, RS256).await?;
    }
    Ok(())
}

fn read_key(file: &Path) -> Result<PublicKey, Failed> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    PublicKey::parse(&text).map_err(|invalid| Failed::usage(format!("--public-key: {invalid}")))
}

fn credential(key: Option<&PublicKey>, days: Option<i64>) -> Credential<'_> {
    key.map_or(Credential::Secret { days }, Credential::Key)
}

async fn change(args: Change) -> Result<(), Failed> {
    let Change { id, common, .. } = args;
    let given = |lines: Option<Vec<String>>, known: &[String]| lines.as_deref().unwrap_or(known).join("\n");
    let changed = on_client(&common, &id, async |state, client| {
        if client.is_ours() {
            return Err(format!("{id} isn't registered here, so it can't be changed").into());
        }
        let typed = Typed {
            redirects: given(args.redirect, &client.redirects),
            logouts: given(args.logout, &client.logouts),
            name: args.name.unwrap_or(client.name),
            backchannel: args.backchannel_logout.unwrap_or(client.backchannel_logout_uri),
            scopes: args.scope.unwrap_or_else(|| client.scopes.text()),
            id_token_alg: args.id_token_alg.unwrap_or(client.id_token_alg),
            kind: client.kind.into_str().into(),
        };
        typed.parse().map_err(told)?;
        publish_key(state, &typed).await?;
        let terminator = terminator(state).await?;
        let is_less = again(|| register::change(&terminator, By::CommandLine, &id, &typed)).await.map_err(told)?;
        Ok((typed.name, is_less, typed.backchannel))
    });
    let (client, is_less, backchannel) = changed.await?;
    warn_of(&common, &backchannel);
    common.answer(&json!({ "id": id, "tokens_revoked": is_less }), || match is_less {
        true => format!("Changed {client}. Running servers reject its access tokens within a second."),
        false => format!("Changed {client}."),
    })
}

fn warn_of(Common { config, parts, .. }: &Common, backchannel: &str) {
    if parts.oauth.reach(config).excludes(backchannel) {
        eprintln!(
            "latchkey: warning: the server can't tell the application of logouts: {backchannel} isn't public. \
             LATCHKEY_CALL_PRIVATE_ADDRESSES=true allows private addresses"
        );
    }
}

/// What is wrong with each flag; the page has it beside the fields.
fn told(error: AppError) -> Failed {
    let flag = |invalid: &Invalid| match invalid.field() {
        Field::Redirects => "--redirect",
        Field::Logouts => "--logout",
        Field::Backchannel => "--backchannel-logout",
        Field::Scopes => "--scope",
        Field::IdTokenAlg => "--id-token-alg",
        _ => "--name",
    };
    match error {
        AppError::Invalid(wrong) => {
            Failed::usage(wrong.iter().map(|one| format!("{}: {one}", flag(one))).collect::<Vec<_>>().join(" "))
        }
        error => error.into(),
    }
}

async fn rotate(Rotate { id, public_key, expires_in_days, common, .. }: &Rotate) -> Result<(), Failed> {
    let key = public_key.as_deref().map(read_key).transpose()?;
    let secret = on_client(common, id, async |state, client| {
        if !client.kind.has_secret() {
            return Err(format!("{id} can keep no secret: its kind is {}", client.kind.into_str()).into());
        }
        if clients::store::secrets_of(&state.db.pool, id).await?.len() > 1 {
            let how = format!("remove the older one with `latchkey clients rotate {id} --finish`");
            return Err(format!("{id} has two secrets or keys; {how}").into());
        }
        Ok(again(|| credentials::add(state, By::CommandLine, id, credential(key.as_ref(), *expires_in_days))).await?)
    });
    let (secret, thumbprint) = (secret.await?, key.as_ref().map(|key| &*key.thumbprint));
    common.answer(&json!({ "id": id, "secret": secret, "public_key": thumbprint }), || match &secret {
        None => format!(
            "Added the public key {}. What was there before still works. When the application uses the key: latchkey \
             clients rotate {id} --finish",
            thumbprint.unwrap_or_default()
        ),
        Some(secret) => format!(
            "client_secret: {secret}\n\nThe secret isn't shown again. The older one still works. When the application uses the \
             new one: latchkey clients rotate {id} --finish"
        ),
    })
}

async fn finish(Rotate { id, common, .. }: &Rotate) -> Result<(), Failed> {
    let removed = on_client(common, id, async |state, _| {
        let secrets = clients::store::secrets_of(&state.db.pool, id).await?;
        // The older one comes first.
        let [older, _] = &*secrets else {
            return Err(format!("{id} has no second secret; create one with `latchkey clients rotate {id}`").into());
        };
        again(|| credentials::remove_secret(state, By::CommandLine, id, &older.prefix)).await?;
        Ok((older.prefix.clone(), older.public_key.is_some()))
    });
    let (removed, is_key) = removed.await?;
    common.answer(&json!({ "id": id, "removed": removed }), || match is_key {
        true => format!("Removed the public key {removed}. It no longer works."),
        false => format!("Removed the secret {removed}… It no longer works."),
    })
}

async fn set_disabled(One { id, common }: &One, disabled: bool) -> Result<(), Failed> {
    let set = on_client(common, id, async |state, client| {
        let terminator = terminator(state).await?;
        let changed = again(|| register::set_disabled(&terminator, By::CommandLine, id, disabled)).await?;
        Ok((client.name, changed))
    });
    let (name, changed) = set.await?;
    common.answer(&json!({ "id": id, "changed": changed }), || match (changed, disabled) {
        (true, true) => format!("Disabled {name}. Running servers reject its tokens within a second."),
        (true, false) => format!("Enabled {name}. Users have to connect it again."),
        (false, true) => format!("{name} was disabled already."),
        (false, false) => format!("{name} was enabled already."),
    })
}

/// Works on the database, with the application that is meant.
async fn on_client<T>(
    common: &Common,
    id: &str,
    work: impl AsyncFnOnce(&AppState, Client) -> Result<T, Failed>,
) -> Result<T, Failed> {
    common
        .on_database(async |state| {
            let none = || format!("there is no application {id}; find it with `latchkey clients list`");
            work(state, clients::store::find_client(&state.db.pool, id).await?.ok_or_else(none)?).await
        })
        .await
}
