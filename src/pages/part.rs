//! What a part of the product hands in that can be taken out, or that you add. Nothing else knows it: `cli/parts.rs` lists
//! the parts. Server side.

use std::{any::Any, ops::Deref, sync::Arc};

use async_trait::async_trait;
use axum::routing::MethodRouter;

use serde_json::Value;
use tokio::task::JoinHandle;

use super::request::{Found, PageRequest};
use crate::{
    auth::{app::App, tokens::keys::Keys},
    base::{config::Config, error::AppError, finding::Finding, metrics::Metrics, state::AppState},
    ui::{draw::Content, part_links::PartLink},
};

/// Addresses, each with the methods that it takes.
pub type Routes = Vec<(&'static str, MethodRouter<Arc<AppState>>)>;

/// Each method is a place where the product asks its parts. A part answers those that concern it.
#[async_trait]
pub trait Part: Any + Send + Sync {
    /// Addresses of pages.
    fn pages(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the page at one of these addresses shows.
    async fn find(&self, _page: &PageRequest, _path: &str) -> Result<Found, AppError> {
        Err(AppError::NotFound)
    }

    /// Routes of the API, authenticated by the access token.
    fn api(&self) -> Routes {
        Vec::new()
    }

    /// Routes beside the pages, which know the session.
    fn routes(&self) -> Routes {
        Vec::new()
    }

    /// Routes for programs: no cookie is read there, and any site may call them.
    fn open(&self) -> Routes {
        Vec::new()
    }

    /// Links in pages of others.
    fn links(&self) -> &'static [PartLink] {
        &[]
    }

    /// Puts into the context what its views and actions ask for.
    fn provide_contexts(&self) {}

    /// Whenever the database was opened and is up to date.
    async fn prepare(&self, _state: &AppState) -> Result<(), String> {
        Ok(())
    }

    /// For `latchkey migrate`, as the role that owns the database: brings up to date what it has beside our tables.
    async fn migrate(&self, _state: &AppState) -> Result<(), String> {
        Ok(())
    }

    /// Before the server answers: opens what it needs, and begins its work on a schedule. The tasks are stopped with
    /// the server.
    async fn start(&self, _app: &App, _keys: &Keys, _metrics: &Metrics) -> Vec<JoinHandle<()>> {
        Vec::new()
    }

    /// After its tasks have ended.
    async fn stop(&self) {}

    /// The name of the list of what it keeps of a person, in the file that they download. `None`: it keeps nothing.
    fn list(&self) -> Option<&'static str> {
        None
    }

    /// The next rows of that list behind the one of this id, in the order of the ids; each with its own.
    async fn rows(&self, _state: &AppState, _user_id: &str, _after: &str) -> Result<Vec<(String, Value)>, AppError> {
        Ok(Vec::new())
    }

    /// What it adds to the page of a user's devices.
    async fn devices(&self, _page: &PageRequest) -> Result<Option<Content>, AppError> {
        Ok(None)
    }

    /// Connections to PostgreSQL that it takes besides ours.
    fn connections(&self, _config: &Config) -> i64 {
        0
    }

    /// What `latchkey doctor` says of it.
    async fn examine(&self, _state: &AppState) -> Vec<Finding> {
        Vec::new()
    }
}

/// All parts of a server, in their order. Cheap to clone.
#[derive(Clone, Default)]
pub struct Parts(pub Arc<[Arc<dyn Part>]>);

impl Parts {
    pub async fn find(&self, page: &PageRequest, path: &str) -> Result<Found, AppError> {
        match self.iter().find(|part| part.pages().contains(&path)) {
            Some(part) => part.find(page, path).await,
            None => Err(AppError::NotFound),
        }
    }

    /// The part of this type, where it is there.
    #[cfg(test)]
    pub fn get<P: Part>(&self) -> Option<&P> {
        self.iter().find_map(|part| (&**part as &dyn Any).downcast_ref())
    }
}

impl Deref for Parts {
    type Target = [Arc<dyn Part>];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
