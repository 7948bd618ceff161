//! What the finder of a page works with, and what it answers: who may see the page is its first line. Its errors are shown
//! in place of the page. Server side.

use axum::{
    extract::Query,
    http::{StatusCode, Uri, request::Parts},
};
use leptos::prelude::*;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    auth::{
        app::App,
        links,
        sessions::guard::{Administrator, LoggedIn, Overseer},
    },
    base::error::AppError,
    ui::{draw::Content, refused::Refused},
    web::{caller::ip_of, link_cookie, local_path::LocalPath, page, problem::status_of},
};

/// Where a request for a page leads.
pub enum Found {
    /// Made when everything around it is there.
    View(StatusCode, Content),
    Elsewhere(String),
}

/// The page is this view.
pub fn shows<V: IntoView + 'static>(view: impl FnOnce() -> V + Send + 'static) -> Result<Found, AppError> {
    Ok(Found::View(StatusCode::OK, Content::new(view)))
}

pub fn elsewhere(path: &str) -> Result<Found, AppError> {
    Ok(Found::Elsewhere(path.to_owned()))
}

/// What stands in place of the page.
impl From<AppError> for Found {
    fn from(error: AppError) -> Self {
        instead(error, |error| view! { <Refused error /> })
    }
}

fn instead<V: IntoView + 'static>(error: AppError, view: impl FnOnce(AppError) -> V + Send + 'static) -> Found {
    Found::View(status_of(&error), Content::new(move || view(error)))
}

/// What may stand in the address of a page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub next: String,
    pub with: String,
    pub before: String,
    pub event: String,
}

/// A request for a page.
pub struct PageRequest {
    pub app: App,
    pub someone: Option<LoggedIn>,
    pub asked: Asked,
    /// The token of the link from a mail that this browser opened last.
    pub link: Option<String>,
    pub parts: Parts,
}

impl PageRequest {
    pub fn new(app: &App, parts: Parts) -> Self {
        Self {
            app: app.clone(),
            someone: parts.extensions.get().cloned(),
            asked: asked(&parts.uri),
            link: link_cookie::token(&parts.headers, &app.state.config),
            parts,
        }
    }

    pub fn user(&self) -> Result<&LoggedIn, AppError> {
        self.someone.as_ref().ok_or(AppError::NotLoggedIn)
    }

    /// For pages that show what must not be left on a screen.
    pub fn fresh_user(&self) -> Result<&LoggedIn, AppError> {
        self.user().and_then(|user| if user.is_fresh(&self.app.state) { Ok(user) } else { Err(AppError::ProofNeeded) })
    }

    /// For pages that show administration to read.
    pub async fn overseer(&self) -> Result<Overseer, AppError> {
        let overseer = Overseer::check(self.user()?.clone(), &self.app.state)?;
        overseer.note_reading(&self.app.state).await?;
        Ok(overseer)
    }

    /// For pages that are nothing but the way to an act.
    pub fn administrator(&self) -> Result<Administrator, AppError> {
        Administrator::check_fresh(self.user()?.clone(), &self.app.state)
    }

    pub fn visitors_only<V: IntoView + 'static>(
        &self,
        view: impl FnOnce() -> V + Send + 'static,
    ) -> Result<Found, AppError> {
        match self.someone {
            None => shows(view),
            Some(_) => self.go_on(),
        }
    }

    /// To the page that was wanted first.
    pub fn go_on(&self) -> Result<Found, AppError> {
        elsewhere(LocalPath::parse_or_dashboard(Some(&self.asked.next)).as_str())
    }

    /// What a link from a mail shows, with the link's [name](links::name_of), or what stands there where it is dead.
    /// Whoever brings one that is not live guesses, here as with the act behind it.
    pub async fn behind_link<'a, F, T: Send + 'static, V: IntoView + 'static, D: IntoView + 'static>(
        &'a self,
        find: impl FnOnce(&'a str) -> F,
        view: impl FnOnce(T, String) -> V + Send + 'static,
        dead: impl FnOnce(AppError) -> D + Send + 'static,
    ) -> Result<Found, AppError>
    where
        F: Future<Output = Result<T, AppError>>,
    {
        let found = match &self.link {
            None => Err(AppError::LinkDead),
            Some(token) => {
                let tried = self.app.throttle.admit_link(&ip_of(&self.parts, &self.app.state.config)).await?;
                tried.keep_if_dead(find(token).await).await.map(|found| (found, links::name_of(token)))
            }
        };
        match found {
            Ok((found, link)) => shows(move || view(found, link)),
            // The form that led here was told why: the link that it was for is not the one of this browser any more.
            Err(AppError::LinkDead) if self.was_of_other_link() => Ok(instead(AppError::OtherLink, dead)),
            Err(AppError::LinkDead) => Ok(instead(AppError::LinkDead, dead)),
            Err(error) => Err(error),
        }
    }

    fn was_of_other_link(&self) -> bool {
        self.parts.extensions.get::<page::Refused>().is_some_and(|refused| refused.error == AppError::OtherLink)
    }

    /// What this page alone understands in its address; what it does not is as if it were not there.
    pub fn asked<T: DeserializeOwned + Default>(&self) -> T {
        asked(&self.parts.uri)
    }

    /// The last part of the address, where the page has one that varies.
    pub fn id(&self) -> &str {
        self.parts.uri.path().rsplit('/').next().unwrap_or_default()
    }

    /// The last part but one.
    pub fn id_above(&self) -> &str {
        self.parts.uri.path().rsplit('/').nth(1).unwrap_or_default()
    }
}

fn asked<T: DeserializeOwned + Default>(uri: &Uri) -> T {
    // No text in the database has a zero byte.
    if uri.query().is_some_and(|query| query.contains("%00")) {
        return T::default();
    }
    as_typed(uri)
}

/// As [`PageRequest::asked`], for who says what is wrong with it.
pub fn as_typed<T: DeserializeOwned + Default>(uri: &Uri) -> T {
    Query::try_from_uri(uri).map(|Query(asked)| asked).unwrap_or_default()
}
