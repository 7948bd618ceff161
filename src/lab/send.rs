//! Sends what a demo browser asks through all layers of the world, keeps the cookies, and shows what was sent. Server side.

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
    http::{Request, header, response},
};
use tower::ServiceExt;
use tracing::{Instrument, instrument::WithSubscriber};

use super::{
    Exchange,
    browser::{Answer, Ask, Browser},
    world::{ADMIN_EMAIL, Lab},
};
use crate::{
    base::{error::AppError, state::Stopwatch},
    web::cookies::Name,
};

/// A page is not shown whole.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// An administrator's act needs a proof of identity that is at most ten minutes old.
const FRESH_MS: i64 = 5 * 60_000;

impl Lab {
    /// The administrator's browser, logged in a moment ago or lately enough for every act.
    ///
    /// # Errors
    /// When the log-in fails.
    pub async fn administrator(&self) -> Result<Browser, AppError> {
        let mut browser = self.admin.lock().await;
        if !browser.is_fresh(self) {
            *browser = Browser::of_the_administrator();
            browser.log_in(self, ADMIN_EMAIL).await?;
        }
        Ok(browser.clone())
    }
}

impl Browser {
    /// Logs in, and opens the first page, which brings the access token along.
    ///
    /// # Errors
    /// [`AppError::Busy`] when it was refused.
    pub async fn log_in(&mut self, lab: &Lab, email: &str) -> Result<(Exchange, Exchange), AppError> {
        let ask = Ask::action("log_in", &[("email", email), ("password", &lab.password)]);
        let (logged_in, shown) = self.send(lab, ask).await?;
        if logged_in.status != 200 && logged_in.status != 303 {
            tracing::warn!(status = logged_in.status, "a log-in in the Lab was refused");
            return Err(AppError::Busy);
        }
        self.logged_in_at = lab.state.clock.now_ms();
        let (_, page) = self.send(lab, Ask::page("/dashboard")).await?;
        Ok((shown, page))
    }

    /// Whether the log-in is so new that every act may follow.
    pub fn is_fresh(&self, lab: &Lab) -> bool {
        lab.state.clock.now_ms() - self.logged_in_at < FRESH_MS && self.session(lab).is_some()
    }

    /// The secret of the session.
    pub fn session(&self, lab: &Lab) -> Option<&str> {
        self.cookie(lab, Name::Session)
    }

    /// The access token.
    pub fn token(&self, lab: &Lab) -> Option<&str> {
        self.cookie(lab, Name::Access)
    }

    fn cookie(&self, lab: &Lab, name: Name) -> Option<&str> {
        self.cookies.get(name.full(lab.state.config.insecure_cookies)).map(String::as_str)
    }

    /// Sends a request through all layers of the world, and keeps the cookies of the answer.
    ///
    /// # Errors
    /// When it cannot be made or its answer cannot be read.
    pub async fn send(&mut self, lab: &Lab, ask: Ask) -> Result<(Answer, Exchange), AppError> {
        let answer = self.ask(lab, &ask).await?;
        // Before the cookies change: it is the request that was sent.
        let shown = self.show(lab, &ask, &answer);
        for value in answer.headers.get_all(header::SET_COOKIE) {
            self.keep(value.to_str().unwrap_or_default());
        }
        Ok((answer, shown))
    }

    /// As [`Self::send`], and keeps no cookie: for what is asked many times.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn ask(&self, lab: &Lab, ask: &Ask) -> Result<Answer, AppError> {
        let request = self.request(lab, ask)?;
        let _place = lab.requests.acquire().await.map_err(|_| AppError::Busy)?;
        let watch = Stopwatch::start();
        let app = if ask.earlier { &lab.earlier } else { &lab.app };
        let answered = answer(app.clone(), request).instrument(tracing::info_span!("lab")).with_current_subscriber();
        let (parts, body) = tokio::spawn(answered).await??;
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            microseconds: watch.elapsed_us(),
        })
    }

    /// The request as it goes out.
    ///
    /// # Errors
    /// When a header cannot be sent.
    pub fn request(&self, lab: &Lab, ask: &Ask) -> Result<Request<Body>, AppError> {
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(&ask.path)
            .header(header::HOST, host(lab))
            .header(header::USER_AGENT, &self.user_agent)
            .header(header::ACCEPT, ask.accept);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if ask.cookies && !self.cookies.is_empty() {
            request = request.header(header::COOKIE, self.cookie_line());
        }
        let mut request = request.body(Body::from(ask.body.clone())).map_err(|_| AppError::BadRequest)?;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.ip, 40_000)));
        Ok(request)
    }

    fn cookie_line(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, set_cookie: &str) {
        let Some((pair, attributes)) = set_cookie.split_once(';') else { return };
        let Some((name, value)) = pair.split_once('=') else { return };
        if attributes.contains("Max-Age=0") || value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// What the page shows of it. No secret is in it: sessions and tokens are named by their first letters.
    fn show(&self, lab: &Lab, ask: &Ask, answer: &Answer) -> Exchange {
        let mut request = vec![format!("{} {}", ask.method, ask.path)];
        request.extend(ask.headers.iter().map(|(name, value)| format!("{}: {}", title(name), masked(value))));
        if ask.cookies {
            let ours = [Name::Session, Name::Access].map(|name| name.full(lab.state.config.insecure_cookies));
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .filter(|(name, _)| ours.contains(&name.as_str()))
                .map(|(name, value)| format!("{name}={}", masked_secret(value)))
                .collect();
            if !pairs.is_empty() {
                request.push(format!("Cookie: {}", pairs.join("; ")));
            }
        }
        if !ask.body.is_empty() {
            request.push(String::new());
            request.push(ask.body.replace(&lab.password, "…"));
        }
        Exchange { request, status: answer.status, answer: answer.shown(), microseconds: answer.microseconds }
    }
}

impl Answer {
    /// The value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn shown(&self) -> Vec<String> {
        let mut lines = vec![status_line(self.status)];
        for name in ["content-type", "location", "www-authenticate", "retry-after"] {
            let value = self.header(name);
            if !value.is_empty() {
                lines.push(format!("{}: {value}", title(name)));
            }
        }
        for value in self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            lines.push(format!("Set-Cookie: {}", masked_cookie(value)));
        }
        let is_page = self.header("content-type").starts_with("text/html");
        if is_page {
            lines.extend([String::new(), format!("(a page of {} bytes)", self.body.len())]);
        } else if !self.body.is_empty() {
            lines.extend([String::new(), self.body.chars().take(800).collect()]);
        }
        lines
    }
}

/// In a task of its own: an action of the world makes contexts of its own, and the action that asks here would find
/// those, or none, in place of its own afterwards.
async fn answer(app: Router, request: Request<Body>) -> Result<(response::Parts, Bytes), AppError> {
    let response = match app.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    Ok((parts, to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| AppError::internal())?))
}

fn status_line(status: u16) -> String {
    let reason = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    format!("{status} {}", reason.unwrap_or_default()).trim_end().to_owned()
}

/// `content-type` as people write it.
fn title(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

/// Long texts without a space are secrets here, whole or in parts: the first letters of each part tell which one it is.
fn masked(text: &str) -> String {
    const LONG: usize = 16;
    let words = text.split(' ').map(|word| {
        let parts: Vec<String> = word.split('.').map(|part| first_letters(part, LONG)).collect();
        if word.len() > LONG && !word.contains('/') { parts.join(".") } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What is in a cookie is a secret, however short.
fn masked_secret(value: &str) -> String {
    let parts: Vec<String> = value.split('.').map(|part| first_letters(part, 0)).collect();
    parts.join(".")
}

fn first_letters(part: &str, long: usize) -> String {
    if part.chars().count() > long / 2 { part.chars().take(6).chain(['…']).collect() } else { part.to_owned() }
}

fn masked_cookie(line: &str) -> String {
    match line.split_once(';') {
        Some((pair, attributes)) => match pair.split_once('=') {
            Some((name, value)) => format!("{name}={};{attributes}", masked_secret(value)),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    }
}

fn host(lab: &Lab) -> String {
    let issuer = lab.state.config.issuer();
    issuer.split_once("://").map_or(issuer.clone(), |(_, host)| host.to_owned())
}
