//! The running server: whether it answers, directly and through its public address, and what the proxies in between make
//! of a request. Server side.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::{
    body::Body,
    http::{Request, header},
};

use super::{Finding, SKEW_MAX_MS, ask};
use crate::{
    base::{
        config::Config,
        sealed::SecretKey,
        site::Site,
        state::{Clock, Stopwatch},
    },
    web::{seen, seen::Seen},
};

/// Who has answered.
enum Heard {
    /// A server of ours: how the request looked there, and its clock against ours, in milliseconds.
    Ours(Seen, i64),
    /// A server of ours, as it answers who does not ask with a secret key.
    NotAsked,
    /// As it answers who asks with another secret key than its own.
    OtherKey,
    Other {
        status: u16,
        location: String,
    },
}

pub async fn look(config: &Config, secret: Option<&SecretKey>) -> Vec<Finding> {
    let direct = format!("http://{}/healthz", reachable(config));
    let public = format!("{}/healthz", config.issuer());
    let (here, outside) = tokio::join!(hear(&direct, secret), hear(&public, secret));
    let mut findings = vec![server(&direct, &here)];
    if let Ok(Heard::Ours(_, skew_ms)) = here
        && skew_ms.abs() > SKEW_MAX_MS
    {
        let words = format!("{} ms off from this machine", skew_ms.abs());
        findings.push(Finding::warning("server clock", words, "synchronize all machines with NTP"));
    }
    if here.is_ok() || config.production() {
        findings.push(address(config, &outside));
    }
    if let Ok(Heard::Ours(seen, _)) = &outside {
        findings.push(callers(config, seen));
    }
    findings
}

/// Where a server that listens everywhere is reached from here.
fn reachable(config: &Config) -> std::net::SocketAddr {
    let mut addr = config.addr;
    if addr.ip().is_unspecified() {
        let loopback = match addr.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        addr.set_ip(loopback);
    }
    addr
}

async fn hear(url: &str, secret: Option<&SecretKey>) -> Result<Heard, String> {
    let clock = Clock::default();
    let mut request = Request::get(url).header(header::USER_AGENT, "latchkey doctor");
    if let Some(secret) = secret {
        request = request.header(seen::QUESTION, seen::question(secret, clock.now_ms()));
    }
    let request = request.body(Body::empty()).map_err(|error| error.to_string())?;
    let watch = Stopwatch::start();
    let (parts, body) = ask::send(request).await?.into_parts();
    let status = parts.status.as_u16();
    // The other clock was read about in the middle.
    let middle_ms = clock.now_ms() - i64::try_from(watch.elapsed_ms() / 2).unwrap_or_default();
    if let Some(seen) = serde_json::from_slice::<Seen>(&body).ok().filter(|_| status == 200) {
        let skew_ms = seen.now_ms - middle_ms;
        return Ok(Heard::Ours(seen, skew_ms));
    }
    let location = parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(match status == 200 && body == "ok\n" {
        true if secret.is_some() => Heard::OtherKey,
        true => Heard::NotAsked,
        false => Heard::Other { status, location: location.to_owned() },
    })
}

fn server(url: &str, heard: &Result<Heard, String>) -> Finding {
    const WHAT: &str = "server";
    let at = url.trim_end_matches("/healthz");
    match heard {
        Err(words) => Finding::warning(
            WHAT,
            format!("no server at {at}: {words}"),
            "start it with `latchkey serve`, or run this with the server's LATCHKEY_ADDR",
        ),
        Ok(Heard::Ours(seen, _)) => Finding::ok(WHAT, format!("{} answers at {at}", seen.instance)),
        Ok(Heard::NotAsked) => Finding::ok(WHAT, format!("answers at {at}")),
        Ok(Heard::OtherKey) => Finding::error(
            WHAT,
            format!("the server at {at} has another secret key, or its clock is minutes off"),
            "run this with the settings of the server",
        ),
        Ok(Heard::Other { status, .. }) => Finding::error(
            WHAT,
            format!("another program answers at {at}, with status {status}"),
            "stop it, or set LATCHKEY_ADDR to another address",
        ),
    }
}

/// Whether what people type leads here.
fn address(config: &Config, heard: &Result<Heard, String>) -> Finding {
    const WHAT: &str = "base URL";
    let base = config.issuer();
    match heard {
        Err(words) => Finding::warning(
            WHAT,
            format!("cannot reach {base} from here: {words}"),
            "check DNS, the proxy and its certificate; if your network doesn't let a machine reach its own public address, \
             try from elsewhere",
        ),
        Ok(Heard::Ours(seen, _)) if !Site::of(config).is_host(seen.host.as_bytes()) => Finding::error(
            WHAT,
            format!("the proxy passes the Host {}, which the server rejects", seen.host),
            "pass the original Host; nginx: proxy_set_header Host $http_host",
        ),
        Ok(Heard::Ours(seen, _)) => Finding::ok(WHAT, format!("{base} leads to {}", seen.instance)),
        Ok(Heard::NotAsked) => Finding::ok(WHAT, format!("{base} leads to a server")),
        Ok(Heard::OtherKey) => Finding::error(
            WHAT,
            format!("{base} leads to a server with another secret key, or the proxy drops our request header"),
            "use the same LATCHKEY_SECRET_KEY on every instance",
        ),
        Ok(Heard::Other { status: 300..400, location }) => Finding::error(
            WHAT,
            format!("{base} redirects to {location}"),
            "set LATCHKEY_BASE_URL to the final address, or remove the redirect",
        ),
        Ok(Heard::Other { status, .. }) => Finding::error(
            WHAT,
            format!("{base} answers /healthz with status {status}, so it isn't Latchkey"),
            "pass every path to LATCHKEY_ADDR unchanged",
        ),
    }
}

/// Whether the server knows who calls: throttling, the audit log and the lists of devices stand on it.
fn callers(config: &Config, seen: &Seen) -> Finding {
    const WHAT: &str = "proxy";
    let Seen { peer, client, forwarded, .. } = seen;
    let trusted = peer.parse().is_ok_and(|peer: IpAddr| config.trusts(peer));
    match (forwarded, trusted) {
        (true, false) => Finding::warning(
            WHAT,
            format!(
                "requests come through {peer}, which isn't trusted, so all users share its IP address and its rate limit"
            ),
            format!("if that is your proxy, set LATCHKEY_TRUSTED_PROXIES={}", with_trusted(config, peer)),
        ),
        (false, _) if config.production() => Finding::warning(
            WHAT,
            format!("requests come through {peer} without X-Forwarded-For, so all users share its IP address"),
            "set it in the proxy; nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for",
        ),
        (true, true) => Finding::ok(WHAT, format!("{peer} is trusted; client address is {client}")),
        (false, _) => Finding::ok(WHAT, format!("no proxy; client address is {client}")),
    }
}

/// The setting as it would be with one proxy more.
fn with_trusted(config: &Config, peer: &str) -> String {
    let trusted = config.trusted_proxies.iter().map(ToString::to_string);
    trusted.chain([peer.to_owned()]).collect::<Vec<_>>().join(",")
}
