//! Calls an address that a user has chosen, and reaches nothing else by it: no machine that only this one can reach (SSRF),
//! no other address by a redirect, and nothing that takes its time. Server side.

use std::{
    error::Error,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    task::{Context, Poll},
    time::Duration,
    vec,
};

use axum::{
    body::Body,
    http,
    http::{HeaderValue, Request, Response, StatusCode, header},
};
use futures::{FutureExt, future::BoxFuture};
use http_body_util::{BodyExt, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::TokioExecutor,
};
use tower::Service;
use url::{Host, Url};

/// From the look-up of the name to the head of the answer.
pub const PATIENCE: Duration = Duration::from_secs(5);

const NOT_PUBLIC: &str = "the address isn't public";

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Public,
    /// And this machine itself: in development.
    Loopback,
    /// Whatever the network leads to.
    Anywhere,
}

impl Reach {
    fn covers(self, ip: IpAddr) -> bool {
        match self {
            Self::Public => is_public(ip),
            Self::Loopback => is_public(ip) || ip.to_canonical().is_loopback(),
            Self::Anywhere => true,
        }
    }

    /// Whether this address is one in numbers, or this machine, that is not called. What another name means shows when it is.
    pub fn excludes(self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| ip_of(&url).is_some_and(|ip| !self.covers(ip)))
    }
}

/// Of an address in numbers, and of this machine by its name.
fn ip_of(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
        Host::Domain(name) => (name == "localhost").then_some(Ipv4Addr::LOCALHOST.into()),
    }
}

/// Whether an address leads to this machine, so that no one in between reads what is sent there.
pub fn leads_here(url: &Url) -> bool {
    is_this_machine(url.host_str().unwrap_or_default())
}

/// Of a host as addresses have it.
pub fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Fetch {
    reach: Reach,
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Body>,
}

impl Fetch {
    pub fn new(reach: Reach) -> Self {
        let mut connector = HttpConnector::new_with_resolver(Resolver(reach));
        connector.enforce_http(false);
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(connector);
        // A connection that is kept would be one to the address of before.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Self { reach, client }
    }

    /// Sends a form; the status of the answer, whose body is not read. A redirect is a status like any other.
    pub async fn post_form(&self, url: &str, form: String) -> Result<u16, String> {
        let request = Request::post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        in_time(async { Ok(self.send(url, request.body(Body::from(form))).await?.status().as_u16()) }).await
    }

    /// Reads a JSON document of so many bytes at most.
    pub async fn get(&self, url: &str, bytes_max: usize) -> Result<Vec<u8>, String> {
        let request = Request::get(url).header(header::ACCEPT, "application/json");
        in_time(async {
            let response = self.send(url, request.body(Body::empty())).await?;
            if response.status() != StatusCode::OK {
                return Err(format!("it answers with status {}", response.status().as_u16()));
            }
            let body = Limited::new(response.into_body(), bytes_max).collect().await;
            Ok(body.map_err(|_| format!("it's cut off, or longer than {bytes_max} bytes"))?.to_bytes().into())
        })
        .await
    }

    async fn send(&self, url: &str, request: http::Result<Request<Body>>) -> Result<Response<Body>, String> {
        let url = Url::parse(url).map_err(|error| in_words(&error))?;
        // An address in numbers is asked of no resolver.
        if ip_of(&url).is_some_and(|ip| !self.reach.covers(ip)) {
            return Err(NOT_PUBLIC.into());
        }
        let mut request = request.map_err(|error| in_words(&error))?;
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("latchkey"));
        let response = self.client.request(request).await.map_err(|error| in_words(&error))?;
        Ok(response.map(Body::new))
    }
}

async fn in_time<T>(call: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let late = || format!("no answer within {} seconds", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, call).await.unwrap_or_else(|_| Err(late()))
}

/// For people. What a library says goes to the log.
fn in_words(error: &dyn Error) -> String {
    let cause = last_cause(error);
    if cause == NOT_PUBLIC {
        return cause;
    }
    tracing::warn!(cause, "an address that an application has named can't be reached");
    "it can't be reached".into()
}

/// "client error (Connect)" helps no one; what lies at its bottom does.
pub fn last_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Finds addresses that may be called. The connection goes to one of these: what the name means a moment later, for whoever
/// turns it round, counts for nothing (DNS rebinding).
#[derive(Clone)]
struct Resolver(Reach);

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0;
        async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found.filter(|address| reach.covers(address.ip())).collect();
            if addresses.is_empty() { Err(io::Error::other(NOT_PUBLIC)) } else { Ok(addresses.into_iter()) }
        }
        .boxed()
    }
}

/// Of the registries of special addresses (RFC 6890) all that is not for everyone.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        // 2000::/3 is what was given out of it; there: protocols, documentation, and 6to4, which wraps any other address.
        IpAddr::V6(ip) => {
            let [a, b, ..] = ip.segments();
            let is_special = matches!((a, b), (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff));
            a & 0xe000 == 0x2000 && !is_special
        }
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let is_special = matches!(
        ip.octets(),
        [0 | 10 | 127 | 240..=255, ..]
            | [100, 64..=127, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
    );
    !(is_special || ip.is_private() || ip.is_link_local() || ip.is_multicast() || ip.is_documentation())
}
