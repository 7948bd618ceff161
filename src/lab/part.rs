//! The Lab as a part of the product: its setting, and what it hands in. Server side.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use axum::{Extension, routing::get};
use clap::Args;
use futures::FutureExt;
use leptos::prelude::provide_context;
use tokio::task::JoinHandle;

use super::{lanes, load, make, store, visit, world::Lab};
use crate::{
    auth::{app::App, revocations::feed, tokens::keys::Keys},
    base::{config::Config, db::Kind, error::AppError, finding::Finding, jobs::Job, metrics::Metrics, state::AppState},
    pages::{
        part::{Part, Routes},
        request::{Found, PageRequest},
    },
    serve::{MINUTE, keep_clean},
    ui::part_links::{PartLink, Place},
};

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "The Lab")]
pub struct LabSettings {
    /// Turn on `/lab`, where visitors try sessions and tokens with demo users. It has its own database (on PostgreSQL the
    /// schema `latchkey_lab`) and takes 7 more connections. What visitors do costs work, so it's off in production by
    /// default. [default: true, in production false]
    #[arg(long, env = "LATCHKEY_LAB", num_args = 0..=1, default_missing_value = "true")]
    lab: Option<bool>,
}

impl LabSettings {
    /// Whether there is to be a Lab.
    pub fn is_wanted(&self, config: &Config) -> bool {
        self.lab.unwrap_or(!config.production())
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct LabPart {
    settings: LabSettings,
    /// Empty where there is no Lab.
    opened: Arc<OnceLock<Arc<Lab>>>,
}

impl LabPart {
    pub fn new(settings: LabSettings) -> Self {
        Self { settings, opened: Arc::default() }
    }

    pub fn lab(&self) -> Result<&Arc<Lab>, AppError> {
        self.opened.get().ok_or(AppError::NotFound)
    }

    /// Opens the Lab, without the work that keeps it going.
    pub async fn open(&self, app: &App) -> Result<&Arc<Lab>, String> {
        let lab = Arc::new(make::make(app).await?);
        Ok(self.opened.get_or_init(|| lab))
    }

    fn is_wanted_on_postgres(&self, state: &AppState) -> bool {
        self.settings.is_wanted(&state.config) && state.db.kind == Kind::Postgres
    }
}

const LINKS: [PartLink; 3] = [
    PartLink { place: Place::Bar, href: "/lab", label: "Lab" },
    PartLink { place: Place::Footer, href: "/lab", label: "Sessions or JWTs?" },
    PartLink { place: Place::Home, href: "/lab", label: "Try it in the Lab →" },
];

#[async_trait]
impl Part for LabPart {
    fn pages(&self) -> &'static [&'static str] {
        &["/lab", "/lab/code/{name}"]
    }

    async fn find(&self, page: &PageRequest, path: &str) -> Result<Found, AppError> {
        let lab = self.lab()?;
        if path == "/lab" { load::lab(page, lab).await } else { load::code(page) }
    }

    fn routes(&self) -> Routes {
        vec![(lanes::PATH, get(lanes::stream::events).layer(Extension(self.clone())))]
    }

    fn links(&self) -> &'static [PartLink] {
        if self.lab().is_ok() { &LINKS } else { &[] }
    }

    fn provide_contexts(&self) {
        if let Ok(lab) = self.lab() {
            provide_context(Arc::clone(lab));
        }
    }

    async fn migrate(&self, state: &AppState) -> Result<(), String> {
        if self.is_wanted_on_postgres(state) { make::migrate(state).await } else { Ok(()) }
    }

    /// What is wrong with the Lab costs no one but its visitors.
    async fn start(&self, app: &App, _: &Keys, _: &Metrics) -> Vec<JoinHandle<()>> {
        if !self.settings.is_wanted(&app.state.config) {
            return Vec::new();
        }
        let lab = match self.open(app).await {
            Ok(lab) => lab,
            Err(error) => {
                tracing::warn!(error, "the Lab is off; set LATCHKEY_LAB=false to start without it");
                return Vec::new();
            }
        };
        // What is said of an outage there is not about us.
        let _lab = tracing::error_span!("lab").entered();
        let mut tasks = keep_clean(&lab.state, &lab.keys);
        tasks.push(feed::follow(&lab.state, lab.revocations.clone()));
        let job = Job::every(MINUTE, "removing visits that are over");
        tasks.push(job.start(Arc::clone(lab), |lab| visit::remove_over(lab).boxed()));
        tasks
    }

    async fn stop(&self) {
        if let Ok(lab) = self.lab() {
            lab.services.close_databases().await;
        }
    }

    /// Its pool, and one that listens.
    fn connections(&self, config: &Config) -> i64 {
        if self.settings.is_wanted(config) { i64::from(make::CONNECTIONS) + 1 } else { 0 }
    }

    /// Whether it has a place on PostgreSQL; on SQLite it is a file of its own.
    async fn examine(&self, state: &AppState) -> Vec<Finding> {
        const WHAT: &str = "lab";
        if !self.is_wanted_on_postgres(state) {
            return Vec::new();
        }
        vec![match store::may_have_schema(&state.db.pool).await {
            Ok(true) => Finding::ok(WHAT, "has its own schema, latchkey_lab"),
            Ok(false) => Finding::warning(
                WHAT,
                "off: our role may not create the schema latchkey_lab",
                "create that schema for the role, or set LATCHKEY_LAB=false",
            ),
            Err(error) => Finding::warning(WHAT, format!("cannot check its schema: {error}"), ""),
        }]
    }
}
