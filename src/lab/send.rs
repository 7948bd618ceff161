//! How a demo user's browser asks: whole requests, through all layers of the Lab's world. Server side.

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

/// An administrator's action needs a password that was entered at most ten minutes ago.
const FRESH_MS: i64 = 5 * 60_000;

impl Browser {
    /// Logs in, and opens the first page, which brings the access token along.
    pub async fn log_in(&mut self, lab: &Lab, email: &str) -> Result<(), AppError> {
        let ask = Ask::action("log_in", &[("email", email), ("password", &lab.password)]);
        let (logged_in, _) = self.send(lab, ask).await?;
        if logged_in.status != 200 && logged_in.status != 303 {
            tracing::warn!(status = logged_in.status, "a login in the Lab was refused");
            return Err(AppError::Busy);
        }
        self.logged_in_at = lab.state.clock.now_ms();
        self.send(lab, Ask::page("/dashboard")).await?;
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
    pub async fn send(&mut self, lab: &Lab, ask: Ask) -> Result<(Answer, Exchange), AppError> {
        let answer = self.ask(lab, &ask).await?;
        // Before the cookies change: it is the request that was sent.
        let shown = self.show(lab, &ask, &answer);
        self.keep(&answer);
        Ok((answer, shown))
    }

    /// Keeps no cookie: for what is asked many times.
    pub async fn ask(&self, lab: &Lab, ask: &Ask) -> Result<Answer, AppError> {
        let request = self.request(lab, ask)?;
        let _place = lab.requests.acquire().await.map_err(|_| AppError::Busy)?;
        let watch = Stopwatch::start();
        let app = if ask.earlier { &lab.earlier } else { &lab.app };
        let answered = answer(app.clone(), request).instrument(tracing::info_span!("lab")).with_current_subscriber();
        // In a task of its own: an action of the world makes contexts of its own, and the action that asks here would find
        // those, or none, in place of its own afterwards.
        let (parts, body) = tokio::spawn(answered).await??;
        let (status, microseconds) = (parts.status.as_u16(), watch.elapsed_us());
        Ok(Answer { status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned(), microseconds })
    }

    pub fn request(&self, lab: &Lab, ask: &Ask) -> Result<Request<Body>, AppError> {
        let issuer = lab.state.config.issuer();
        let host = issuer.split_once("://").map_or(&*issuer, |(_, host)| host);
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

    fn show(&self, lab: &Lab, ask: &Ask, answer: &Answer) -> Exchange {
        let named = [Name::Session, Name::Access].map(|name| name.full(lab.state.config.insecure_cookies));
        let sent = self.cookies.iter().filter(|(name, _)| ask.cookies && named.contains(&name.as_str()));
        let request = ask.shown(&sent.collect::<Vec<_>>(), &lab.password);
        Exchange { request, status: answer.status, answer: answer.shown(), microseconds: answer.microseconds }
    }
}

impl Lab {
    /// The administrator's browser, logged in lately enough for every action.
    pub async fn administrator(&self) -> Result<Browser, AppError> {
        let mut browser = self.admin.lock().await;
        let age_ms = self.state.clock.now_ms() - browser.logged_in_at;
        if age_ms >= FRESH_MS || browser.session(self).is_none() {
            *browser = Browser::of_the_administrator();
            browser.log_in(self, ADMIN_EMAIL).await?;
        }
        Ok(browser.clone())
    }
}

async fn answer(app: Router, request: Request<Body>) -> Result<(response::Parts, Bytes), AppError> {
    let response = match app.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    Ok((parts, to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| AppError::internal())?))
}
