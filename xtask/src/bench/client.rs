//! What a browser or a program sends, by hand.

use anyhow::{Context, Result};
use ureq::{
    Agent, Body, RequestBuilder,
    http::Response,
    typestate::{WithBody, WithoutBody},
};

pub const SESSION: &str = "__Host-session";
pub const ACCESS: &str = "__Host-access";
/// Names the browser to the accounts that have logged in from it.
pub const DEVICE: &str = "__Host-device";

/// Keeps its connections.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    pub url: String,
    /// What the server is known by: it refuses every other name.
    host: String,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
    cookies: Vec<String>,
    pub retry_after: Option<u64>,
}

impl Client {
    /// `known_as`: the base URL of the server.
    pub fn new(url: &str, known_as: &str) -> Self {
        // Whatever the status, and wherever it leads: who asks looks at it.
        let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
        Self { agent, url: url.to_owned(), host: known_as.trim_start_matches("http://").to_owned() }
    }

    /// `cookie`: the header; empty for none.
    pub fn get(&self, path: &str, cookie: &str) -> Result<Answer> {
        let request = self.ask(path).header("accept", "text/html");
        read(if cookie.is_empty() { request } else { request.header("cookie", cookie) }.call()?)
    }

    /// With an access token.
    pub fn call(&self, path: &str, token: &str) -> Result<Answer> {
        read(self.ask(path).header("authorization", format!("Bearer {token}")).call()?)
    }

    /// As a program that sends a form: the answer is data.
    pub fn post_form(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Result<Answer> {
        let request = self.send(path).header("accept", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        read(request.send_form(fields.iter().copied())?)
    }

    pub fn post_json(&self, path: &str, token: &str, body: &str) -> Result<Answer> {
        let request = self.send(path).header("content-type", "application/json");
        read(request.header("authorization", format!("Bearer {token}")).send(body)?)
    }

    fn ask(&self, path: &str) -> RequestBuilder<WithoutBody> {
        self.agent.get(format!("{}{path}", self.url)).header("host", &self.host)
    }

    fn send(&self, path: &str) -> RequestBuilder<WithBody> {
        self.agent.post(format!("{}{path}", self.url)).header("host", &self.host)
    }
}

fn read(mut response: Response<Body>) -> Result<Answer> {
    let text = |name: &str| {
        let values = response.headers().get_all(name).into_iter();
        values.filter_map(|value| Some(value.to_str().ok()?.to_owned())).collect::<Vec<_>>()
    };
    let (cookies, retry_after) = (text("set-cookie"), text("retry-after").first().and_then(|value| value.parse().ok()));
    let body = response.body_mut().read_to_string()?;
    Ok(Answer { status: response.status().as_u16(), body, cookies, retry_after })
}

impl Answer {
    /// The value of a cookie that was set.
    pub fn cookie(&self, name: &str) -> Result<String> {
        let mut values =
            self.cookies.iter().filter_map(|line| line.split(';').next()?.strip_prefix(name)?.strip_prefix('='));
        values
            .next_back()
            .map(str::to_owned)
            .with_context(|| format!("{}: no cookie {name}: {}", self.status, self.body))
    }
}
