//! A browser of a demo user: what it holds, what it asks, what it is answered, and what the page shows of that: no secret.
//! Server side.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use axum::http::{HeaderMap, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// A copy of it is what a thief has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    pub user_agent: String,
    pub ip: IpAddr,
    /// Milliseconds since the epoch; 0 for never.
    pub logged_in_at: i64,
}

#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    /// Beside Host, User-Agent, Accept and Cookie.
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub accept: &'static str,
    pub cookies: bool,
    /// Sent to the world of a while ago; see [`Parts::earlier`](super::world::Parts::earlier).
    pub earlier: bool,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    pub microseconds: u64,
}

impl Ask {
    pub fn page(path: &str) -> Self {
        Self::new(Method::GET, path, "text/html")
    }

    /// A call of the API from our own page.
    pub fn api(method: Method, path: &str) -> Self {
        Self::new(method, path, "application/json").with("sec-fetch-site", "same-origin")
    }

    pub fn renewal() -> Self {
        Self::api(Method::POST, "/api/v1/token")
    }

    /// The form of an action, as our own script sends it.
    pub fn action(name: &str, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let ask = Self::api(Method::POST, &format!("/actions/{name}"));
        Self { body, ..ask.with("content-type", "application/x-www-form-urlencoded") }
    }

    /// A call with this token in the header, and no cookie.
    pub fn bearer(method: Method, path: &str, token: &str) -> Self {
        let ask = Self::new(method, path, "application/json").with("authorization", &format!("Bearer {token}"));
        Self { cookies: false, ..ask }
    }

    fn new(method: Method, path: &str, accept: &'static str) -> Self {
        let (path, headers, body) = (path.to_owned(), Vec::new(), String::new());
        Self { method, path, headers, body, accept, cookies: true, earlier: false }
    }

    /// With this header, in place of the one before.
    pub fn with(self, name: &'static str, value: &str) -> Self {
        let mut ask = self.without(name);
        ask.headers.push((name, value.to_owned()));
        ask
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| *given != name);
        self
    }

    /// `cookies`: those that went along and may be named. Of the body these words are left out.
    pub fn shown(&self, cookies: &[(&String, &String)], secret: &str) -> Vec<String> {
        let mut lines = vec![format!("{} {}", self.method, self.path)];
        lines.extend(self.headers.iter().map(|(name, value)| match value.strip_prefix("Bearer ") {
            Some(token) => format!("{name}: Bearer {}", masked(token)),
            None => format!("{name}: {value}"),
        }));
        if !cookies.is_empty() {
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={}", masked(value))).collect();
            lines.push(format!("cookie: {}", pairs.join("; ")));
        }
        if !self.body.is_empty() {
            lines.extend([String::new(), self.body.replace(secret, "…")]);
        }
        lines
    }
}

impl Browser {
    /// Of someone who visits from this address.
    pub fn of_a_visitor(ip: IpAddr) -> Self {
        Self { cookies: BTreeMap::new(), user_agent: FIREFOX.into(), ip, logged_in_at: 0 }
    }

    pub fn of_the_administrator() -> Self {
        Self { user_agent: CHROME.into(), ..Self::of_a_visitor(Ipv4Addr::LOCALHOST.into()) }
    }

    /// On another device, in another network.
    pub fn stolen(&self) -> Self {
        // 198.51.100.0/24 is for documentation (RFC 5737).
        Self { user_agent: CHROME.into(), ip: Ipv4Addr::new(198, 51, 100, 23).into(), ..self.clone() }
    }

    pub fn keep(&mut self, answer: &Answer) {
        for line in answer.set_cookies() {
            let Some((pair, attributes)) = line.split_once(';') else { continue };
            let Some((name, value)) = pair.split_once('=') else { continue };
            if attributes.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn set_cookies(&self) -> impl Iterator<Item = &str> {
        self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok())
    }

    pub fn shown(&self) -> Vec<String> {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let mut lines = vec![format!("{} {}", self.status, reason.unwrap_or_default()).trim_end().to_owned()];
        for name in ["content-type", "location", "www-authenticate", "retry-after"] {
            let value = self.header(name);
            if !value.is_empty() {
                lines.push(format!("{name}: {value}"));
            }
        }
        lines.extend(self.set_cookies().map(|line| format!("set-cookie: {}", masked_cookie(line))));
        if self.header("content-type").starts_with("text/html") {
            lines.extend([String::new(), format!("(a page of {} bytes)", self.body.len())]);
        } else if !self.body.is_empty() {
            lines.extend([String::new(), self.body.chars().take(800).collect()]);
        }
        lines
    }
}

/// The first letters of each part of a secret tell which one it is.
fn masked(secret: &str) -> String {
    let part = |part: &str| if part.is_empty() { String::new() } else { part.chars().take(6).chain(['…']).collect() };
    secret.split('.').map(part).collect::<Vec<_>>().join(".")
}

fn masked_cookie(line: &str) -> String {
    let Some((pair, attributes)) = line.split_once(';') else { return line.to_owned() };
    let Some((name, value)) = pair.split_once('=') else { return line.to_owned() };
    format!("{name}={};{attributes}", masked(value))
}
