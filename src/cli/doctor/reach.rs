//! The running server: whether it answers, directly and through its public address, and what the proxies in between make
//! of a request. Server side.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Finding, SKEW_MAX_MS, ask, ask::Answer};
use crate::{
    base::{
        config::Config,
        sealed::SecretKey,
        site::Site,
        state::{Clock, Stopwatch},
    },
    web::{seen, seen::Seen},
};

/// An answer, and the clock of who gave it against ours.
struct Heard {
    answer: Answer,
    seen: Option<(Seen, i64)>,
}

pub async fn look(config: &Config, secret: Option<&SecretKey>) -> Vec<Finding> {
    let direct = format!("http://{}/healthz", reachable(config));
    let public = format!("{}/healthz", config.issuer());
    let (here, outside) = tokio::join!(hear(&direct, secret), hear(&public, secret));
    let mut findings = vec![server(&direct, &here, secret.is_some())];
    if let Some((_, skew_ms)) = here.as_ref().ok().and_then(|heard| heard.seen.as_ref()) {
        findings.extend(clock(*skew_ms));
    }
    if here.is_ok() || config.production() {
        findings.push(address(config, &outside, secret.is_some()));
    }
    if let Some((seen, _)) = outside.as_ref().ok().and_then(|heard| heard.seen.as_ref()) {
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
    let question = secret.map(|secret| seen::question(secret, clock.now_ms()));
    let watch = Stopwatch::start();
    let answer = ask::get(url, question.as_deref()).await?;
    // The other clock was read about in the middle.
    let middle_ms = clock.now_ms() - i64::try_from(watch.elapsed_ms() / 2).unwrap_or_default();
    let seen = answer.seen().map(|seen| {
        let skew_ms = seen.now_ms - middle_ms;
        (seen, skew_ms)
    });
    Ok(Heard { answer, seen })
}

fn server(url: &str, heard: &Result<Heard, String>, asked: bool) -> Finding {
    let at = url.trim_end_matches("/healthz");
    match heard {
        Err(words) => Finding::warning(
            "server",
            format!("no server at {at}: {words}"),
            "start it with `latchkey serve`, or run this with the server's LATCHKEY_ADDR",
        ),
        Ok(Heard { seen: Some((seen, _)), .. }) => Finding::ok("server", format!("{} answers at {at}", seen.instance)),
        Ok(Heard { answer, .. }) if answer.is_plain_ok() && !asked => Finding::ok("server", format!("answers at {at}")),
        Ok(Heard { answer, .. }) if answer.is_plain_ok() => Finding::error(
            "server",
            format!("the server at {at} has another secret key, or its clock is minutes off"),
            "run this with the settings of the server",
        ),
        Ok(Heard { answer, .. }) => Finding::error(
            "server",
            format!("another program answers at {at}, with status {}", answer.status),
            "stop it, or set LATCHKEY_ADDR to another address",
        ),
    }
}

fn clock(skew_ms: i64) -> Option<Finding> {
    (skew_ms.abs() > SKEW_MAX_MS).then(|| {
        Finding::warning(
            "server clock",
            format!("{} ms off from this machine", skew_ms.abs()),
            "synchronize all machines with NTP",
        )
    })
}

/// Whether what people type leads here.
fn address(config: &Config, heard: &Result<Heard, String>, asked: bool) -> Finding {
    const WHAT: &str = "base URL";
    let base = config.issuer();
    let heard = match heard {
        Ok(heard) => heard,
        Err(words) => {
            let fix = "check DNS, the proxy and its certificate; if your network doesn't let a machine reach its own \
                       public address, try from elsewhere";
            return Finding::warning(WHAT, format!("cannot reach {base} from here: {words}"), fix);
        }
    };
    let answer = &heard.answer;
    match &heard.seen {
        Some((seen, _)) if !Site::of(config).is_host(seen.host.as_bytes()) => Finding::error(
            WHAT,
            format!("the proxy passes the Host {}, which the server rejects", seen.host),
            "pass the original Host; nginx: proxy_set_header Host $http_host",
        ),
        Some((seen, _)) => Finding::ok(WHAT, format!("{base} leads to {}", seen.instance)),
        None if answer.is_plain_ok() && !asked => Finding::ok(WHAT, format!("{base} leads to a server")),
        None if answer.is_plain_ok() => Finding::error(
            WHAT,
            format!("{base} leads to a server with another secret key, or the proxy drops our request header"),
            "use the same LATCHKEY_SECRET_KEY on every instance",
        ),
        None if (300..400).contains(&answer.status) => Finding::error(
            WHAT,
            format!("{base} redirects to {}", answer.location()),
            "set LATCHKEY_BASE_URL to the final address, or remove the redirect",
        ),
        None => Finding::error(
            WHAT,
            format!("{base} answers /healthz with status {}, so it isn't Latchkey", answer.status),
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
