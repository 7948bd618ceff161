//! Finds what the pages of applications show, and goes on with a request that needs no page. Server side.

use axum::http::StatusCode;
use leptos::prelude::*;
use percent_encoding::percent_decode_str;

use super::{
    allow,
    answer::{Answer, AnswerPage},
    authorize,
    authorize::{PROVEN_AFTER, Wrong},
    clients,
    clients::{
        app_form::NewAppPage, app_page::AppPage, apps_page::AppsPage, calls, credentials::secret_name, document,
        register::APPS_MAX,
    },
    device::{
        decide,
        page::{DecidedPage, DevicePage},
    },
    discovery, grants,
    grants::{
        connected_page::{Connected, ConnectedDevices, ConnectedPage, OnDevice},
        consent_page::{ConsentPage, LogOutPage, OtherUserPage, WrongRequestPage},
    },
    log_out::{named, way_back},
    notices,
    params::Params,
    scope::Scopes,
    settings::{OauthSettings, Registrars},
};
use crate::{
    auth::{tokens::keys::Keys, users::Role},
    base::{db::again, error::AppError, text::isolated},
    pages::request::{Found, PageRequest, elsewhere, shows},
    ui::draw::Content,
    web::{action::told, caller::caller_of, guards::Guards, page::Refused},
};

/// Applications on the page of administrators.
const ALL_MAX: i64 = 200;

/// An application asks for a user: who is logged in and has agreed goes back at once; whoever else sees a page.
pub async fn authorize(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    let (app, query) = (&page.app, page.parts.uri.query().unwrap_or_default());
    if let Some(why) = learn(page, settings, query).await? {
        return wrong_request(why);
    }
    let asked = match authorize::check(app, keys(page)?, query).await {
        Ok(asked) => asked,
        Err(Wrong::Here(why)) => return wrong_request(why),
        Err(Wrong::Back(answer)) => return give(page, answer),
        Err(Wrong::Fault(error)) => return Err(error),
    };
    let needs_login = || give(page, asked.refused("login_required", "The user has to log in"));
    let anew = (asked.prompt.login || asked.max_age == Some(0)) && asked.proven_after == 0;
    if anew && !asked.prompt.none {
        return Ok(Found::Elsewhere(proven_after(query, app.now_ms())));
    }
    let Some(someone) = &page.someone else {
        return if asked.prompt.none { needs_login() } else { Err(AppError::NotLoggedIn) };
    };
    let viewer = someone.viewer();
    if !asked.is_for(someone) {
        let name = isolated(&asked.client.name);
        return if asked.prompt.none { needs_login() } else { shows(move || view! { <OtherUserPage name viewer /> }) };
    }
    if !asked.is_proven(someone, app.now_ms()) {
        return if asked.prompt.none { needs_login() } else { Err(AppError::ProofNeeded) };
    }
    if !asked.needs_consent(app, &someone.user.id).await? {
        let caller = caller_of(&page.parts, &app.state.config);
        let answer = again(|| allow::allow(app, &caller, someone, &asked, false)).await?;
        return give(page, answer);
    }
    if asked.prompt.none {
        return give(page, asked.refused("consent_required", "The user has to be asked"));
    }
    let request = query.to_owned();
    shows(move || view! { <ConsentPage asked viewer request /> })
}

/// Reads what an application says of itself that no one has registered; what is wrong with it, if anything is. A visitor who
/// is not logged in is asked to be, before this server calls anyone for them.
async fn learn(page: &PageRequest, settings: &OauthSettings, query: &str) -> Result<Option<String>, AppError> {
    let params = Params::parse(query.as_bytes()).ok();
    let id = params.as_ref().map(|params| params.get("client_id")).filter(|id| clients::is_document(id));
    match (id, &page.someone) {
        (None, _) => Ok(None),
        (Some(_), _) if !settings.unregistered_applications => Ok(Some(
            "The application that sent you here isn't registered. This server takes registered ones only.".into(),
        )),
        (Some(id), Some(_)) => {
            let caller = caller_of(&page.parts, &page.app.state.config);
            let why = document::learn(&page.app, settings, id, &caller.ip).await?;
            Ok(why.map(|why| format!("The application couldn't be read from the address that's its ID: {why}.")))
        }
        (Some(id), None) if clients::store::find_client(&page.app.state.db.pool, id).await?.is_none() => {
            Err(AppError::NotLoggedIn)
        }
        (Some(_), None) => Ok(None),
    }
}

/// No one is sent anywhere.
fn wrong_request(why: String) -> Result<Found, AppError> {
    Ok(Found::View(StatusCode::BAD_REQUEST, Content::new(move || view! { <WrongRequestPage why /> })))
}

/// The same request, when the password has been given after this moment.
fn proven_after(query: &str, now_ms: i64) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.filter_map(|(name, value)| match &*name {
        PROVEN_AFTER => None,
        "max_age" if value == "0" => None,
        "prompt" => Some((name, value.split(' ').filter(|word| *word != "login").collect::<Vec<_>>().join(" ").into())),
        _ => Some((name, value)),
    });
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).append_pair(PROVEN_AFTER, &now_ms.to_string());
    format!("{}?{}", discovery::AUTHORIZE, query.finish())
}

fn keys(page: &PageRequest) -> Result<&Keys, AppError> {
    page.parts.extensions.get::<Guards>().map(|guards| &guards.keys).ok_or_else(AppError::internal)
}

/// At once where another site or the person has asked; through a page where one of our own forms has led here, which no
/// redirect may leave, and where the user has to send it.
fn give(page: &PageRequest, answer: Answer) -> Result<Found, AppError> {
    let from_us = page.parts.headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    match answer.address() {
        Some(address) if !from_us && !answer.by_hand => Ok(Found::Elsewhere(address)),
        _ => shows(move || view! { <AnswerPage answer /> }),
    }
}

/// A device asks: for the code, then for the user's leave, then it's said what came of it. A code in the address leads no
/// further than one that is typed.
pub async fn device(page: &PageRequest) -> Result<Found, AppError> {
    let (someone, app) = (page.user()?, &page.app);
    let told = told(&page.parts.headers, &app.state.config).unwrap_or_default();
    let is_refused = page.parts.extensions.get::<Refused>().is_some();
    if let (word @ ("allowed" | "refused"), false) = (&*told.get("decided"), is_refused) {
        let (allowed, name) = (word == "allowed", told.get("name"));
        return shows(move || view! { <DecidedPage allowed name /> });
    }
    let code = told.get("device");
    if let Some(asked) = decide::find_uncounted(app, &code).await?.filter(|_| !is_refused) {
        let viewer = someone.viewer();
        return shows(move || view! { <ConsentPage asked viewer request=code /> });
    }
    let query = page.parts.uri.query().unwrap_or_default();
    let given = Params::parse(query.as_bytes()).unwrap_or_default().get("user_code").to_owned();
    shows(move || view! { <DevicePage given /> })
}

/// What stands below the user's sessions: the programs on devices, each with its grant.
pub async fn on_devices(page: &PageRequest) -> Result<Option<Content>, AppError> {
    let (user, pool) = (&page.user()?.user, &page.app.state.db.pool);
    let clients = clients::store::clients_of(pool, &user.id).await?;
    let name = |id: &str| clients.get(id).map(|client| client.name.clone()).unwrap_or_default();
    let grants = grants::store::grants_of(pool, &user.id, page.app.now_ms()).await?.into_iter();
    let rows: Vec<_> = grants
        .filter(|grant| grant.sid.is_empty())
        .map(|grant| OnDevice { name: name(&grant.client_id), grant })
        .collect();
    Ok(Some(Content::new(move || view! { <ConnectedDevices rows /> })))
}

/// An application asks to log its user out.
pub async fn log_out(page: &PageRequest) -> Result<Found, AppError> {
    let request = named(&page.app, keys(page)?, page.parts.uri.query().unwrap_or_default());
    let Some(someone) = &page.someone else {
        return match way_back(&page.app, &request).await? {
            Some(answer) => give(page, answer),
            None => elsewhere("/login"),
        };
    };
    let viewer = someone.viewer();
    shows(move || view! { <LogOutPage viewer request /> })
}

/// What the page of consent has led to.
pub fn answer(page: &PageRequest) -> Result<Found, AppError> {
    let told = told(&page.parts.headers, &page.app.state.config).unwrap_or_default();
    let answer: Answer = serde_json::from_str(&told.get("answer")).map_err(|_| AppError::NotFound)?;
    shows(move || view! { <AnswerPage answer /> })
}

pub async fn apps(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    let user = &page.user()?.user;
    let apps = clients::store::list_clients(&page.app.state.db.pool, Some(&user.id), APPS_MAX).await?;
    let may_register = may_register(page, settings);
    shows(move || view! { <AppsPage apps may_register of_everyone=false /> })
}

fn may_register(page: &PageRequest, settings: &OauthSettings) -> bool {
    let is_admin = page.someone.as_ref().is_some_and(|someone| someone.user.role() == Role::Admin);
    settings.applications_by == Registrars::Everyone || is_admin
}

pub fn new_app(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    page.user()?;
    if !may_register(page, settings) {
        return elsewhere("/account/apps");
    }
    shows(|| view! { <NewAppPage /> })
}

/// Of one's own, or of anyone for who oversees.
pub async fn app(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    let (someone, pool) = (page.user()?, &page.app.state.db.pool);
    let id = percent_decode_str(page.id()).decode_utf8_lossy();
    let client = clients::store::find_client(pool, &id).await?.ok_or(AppError::NotFound)?;
    if client.owner_id != someone.user.id {
        if !someone.user.role().oversees() {
            return Err(AppError::NotFound);
        }
        page.overseer().await?;
    }
    let may_change = client.owner_id == someone.user.id || someone.user.role() == Role::Admin;
    let secrets = clients::store::secrets_of(pool, &client.id).await?;
    let told = told(&page.parts.headers, &page.app.state.config).unwrap_or_default();
    let opened = page.app.secret.open(&secret_name(&someone.log_in.sid), &told.get("secret"));
    let new_secret = opened.and_then(|secret| String::from_utf8(secret).ok());
    let waiting = notices::store::waiting(pool, &client.id).await?.notices;
    let never_told = settings.reach(&page.app.state.config).excludes(&client.backchannel_logout_uri);
    let calls = calls::of(pool, &client.id, page.app.now_ms()).await?.remove(&client.id).unwrap_or_default();
    shows(move || view! { <AppPage client secrets new_secret may_change waiting never_told calls /> })
}

pub async fn all_apps(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let apps = clients::store::list_clients(&page.app.state.db.pool, None, ALL_MAX).await?;
    shows(move || view! { <AppsPage apps may_register=false of_everyone=true /> })
}

pub async fn connected(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    let (user, pool) = (&page.user()?.user, &page.app.state.db.pool);
    let mut connected: Vec<Connected> = Vec::new();
    let clients = clients::store::clients_of(pool, &user.id).await?;
    let living = grants::store::grants_of(pool, &user.id, page.app.now_ms()).await?;
    let agreed = grants::store::agreed(pool, &user.id).await?.into_iter().map(|grant| (grant, false));
    for (grant, has_access) in living.into_iter().map(|grant| (grant, true)).chain(agreed) {
        let client = clients.get(&grant.client_id).cloned().unwrap_or_default();
        let scopes = Scopes::stored(&grant.scopes).within(&client.scopes);
        match connected.iter_mut().find(|known| known.id == grant.client_id) {
            Some(known) => {
                known.scopes = known.scopes.and(&scopes);
                known.since = known.since.min(grant.created_at);
            }
            None => connected.push(Connected {
                id: grant.client_id,
                name: client.name,
                scopes,
                since: grant.created_at,
                last_used_at: grant.last_used_at.unwrap_or(grant.created_at),
                has_access,
            }),
        }
    }
    let registers = may_register(page, settings) || clients::store::count_clients(pool, &user.id).await? > 0;
    shows(move || view! { <ConnectedPage connected registers /> })
}
