//! A browser of a demo user: its cookies, what it asks and what it is answered. [`send`](super::send) sends it. Server side.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use axum::http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// The cookies of a browser, and what else a server sees of it. A copy of it is what a thief has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    pub user_agent: String,
    pub ip: IpAddr,
    /// When it last logged in, in milliseconds since the epoch; 0 for never.
    pub(super) logged_in_at: i64,
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    /// Beside Host, User-Agent, Accept and Cookie.
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub accept: &'static str,
    /// Whether the browser's cookies go along.
    pub cookies: bool,
    /// Sent to the world of a while ago; see [`World::earlier`](super::world::World::earlier).
    pub earlier: bool,
}

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    pub microseconds: u64,
}

impl Ask {
    /// A page.
    pub fn page(path: &str) -> Self {
        Self::new(Method::GET, path, "text/html")
    }

    /// A call of the API from our own page.
    pub fn api(method: Method, path: &str) -> Self {
        Self::new(method, path, "application/json").with("sec-fetch-site", "same-origin")
    }

    /// The form of an action, as our own script sends it.
    pub fn action(name: &str, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let ask = Self::new(Method::POST, &format!("/actions/{name}"), "application/json");
        let ask = ask.with("content-type", "application/x-www-form-urlencoded");
        Self { body, ..ask.with("sec-fetch-site", "same-origin") }
    }

    /// A call with this token in the header, and no cookie.
    pub fn bearer(method: Method, path: &str, token: &str) -> Self {
        let ask = Self::new(method, path, "application/json").with("authorization", &format!("Bearer {token}"));
        Self { cookies: false, ..ask }
    }

    fn new(method: Method, path: &str, accept: &'static str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: Vec::new(),
            body: String::new(),
            accept,
            cookies: true,
            earlier: false,
        }
    }

    /// With this header, in place of the one before.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(given, _)| *given != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| *given != name);
        self
    }

    /// To the same program while its clock was set back.
    pub fn earlier(mut self) -> Self {
        self.earlier = true;
        self
    }
}

impl Browser {
    /// Of somebody who visits from this address.
    pub fn of_a_visitor(ip: IpAddr) -> Self {
        Self { cookies: BTreeMap::new(), user_agent: FIREFOX.into(), ip, logged_in_at: 0 }
    }

    pub fn of_the_administrator() -> Self {
        Self { user_agent: CHROME.into(), ..Self::of_a_visitor(Ipv4Addr::LOCALHOST.into()) }
    }

    /// What somebody has who copied the cookies to a device of their own, in another network.
    pub fn stolen(&self) -> Self {
        // 198.51.100.0/24 is for documentation (RFC 5737).
        Self { user_agent: CHROME.into(), ip: Ipv4Addr::new(198, 51, 100, 23).into(), ..self.clone() }
    }
}
