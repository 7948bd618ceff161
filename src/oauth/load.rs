//! Finds what the pages of applications show, and goes on with a request that needs no page. Server side.

use axum::http::{Method, StatusCode};
use leptos::prelude::*;
use percent_encoding::percent_decode_str;

use super::{
    addresses, allow,
    answer::{Answer, AnswerPage},
    authorize,
    authorize::{Asked, PROVEN_AFTER, Wrong},
    clients,
    clients::{
        app_form::NewAppPage, app_page::AppPage, apps_page::AppsPage, calls, credentials::secret_name, document,
        register::APPS_MAX,
    },
    device,
    device::page::{DecidedPage, DevicePage},
    grants,
    grants::{
        connected_page::{Connected, ConnectedDevices, ConnectedPage},
        consent_page::{ConsentPage, LogOutPage, OtherUserPage, WrongRequestPage},
        store::GrantRow,
    },
    log_out, notices,
    params::Params,
    scope::Scopes,
    settings::{OauthSettings, Registrars},
};
use crate::{
    auth::{sessions::guard::LoggedIn, tokens::keys::Keys, users::Role, visit::Visit},
    base::{db::again, error::AppError, text::isolated},
    pages::request::{Found, PageRequest, elsewhere, shows},
    ui::draw::Content,
    web::{
        action::told,
        caller::caller_of,
        guards::Guards,
        page::{Flash, Refused},
    },
};

/// An application asks for a user: who is logged in and has agreed goes back at once; whoever else sees a page.
pub async fn authorize(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    let (app, query) = (&page.app, page.parts.uri.query().unwrap_or_default());
    if let Some(why) = learn(page, settings, query).await? {
        return wrong_request(why);
    }
    let asked = match authorize::check(app, keys(page)?, settings, query).await? {
        Ok(asked) => asked,
        Err(Wrong::Here(why)) => return wrong_request(why),
        Err(Wrong::Back(answer)) => return give(page, answer),
    };
    let now_ms = app.now_ms();
    let anew = asked.anew && asked.proven_after == 0;
    match &page.someone {
        _ if anew && !asked.silent => Ok(Found::Elsewhere(proven_after(query, now_ms))),
        Some(someone) if asked.is_for(someone) && asked.is_proven(someone, now_ms) => {
            ask(page, someone, asked, query).await
        }
        _ if asked.silent => give(page, asked.refused("login_required", "The user has to log in")),
        Some(someone) if !asked.is_for(someone) => {
            let (name, viewer) = (isolated(&asked.client.name), someone.viewer());
            shows(move || view! { <OtherUserPage name viewer /> })
        }
        Some(_) => Err(AppError::ProofNeeded),
        None => Err(AppError::NotLoggedIn),
    }
}

/// Of a user who is logged in as the application wants it: whether it may, unless they have agreed before.
async fn ask(page: &PageRequest, someone: &LoggedIn, asked: Asked, query: &str) -> Result<Found, AppError> {
    let app = &page.app;
    // HEAD asks for what GET would say, and changes nothing (RFC 9110 9.2.1).
    if page.parts.method != Method::HEAD && !asked.needs_consent(app, &someone.user.id).await? {
        let visit = visit(page);
        let answer = again(|| allow::allow(app, &visit, &asked, false)).await?;
        return give(page, answer);
    }
    if asked.silent {
        return give(page, asked.refused("consent_required", "The user has to be asked"));
    }
    let (viewer, request) = (someone.viewer(), query.to_owned());
    shows(move || view! { <ConsentPage asked viewer request /> })
}

fn visit(page: &PageRequest) -> Visit {
    let caller = caller_of(&page.parts, &page.app.state.config);
    Visit { caller, device: None, someone: page.someone.clone() }
}

/// No one can tell whether the address is its own, and no page may ask the user to log in.
const UNKNOWN_AND_SILENT: &str = "We don't know the application that sent you here yet, and it asked us not to show you a login form. Log \
                                  in here first.";

/// Reads what an application says of itself that no one has registered; what is wrong with it, if anything is. A visitor who
/// is not logged in is asked to be, before this server calls anyone for them.
async fn learn(page: &PageRequest, settings: &OauthSettings, query: &str) -> Result<Option<String>, AppError> {
    let params = Params::read(query.as_bytes());
    let (id, app) = (params.get("client_id"), &page.app);
    if !clients::is_document(id) {
        return Ok(None);
    }
    if !settings.unregistered_applications {
        let why = "The application that sent you here isn't registered. This server takes registered ones only.";
        return Ok(Some(why.into()));
    }
    if page.someone.is_none() {
        let is_silent = params.get("prompt").split_ascii_whitespace().any(|word| word == "none");
        return match (clients::store::find_client(&app.state.db.pool, id).await?, params.fault()) {
            (Some(_), _) => Ok(None),
            // Of a prompt that comes twice no one knows whether a login form may be shown.
            (None, Some(fault)) => Ok(Some(format!("{}.", fault.why))),
            (None, None) if is_silent => Ok(Some(UNKNOWN_AND_SILENT.into())),
            (None, None) => Err(AppError::NotLoggedIn),
        };
    }
    let why = document::learn(app, settings, id, &caller_of(&page.parts, &app.state.config).ip).await?;
    Ok(why.map(|why| format!("The application couldn't be read from the address that's its ID: {why}.")))
}

/// No one is sent anywhere.
fn wrong_request(why: String) -> Result<Found, AppError> {
    Ok(Found::View(StatusCode::BAD_REQUEST, Content::new(move || view! { <WrongRequestPage why /> })))
}

/// The same request, when the password has been given after this moment.
fn proven_after(query: &str, now_ms: i64) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != PROVEN_AFTER);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).append_pair(PROVEN_AFTER, &now_ms.to_string());
    format!("{}?{}", addresses::AUTHORIZE, query.finish())
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
pub async fn device(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    page.user()?;
    let is_refused = page.parts.extensions.get::<Refused>().is_some();
    let told = if is_refused { Flash::default() } else { told_to(page) };
    if let word @ ("allowed" | "refused") = &*told.get("decided") {
        let (allowed, name) = (word == "allowed", told.get("name"));
        return shows(move || view! { <DecidedPage allowed name /> });
    }
    let code = told.get("device");
    // Counted, as where it was typed: a browser says what it likes.
    match device::find(&page.app, settings, &visit(page), &code).await {
        Ok(asked) => {
            let viewer = page.user()?.viewer();
            shows(move || view! { <ConsentPage asked viewer request=code /> })
        }
        Err(AppError::Invalid(_)) => {
            let query = page.parts.uri.query().unwrap_or_default();
            let given = Params::read(query.as_bytes()).get("user_code").to_owned();
            shows(move || view! { <DevicePage given /> })
        }
        Err(error) => Err(error),
    }
}

/// What stands below the user's sessions: the programs on devices, each with its grant.
pub async fn on_devices(page: &PageRequest) -> Result<Option<Content>, AppError> {
    let (user, pool) = (&page.user()?.user, &page.app.state.db.pool);
    let clients = clients::store::clients_of(pool, &user.id).await?;
    let with_name = |grant: GrantRow| {
        let name = clients.get(&grant.client_id).map(|client| client.name.clone()).unwrap_or_default();
        grant.sid.is_empty().then_some((name, grant))
    };
    let grants = grants::store::grants_of(pool, &user.id, page.app.now_ms()).await?;
    let rows: Vec<_> = grants.into_iter().filter_map(with_name).collect();
    Ok(Some(Content::new(move || view! { <ConnectedDevices rows /> })))
}

/// An application asks to log its user out.
pub async fn log_out(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    let request = page.parts.uri.query().unwrap_or_default().to_owned();
    let (client, back) = log_out::check(&page.app, keys(page)?, settings, &request).await?;
    match (&page.someone, back) {
        (Some(someone), _) => {
            let name = client.map_or_else(|| "An application".into(), |client| isolated(&client.name));
            let viewer = someone.viewer();
            shows(move || view! { <LogOutPage name viewer request /> })
        }
        (None, Some(answer)) => give(page, answer),
        (None, None) => elsewhere("/login"),
    }
}

/// What the page of consent has led to.
pub fn answer(page: &PageRequest) -> Result<Found, AppError> {
    let answer: Answer = serde_json::from_str(&told_to(page).get("answer")).map_err(|_| AppError::NotFound)?;
    shows(move || view! { <AnswerPage answer /> })
}

fn told_to(page: &PageRequest) -> Flash {
    told(&page.parts, &page.app.state.config).unwrap_or_default()
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
    let services = page.user()?.user.role() == Role::Admin;
    if !may_register(page, settings) {
        return elsewhere(addresses::APPS);
    }
    shows(move || view! { <NewAppPage services /> })
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
    let opened = page.app.secret.open(&secret_name(&someone.log_in.sid), &told_to(page).get("secret"));
    let new_secret = opened.and_then(|secret| String::from_utf8(secret).ok());
    let waiting = notices::store::waiting(pool, &client.id).await?.notices;
    let never_told = settings.reach(&page.app.state.config).excludes(&client.backchannel_logout_uri);
    let calls = calls::of(pool, &client.id, page.app.now_ms()).await?.remove(&client.id).unwrap_or_default();
    shows(move || view! { <AppPage client secrets new_secret may_change waiting never_told calls /> })
}

pub async fn all_apps(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let apps =
        clients::store::list_clients(&page.app.state.db.pool, None, clients::apps_page::LISTED_MAX.into()).await?;
    shows(move || view! { <AppsPage apps may_register=false of_everyone=true /> })
}

pub async fn connected(page: &PageRequest, settings: &OauthSettings) -> Result<Found, AppError> {
    let (user, pool) = (&page.user()?.user, &page.app.state.db.pool);
    let mut connected: Vec<Connected> = Vec::new();
    let clients = clients::store::clients_of(pool, &user.id).await?;
    let living = grants::store::grants_of(pool, &user.id, page.app.now_ms()).await?;
    let agreed = grants::store::agreed(pool, &user.id, "").await?.into_iter().map(|grant| (grant, false));
    for (grant, has_access) in living.into_iter().map(|grant| (grant, true)).chain(agreed) {
        let client = clients.get(&grant.client_id).cloned().unwrap_or_default();
        let scopes = Scopes::stored(&grant.scopes).within(&client.scopes);
        match connected.iter_mut().find(|known| known.grant.client_id == grant.client_id) {
            Some(known) => {
                known.scopes = known.scopes.and(&scopes);
                known.grant.created_at = known.grant.created_at.min(grant.created_at);
            }
            None => connected.push(Connected { name: client.name, grant, scopes, has_access }),
        }
    }
    let registers = may_register(page, settings) || clients::store::count_clients(pool, &user.id).await? > 0;
    shows(move || view! { <ConnectedPage connected registers /> })
}
