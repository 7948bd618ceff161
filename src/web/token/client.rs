//! Call the API from the browser: renew before the token dies and once after a 401, one renewal at a time. The token
//! itself is never seen here; it is in an HttpOnly cookie.

use std::sync::Arc;

use futures::lock::Mutex;
use gloo_net::http::{Method, RequestBuilder};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use web_sys::RequestCredentials;

use super::{EXPECTED_USER, TokenAnswer};
use crate::{auth::revocations::EndReason, web::refusal::Refusal};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The session is over; `None` when nothing is known about how.
    LoggedOut(Option<EndReason>),
    /// Someone else has logged in in this browser since the page was made.
    OtherUser,
    /// No answer came.
    Offline,
    /// The API refused, with this status; the body is for whom it may concern.
    Refused { status: u16, problem: Refusal, body: String },
}

impl Trouble {
    /// What to tell the person.
    pub fn sentence(&self) -> String {
        match self {
            Self::LoggedOut(Some(reason)) => reason.sentence().into(),
            Self::LoggedOut(None) => "You're logged out.".into(),
            Self::OtherUser => "Someone else is now logged in in this browser, so nothing was saved.".into(),
            Self::Offline => "We couldn't reach the server. Check your connection and try again.".into(),
            Self::Refused { status: 500.., .. } => "The server couldn't do this. Try again in a moment.".into(),
            Self::Refused { status: 413, .. } => "This is too long for the server. Shorten it and try again.".into(),
            Self::Refused { status, problem, .. } if problem.detail.is_empty() => {
                format!("The server refused this (status {status}). Try again in a moment.")
            }
            Self::Refused { problem, .. } => problem.detail.clone(),
        }
    }
}

/// The life of the token, as the panel shows it.
#[derive(Clone, Copy, Default)]
pub struct TokenState {
    /// Milliseconds since the epoch, by this browser's clock; 0 when nothing is known.
    pub expires_at: RwSignal<f64>,
    pub renewals: RwSignal<u32>,
    /// "GET /api/v1/notes → 200".
    pub last_answer: RwSignal<String>,
}

/// The API with the access token of this browser. Copy it around.
#[derive(Clone, Copy)]
pub struct ApiClient {
    pub token: TokenState,
    /// Whom this page was made for.
    user_id: StoredValue<String>,
    /// One renewal at a time in this tab; other tabs may renew too, which does no harm.
    renewing: StoredValue<Arc<Mutex<()>>>,
}

/// A token with less than this left is renewed before the call, in milliseconds.
const RENEW_BEFORE_MS: f64 = 15_000.0;

/// One request, which can be sent twice.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    if_match: Option<String>,
    key: Option<String>,
    body: Option<String>,
}

impl Call {
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), if_match: None, key: None, body: None }
    }

    #[must_use]
    pub fn if_version(mut self, version: i64) -> Self {
        self.if_match = Some(format!("\"{version}\""));
        self
    }

    /// The server does it once for each key.
    #[must_use]
    pub fn once(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_string(body).ok();
        self
    }
}

impl ApiClient {
    /// `user_id`: whom the page was made for. `seconds_left`: what the page's own token has left, if the page came with one.
    pub fn new(user_id: String, seconds_left: Option<i64>) -> Self {
        let token = TokenState::default();
        Effect::new(move |_| {
            if let Some(seconds) = seconds_left.filter(|seconds| *seconds > 0) {
                token.expires_at.set(js_sys::Date::now() + seconds_as_ms(seconds));
            }
        });
        Self { token, user_id: StoredValue::new(user_id), renewing: StoredValue::new(Arc::new(Mutex::new(()))) }
    }

    /// Sends a call and reads its JSON answer (`()` where there is none).
    ///
    /// # Errors
    /// [`Trouble`], after one renewal and one more try where the token was the reason.
    pub async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<T, Trouble> {
        if self.token.expires_at.get_untracked() - js_sys::Date::now() < RENEW_BEFORE_MS {
            self.renew().await?;
        }
        let before = self.token.renewals.get_untracked();
        let (mut status, mut body) = self.fetch(&call).await?;
        if status == 401 {
            self.renew_since(before).await?;
            (status, body) = self.fetch(&call).await?;
        }
        match status {
            200..300 => {
                let text = if body.is_empty() { "null" } else { &body };
                serde_json::from_str(text).map_err(|_| refused(status, &body))
            }
            401 => Err(Trouble::LoggedOut(None)),
            _ => Err(refused(status, &body)),
        }
    }

    /// Asks for a new token with the session.
    ///
    /// # Errors
    /// [`Trouble::LoggedOut`] with the reason when the session is over.
    pub async fn renew(&self) -> Result<(), Trouble> {
        self.renew_since(self.token.renewals.get_untracked()).await
    }

    /// Renews unless someone did since the count stood at `before`.
    async fn renew_since(&self, before: u32) -> Result<(), Trouble> {
        let renewing = self.renewing.get_value();
        let _one_at_a_time = renewing.lock().await;
        if self.token.renewals.get_untracked() != before {
            return Ok(());
        }
        let call = Call::new(Method::POST, "/api/v1/token");
        let (mut status, mut body) = self.fetch(&call).await?;
        if status == 409 && problem(&body).code == "session_renewed" {
            // Another tab confirmed the password at this moment; its cookie is here by now.
            (status, body) = self.fetch(&call).await?;
        }
        match (status, serde_json::from_str::<TokenAnswer>(&body)) {
            (200, Ok(answer)) => {
                self.token.expires_at.set(js_sys::Date::now() + seconds_as_ms(answer.expires_in));
                self.token.renewals.update(|count| *count += 1);
                Ok(())
            }
            (401, _) => {
                self.token.expires_at.set(0.0);
                Err(Trouble::LoggedOut(problem(&body).reason))
            }
            _ => Err(refused(status, &body)),
        }
    }

    /// Status and body of the answer.
    async fn fetch(&self, call: &Call) -> Result<(u16, String), Trouble> {
        let mut request = RequestBuilder::new(&call.path)
            .method(call.method.clone())
            .credentials(RequestCredentials::SameOrigin)
            .header("accept", "application/json")
            .header(EXPECTED_USER, &self.user_id.get_value());
        if let Some(version) = &call.if_match {
            request = request.header("if-match", version);
        }
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        let request = match &call.body {
            Some(body) => request.header("content-type", "application/json").body(body.clone()),
            None => request.build(),
        };
        let answer = request.map_err(|_| Trouble::Offline)?.send().await;
        let said = answer.as_ref().map_or_else(|_| "no answer".to_owned(), |response| response.status().to_string());
        let path = call.path.split('?').next().unwrap_or_default();
        self.token.last_answer.set(format!("{} {path} → {said}", call.method));
        let response = answer.map_err(|_| Trouble::Offline)?;
        Ok((response.status(), response.text().await.map_err(|_| Trouble::Offline)?))
    }
}

fn refused(status: u16, body: &str) -> Trouble {
    let problem = problem(body);
    if problem.code == "other_user" {
        return Trouble::OtherUser;
    }
    Trouble::Refused { status, problem, body: body.to_owned() }
}

fn problem(body: &str) -> Refusal {
    serde_json::from_str(body).unwrap_or_default()
}

/// At most 900 seconds: no digit is lost.
fn seconds_as_ms(seconds: i64) -> f64 {
    f64::from(i32::try_from(seconds).unwrap_or(i32::MAX)) * 1000.0
}
