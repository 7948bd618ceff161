//! How a demo user's browser asks: whole requests, through all layers of the Lab's world; and what the page shows of them: no
//! secret. Server side.

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
    http::{Request, StatusCode, header, response},
};
use tower::ServiceExt;
use tracing::{Dispatch, Instrument, Level, dispatcher, instrument::WithSubscriber};

use super::{
    Exchange,
    browser::{Answer, Ask, Browser},
    world::Lab,
};
use crate::{
    base::{error::AppError, state::Stopwatch},
    web::cookies::Name,
};

/// A page is not shown whole.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// An administrator's action needs a password that was entered at most ten minutes ago.
const FRESH_MS: i64 = 5 * 60_000;

impl Browser {
    /// Logs in, and opens the first page, which brings the access token along.
    pub async fn log_in(&mut self, lab: &Lab) -> Result<(), AppError> {
        let fields = [("email", &*self.email), ("password", &lab.password)];
        let logged_in = self.send(lab, &Ask::action("log_in", &fields)).await?;
        if logged_in.status != 200 && logged_in.status != 303 {
            tracing::warn!(status = logged_in.status, "a login in the Lab was refused");
            return Err(AppError::Busy);
        }
        self.send(lab, &Ask::page("/dashboard")).await?;
        Ok(())
    }

    pub fn session(&self, lab: &Lab) -> Option<&str> {
        self.cookie(lab, Name::Session)
    }

    pub fn token(&self, lab: &Lab) -> Option<&str> {
        self.cookie(lab, Name::Access)
    }

    fn cookie(&self, lab: &Lab, name: Name) -> Option<&str> {
        self.cookies.get(name.full(lab.state.config.insecure_cookies)).map(String::as_str)
    }

    /// Keeps the cookies of the answer.
    pub async fn send(&mut self, lab: &Lab, ask: &Ask) -> Result<Answer, AppError> {
        let answer = self.ask(lab, ask).await?;
        self.keep(&answer);
        Ok(answer)
    }

    /// Keeps no cookie: for what is asked many times.
    pub async fn ask(&self, lab: &Lab, ask: &Ask) -> Result<Answer, AppError> {
        let request = self.request(lab, ask)?;
        let _place = lab.requests.acquire().await.map_err(|_| AppError::Busy)?;
        let watch = Stopwatch::start();
        let router = if ask.earlier { &lab.earlier } else { &lab.router };
        // Who turns the log of this module off turns off that of what it asks for.
        let is_logged = tracing::enabled!(Level::ERROR);
        let log = if is_logged { dispatcher::get_default(Dispatch::clone) } else { Dispatch::none() };
        let answered = answer(router.clone(), request).instrument(tracing::info_span!("lab")).with_subscriber(log);
        // In a task of its own: an action of the world makes contexts of its own, and the action that asks here would find
        // those, or none, in place of its own afterwards.
        let (parts, body) = tokio::spawn(answered).await??;
        let (status, microseconds) = (parts.status.as_u16(), watch.elapsed_us());
        Ok(Answer { status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned(), microseconds })
    }

    pub fn request(&self, lab: &Lab, ask: &Ask) -> Result<Request<Body>, AppError> {
        let (_, host) = lab.state.site.issuer.split_once("://").unwrap_or_default();
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(&ask.path)
            .header(header::HOST, host)
            .header(header::USER_AGENT, &self.user_agent)
            .header(header::ACCEPT, ask.accept);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if ask.cookies && !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        let mut request = request.body(Body::from(ask.body.clone())).map_err(|_| AppError::BadRequest)?;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.ip, 40_000)));
        Ok(request)
    }

    /// Before the cookies of the answer are kept: it is the request that was sent.
    pub fn show(&self, lab: &Lab, ask: &Ask, answer: &Answer) -> Exchange {
        let mut request = vec![format!("{} {}", ask.method, ask.path)];
        request.extend(ask.headers.iter().map(|(name, value)| match value.strip_prefix("Bearer ") {
            Some(token) => format!("{name}: Bearer {}", masked(token)),
            None => format!("{name}: {value}"),
        }));
        let named = [Name::Session, Name::Access].map(|name| name.full(lab.state.config.insecure_cookies));
        let sent = self.cookies.iter().filter(|(name, _)| ask.cookies && named.contains(&name.as_str()));
        let sent: Vec<String> = sent.map(|(name, value)| format!("{name}={}", masked(value))).collect();
        if !sent.is_empty() {
            request.push(format!("cookie: {}", sent.join("; ")));
        }
        if !ask.body.is_empty() {
            request.extend([String::new(), ask.body.replace(&lab.password, "…")]);
        }
        let (status, microseconds) = (answer.status, answer.microseconds);
        Exchange { request: request.join("\n"), status, answer: shown(answer), microseconds }
    }
}

fn shown(answer: &Answer) -> String {
    let reason = StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    let mut lines = vec![format!("{} {}", answer.status, reason.unwrap_or_default()).trim_end().to_owned()];
    let headers = ["content-type", "location", "www-authenticate", "retry-after"];
    let headers = headers.map(|name| (name, answer.header(name))).into_iter().filter(|(_, value)| !value.is_empty());
    lines.extend(headers.map(|(name, value)| format!("{name}: {value}")));
    lines.extend(answer.set_cookies().map(|mut cookie| {
        cookie.set_value(masked(cookie.value()));
        format!("set-cookie: {cookie}")
    }));
    if answer.header("content-type").starts_with("text/html") {
        lines.extend([String::new(), format!("(a page of {} bytes)", answer.body.len())]);
    } else if !answer.body.is_empty() {
        lines.extend([String::new(), answer.body.chars().take(800).collect()]);
    }
    lines.join("\n")
}

/// The first letters of each part of a secret tell which one it is.
fn masked(secret: &str) -> String {
    let part = |part: &str| if part.is_empty() { String::new() } else { beginning(part, 6) };
    secret.split('.').map(part).collect::<Vec<_>>().join(".")
}

pub fn beginning(text: &str, letters: usize) -> String {
    text.chars().take(letters).chain(['…']).collect()
}

impl Lab {
    /// The administrator's browser, logged in lately enough for every action.
    pub async fn administrator(&self) -> Result<Browser, AppError> {
        let mut admin = self.admin.lock().await;
        if let Some((browser, logged_in_at)) = &*admin
            && self.now_ms() - logged_in_at < FRESH_MS
        {
            return Ok(browser.clone());
        }
        let mut browser = Browser::of_the_administrator();
        browser.log_in(self).await?;
        *admin = Some((browser.clone(), self.now_ms()));
        Ok(browser)
    }
}

async fn answer(router: Router, request: Request<Body>) -> Result<(response::Parts, Bytes), AppError> {
    let Ok(response) = router.oneshot(request).await;
    let (parts, body) = response.into_parts();
    Ok((parts, to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| AppError::internal())?))
}
