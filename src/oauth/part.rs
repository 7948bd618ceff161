//! The authorization server as a part of the product: its settings, and what it hands in. Server side.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use axum::{
    Extension,
    middleware::{from_fn, from_fn_with_state},
    routing::{MethodRouter, get, post},
};
use futures::FutureExt;
use leptos::prelude::provide_context;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{
    addresses, clients, clients::calls, grants, load, notices, notices::Teller, refusal::Refusal, routes,
    settings::OauthSettings, store,
};
use crate::{
    auth::{app::App, tokens::keys::Keys},
    base::{
        config::TokenAlgorithm, db::again, error::AppError, finding::Finding, jobs::Job, metrics::Metrics,
        number::counted, rfc3339::seconds, state::AppState,
    },
    pages::{
        part::{Part, Routes},
        request::{Found, PageRequest},
    },
    serve::MINUTE,
    ui::{
        draw::Content,
        part_links::{PartLink, Place},
        when::span,
    },
    web::token::resource_metadata,
};

/// Applications that `latchkey doctor` looks at.
const EXAMINED_MAX: i64 = 10_000;

pub struct OauthPart {
    settings: OauthSettings,
    /// Once it has started.
    counted: OnceLock<(AppState, Metrics)>,
}

impl OauthPart {
    pub fn new(settings: OauthSettings) -> Self {
        Self { settings, counted: OnceLock::new() }
    }
}

const LINKS: [PartLink; 2] = [
    PartLink { place: Place::Tabs("Account"), href: addresses::CONNECTED, label: "Applications" },
    PartLink { place: Place::Tabs("Administration"), href: addresses::ALL_APPS, label: "Applications" },
];

#[async_trait]
impl Part for OauthPart {
    fn pages(&self) -> &'static [&'static str] {
        &[
            addresses::AUTHORIZE,
            addresses::LOG_OUT,
            addresses::ANSWER,
            addresses::DEVICE_PAGE,
            addresses::APPS,
            addresses::NEW_APP,
            addresses::APP,
            addresses::CONNECTED,
            addresses::ALL_APPS,
        ]
    }

    async fn find(&self, page: &PageRequest, path: &str) -> Result<Found, AppError> {
        match path {
            addresses::AUTHORIZE => load::authorize(page, &self.settings).await,
            addresses::LOG_OUT => load::log_out(page, &self.settings).await,
            addresses::ANSWER => load::answer(page),
            addresses::DEVICE_PAGE => load::device(page, &self.settings).await,
            addresses::APPS => load::apps(page, &self.settings).await,
            addresses::NEW_APP => load::new_app(page, &self.settings),
            addresses::APP => load::app(page, &self.settings).await,
            addresses::CONNECTED => load::connected(page, &self.settings).await,
            _ => load::all_apps(page).await,
        }
    }

    fn open(&self) -> Routes {
        let noted = |path, methods: MethodRouter<Arc<AppState>>| {
            methods.fallback(async || Refusal::method()).layer(from_fn_with_state(path, routes::count))
        };
        let open_to_page = |methods: MethodRouter<Arc<AppState>>| {
            methods.options(routes::may_ask).layer(from_fn(routes::open_to_page))
        };
        let with_settings = |methods: MethodRouter<Arc<AppState>>| methods.layer(Extension(self.settings.clone()));
        vec![
            (addresses::AUTHORIZE, post(routes::as_query)),
            (addresses::LOG_OUT, post(routes::as_query)),
            (addresses::TOKEN, open_to_page(with_settings(noted(addresses::TOKEN, post(routes::token))))),
            (addresses::DEVICE, with_settings(noted(addresses::DEVICE, post(routes::device)))),
            (addresses::REVOKE, open_to_page(noted(addresses::REVOKE, post(routes::revoke)))),
            (addresses::INTROSPECT, noted(addresses::INTROSPECT, post(routes::introspect))),
            (addresses::USER_INFO, open_to_page(get(routes::user_info).post(routes::user_info))),
            (addresses::SERVER, with_settings(get(routes::server))),
            (addresses::OPENID, with_settings(get(routes::server))),
            (resource_metadata::PATH, get(routes::own_api)),
        ]
    }

    fn links(&self) -> &'static [PartLink] {
        &LINKS
    }

    fn provide_contexts(&self) {
        provide_context(self.settings.clone());
    }

    async fn devices(&self, page: &PageRequest) -> Result<Option<Content>, AppError> {
        load::on_devices(page).await
    }

    async fn start(&self, app: &App, keys: &Keys, metrics: &Metrics) -> Vec<JoinHandle<()>> {
        let counted = self.counted.get_or_init(|| (app.state.clone(), metrics.clone())).clone();
        let removal = Job::every(5 * MINUTE, "removing old grants").first_after(MINUTE);
        let counts = Job::every(MINUTE, "writing down the calls of applications");
        vec![
            removal.start(app.state.clone(), |state| remove_old(state).boxed()),
            counts.start(counted, |(state, metrics)| calls::write_down(state, metrics).boxed()),
            Teller::new(app.clone(), keys.clone(), metrics.clone(), &self.settings).start(),
        ]
    }

    async fn stop(&self) {
        let Some((state, metrics)) = self.counted.get() else { return };
        if let Err(error) = calls::write_down(state, metrics).await {
            tracing::warn!(%error, "the calls of the last minute are in no count");
        }
    }

    async fn examine(&self, state: &AppState) -> Vec<Finding> {
        examine(state).await.unwrap_or_else(|error| {
            vec![Finding::error(WHAT, format!("cannot read them: {error}"), "check the database's log")]
        })
    }

    fn list(&self) -> Option<&'static str> {
        Some("connected_applications")
    }

    async fn rows(&self, state: &AppState, user_id: &str, after: &str) -> Result<Vec<(String, Value)>, AppError> {
        let rows = grants::store::grants_after(&state.db.pool, user_id, after).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), in_file(row))).collect())
    }
}

const WHAT: &str = "applications";
/// Time to replace a secret before it expires.
const SOON_MS: i64 = 14 * 24 * 3_600_000;
/// Of those, the first to expire.
const NAMED_MAX: i64 = 20;
/// An application that answers takes a notice in seconds.
const LATE_MS: i64 = 5 * 60_000;

async fn examine(state: &AppState) -> Result<Vec<Finding>, sqlx::Error> {
    let (pool, now_ms) = (&state.db.pool, state.clock.now_ms());
    let clients = clients::store::list_clients(pool, None, EXAMINED_MAX).await?;
    let ownerless = clients.iter().filter(|client| client.owner_epoch.is_none()).count();
    let active = clients.iter().filter(|client| client.is_active()).count();
    let waiting = notices::store::waiting(pool, "").await?;
    let age_ms = waiting.since.map_or(0, |since| now_ms - since);
    let expiring = clients::store::expiring(pool, now_ms + SOON_MS, NAMED_MAX).await?;
    let mut findings = vec![Finding::ok(WHAT, format!("{} registered, {active} active", clients.len()))];
    let mut warn = |words: String, fix: &str| findings.push(Finding::warning(WHAT, words, fix));
    if ownerless > 0 {
        let fix = "enable the owner's account, or register the application again; see `latchkey clients list`";
        warn(format!("{ownerless} don't work: their owners can't log in"), fix);
    }
    if active > 0 && state.config.token_algorithm == TokenAlgorithm::Hs256 {
        let words = "none can verify an access token, and only those that ask for RS256 log users in with OpenID Connect: \
                     access tokens are signed with HS256";
        warn(words.into(), "set LATCHKEY_TOKEN_ALGORITHM=ES256");
    }
    if age_ms >= LATE_MS {
        let notices = counted(waiting.notices, "logout notice waits", "logout notices wait");
        let words = format!("{notices} for an application that doesn't answer, the oldest for {}", span(age_ms));
        warn(words, "the pages below “Administration”, “Applications” say which one, and why");
    }
    for (name, at) in expiring {
        let when = if at > now_ms { format!("expires in {}", span(at - now_ms)) } else { "has expired".to_owned() };
        warn(format!("the secret of “{name}” {when}"), "replace it with `latchkey clients rotate CLIENT-ID`");
    }
    Ok(findings)
}

fn in_file(row: grants::store::GrantRow) -> Value {
    json!({
        "application": row.client_id,
        "scopes": row.scopes,
        "resource": row.resource,
        "user_agent": row.user_agent,
        "ip": row.ip,
        "created_at": seconds(row.created_at),
        "last_used_at": row.last_used_at.map(seconds),
    })
}

async fn remove_old(state: &AppState) -> Result<(), AppError> {
    again(|| async {
        let mut tx = state.db.begin_write().await?;
        store::delete_old(&mut tx, state.clock.now_ms()).await?;
        Ok(tx.commit().await?)
    })
    .await
}
