//! Somebody with a browser: keeps cookies, sends what browsers send.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, Response, header},
};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::auth::links::{Purpose, name_of};

pub const HOST: &str = "localhost:3000";

/// Hidden fields that say what a page was made for.
const CARRIED: [&str; 2] = ["link", "half"];

/// Of a form: names and values.
pub type Fields<'a> = &'a [(&'a str, &'a str)];

#[derive(Clone)]
pub struct Caller {
    router: Router,
    pub cookies: BTreeMap<String, String>,
    /// What other applications of the same domain have set, as it goes over the wire before our own.
    pub cookies_of_others: Vec<u8>,
    /// What the forms of the page that is open carry of [`CARRIED`].
    carried: BTreeMap<String, String>,
    pub user_agent: Option<String>,
    /// Where the requests come from.
    pub ip: IpAddr,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let body = match kind.is_some_and(|kind| kind == "text/event-stream") {
            // It has no end; see streams.rs.
            true => Vec::new(),
            false => body.collect().await.expect("a body").to_bytes().to_vec(),
        };
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Without the marks that Leptos sets between texts, for the browser.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).replace("<!>", "")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `Set-Cookie` line of this name.
    pub fn set_cookie(&self, name: &str) -> &str {
        let mut lines = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        lines.find(|line| line.starts_with(&format!("{name}="))).unwrap_or_default()
    }

    /// `code` of a problem document.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        self.json()["code"].as_str().expect("a code").to_owned()
    }
}

impl Caller {
    pub fn of(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            cookies_of_others: Vec::new(),
            carried: BTreeMap::new(),
            user_agent: None,
            ip: Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// The same cookies, as another tab or a thief has them.
    pub fn copy(&self) -> Self {
        self.clone()
    }

    /// The same cookies at another router.
    pub fn at(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    /// The same browser in another network.
    pub fn at_ip(self, ip: &str) -> Self {
        Self { ip: ip.parse().expect("an address"), ..self }
    }

    /// Sends a request as it is, except for the address of the peer, and keeps the cookies of the answer.
    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let answer = Answer::read(self.respond(request).await).await;
        for value in answer.headers.get_all(header::SET_COOKIE) {
            self.keep(value.to_str().expect("a cookie"));
        }
        if answer.headers.contains_key(header::LOCATION) || answer.header("content-type").starts_with("text/html") {
            let page = answer.text();
            self.carried = CARRIED.iter().filter_map(|name| Some(((*name).into(), hidden(&page, name)?))).collect();
        }
        answer
    }

    /// The response to a request, with its body unread.
    pub async fn respond(&self, mut request: Request<Body>) -> Response<Body> {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((self.ip, 40_000))));
        self.router.clone().oneshot(request).await.expect("an answer")
    }

    fn keep(&mut self, set_cookie: &str) {
        let (pair, attributes) = set_cookie.split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a pair");
        if attributes.contains("Max-Age=0") || value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.into(), value.into());
        }
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
        if let Some(user_agent) = &self.user_agent {
            request = request.header(header::USER_AGENT, user_agent);
        }
        if !self.cookies_of_others.is_empty() || !self.cookies.is_empty() {
            let ours = self.cookies.iter().map(|(name, value)| format!("{name}={value}").into_bytes());
            let others = [self.cookies_of_others.clone()].into_iter().filter(|line| !line.is_empty());
            let line: Vec<Vec<u8>> = others.chain(ours).collect();
            request = request.header(header::COOKIE, line.join(&b"; "[..]));
        }
        request
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header(header::ACCEPT, "text/html");
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// Opens the link of a mail; the answer is the page that it leads to.
    pub async fn open_link(&mut self, purpose: Purpose, token: &str) -> Answer {
        let answer = self.open(&format!("{}?token={token}", purpose.page())).await;
        assert_eq!((answer.status, answer.header("location")), (303, purpose.page()));
        self.open(purpose.page()).await
    }

    /// As [`Self::open_link`], the link that makes the first administrator.
    pub async fn open_setup(&mut self, token: &str) -> Answer {
        let answer = self.open(&format!("/setup?token={token}")).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/setup"));
        self.open("/setup").await
    }

    /// Calls an action as a program does.
    pub async fn act(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_form(action, fields, "application/json").await
    }

    /// Sends the form of an action as our own script does.
    pub async fn send_form(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_form(action, fields, "application/problem+json").await
    }

    /// Sends the form of an action without JavaScript, from the page `from`.
    pub async fn submit(&mut self, action: &str, fields: &[(&str, &str)], from: &str) -> Answer {
        let fields = &self.with_carried(action, fields).await;
        let fields = &[&fields[..], &[("page".to_owned(), from.to_owned())][..]].concat();
        let request = self.form(action).header(header::ACCEPT, "text/html");
        self.send(request.body(encoded(fields)).expect("a request")).await
    }

    async fn post_form(&mut self, action: &str, fields: &[(&str, &str)], accept: &str) -> Answer {
        let fields = &self.with_carried(action, fields).await;
        let request = self.form(action).header(header::ACCEPT, accept);
        self.send(request.body(encoded(fields)).expect("a request")).await
    }

    /// The fields of a form, with those that its page carries and that `fields` does not have.
    async fn with_carried(&mut self, action: &str, fields: &[(&str, &str)]) -> Vec<(String, String)> {
        if action == "enter_code" && !self.carried.contains_key("half") {
            self.open("/login/code").await;
        }
        let mut carried = self.carried.clone();
        if let Some(token) = self.cookies.get("__Host-link") {
            carried.entry("link".into()).or_insert_with(|| name_of(token));
        }
        let given = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let more = carried.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
        given.chain(more).collect()
    }

    fn form(&self, action: &str) -> axum::http::request::Builder {
        self.request(Method::POST, &format!("/actions/{action}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, format!("http://{HOST}"))
            .header("sec-fetch-site", "same-origin")
    }

    pub async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        self.act("log_in", &[("email", &format!("{name}@example.com")), ("password", password)]).await
    }

    /// `POST /api/v1/token`.
    pub async fn renew(&mut self) -> Answer {
        self.api(Method::POST, "/api/v1/token", None).await
    }

    /// Calls the API with the cookies.
    pub async fn api(&mut self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.api_with(method, path, &[], body).await
    }

    pub async fn api_with(&mut self, method: Method, path: &str, more: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = self.request(method, path).header(header::ACCEPT, "application/json");
        request = request.header("sec-fetch-site", "same-origin");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("a request")).await
    }

    /// Calls the API with nothing but this token in the header.
    pub async fn bearer(&self, token: &str) -> Answer {
        let request = Request::builder()
            .uri("/api/v1/me")
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        Self::of(self.router.clone()).send(request.body(Body::empty()).expect("a request")).await
    }

    pub fn access_token(&self) -> &str {
        self.cookies.get("__Host-access").expect("an access token")
    }

    /// The id of the user whose token this is.
    pub async fn user_id(&mut self) -> String {
        let answer = self.api(Method::GET, "/api/v1/me", None).await;
        answer.json()["id"].as_str().expect("an id").to_owned()
    }
}

/// The content of a page, without the scripts after it, whose nonce differs each time.
pub fn main_of(page: &str) -> &str {
    let (_, rest) = page.split_once("<main").expect("a page");
    rest.split_once("</main>").expect("a page").0
}

/// The value of a hidden field on a page.
pub fn hidden(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

fn encoded(fields: &[(String, String)]) -> Body {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Body::from(form.finish())
}
