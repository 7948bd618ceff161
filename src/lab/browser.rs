//! A browser of a demo user, what it asks, and what it is answered. Server side.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use axum::http::{HeaderMap, Method, header};
use cookie::Cookie;
use serde::{Deserialize, Serialize};

use crate::web::refusal::Refusal;

pub const ADMIN_EMAIL: &str = "administrator@lab.example";

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// A copy of it is what a thief has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Browser {
    /// Of whom it logs in.
    pub email: String,
    pub cookies: BTreeMap<String, String>,
    pub user_agent: String,
    pub ip: IpAddr,
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
    /// Sent to the world of a while ago; see [`Lab::earlier`](super::world::Lab::earlier).
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

    /// A call of the API with this token in the header, and no cookie.
    pub fn bearer(token: &str) -> Self {
        let ask = Self::new(Method::GET, "/api/v1/me", "application/json");
        Self { cookies: false, ..ask.with("authorization", &format!("Bearer {token}")) }
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
}

impl Browser {
    /// Of someone who visits from this address.
    pub fn of_a_visitor(email: String, ip: IpAddr) -> Self {
        Self { email, cookies: BTreeMap::new(), user_agent: FIREFOX.into(), ip }
    }

    pub fn of_the_administrator() -> Self {
        Self { user_agent: CHROME.into(), ..Self::of_a_visitor(ADMIN_EMAIL.into(), Ipv4Addr::LOCALHOST.into()) }
    }

    /// One more of the same person, which has not logged in yet.
    pub fn another(&self) -> Self {
        Self { cookies: BTreeMap::new(), ..self.clone() }
    }

    /// On another device, in another network.
    pub fn stolen(&self) -> Self {
        // 198.51.100.0/24 is for documentation (RFC 5737).
        Self { user_agent: CHROME.into(), ip: Ipv4Addr::new(198, 51, 100, 23).into(), ..self.clone() }
    }

    pub fn keep(&mut self, answer: &Answer) {
        for cookie in answer.set_cookies() {
            // What removes one has no value.
            if cookie.value().is_empty() {
                self.cookies.remove(cookie.name());
            } else {
                self.cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Of a refusal, where it gives one.
    pub fn code(&self) -> String {
        serde_json::from_str::<Refusal>(&self.body).unwrap_or_default().code
    }

    pub fn set_cookies(&self) -> impl Iterator<Item = Cookie<'_>> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        lines.filter_map(|line| Cookie::parse(line).ok())
    }
}
