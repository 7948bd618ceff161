//! The running server: whether it answers, directly and through its public address, and what the proxies in between make
//! of a request. Server side.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Finding, SKEW_MAX_MS, ask, ask::Answer};
use crate::{
    base::{
        config::Config,
        sealed::SecretKey,
        state::{Clock, Stopwatch},
    },
    web::{host::is_ours, seen, seen::Seen},
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
            format!("none answers at {at}: {words}"),
            "start it with `latchkey serve`, or give this command the server's LATCHKEY_ADDR",
        ),
        Ok(Heard { seen: Some((seen, _)), .. }) => {
            Finding::good("server", format!("{} answers at {at}", seen.instance))
        }
        Ok(Heard { answer, .. }) if answer.is_plain_ok() && !asked => {
            Finding::good("server", format!("answers at {at}"))
        }
        Ok(Heard { answer, .. }) if answer.is_plain_ok() => Finding::broken(
            "server",
            format!("the one at {at} has another secret key, or a clock that is minutes away"),
            "give this command the settings of the server",
        ),
        Ok(Heard { answer, .. }) => Finding::broken(
            "server",
            format!("something else answers at {at}, with status {}", answer.status),
            "stop it, or set LATCHKEY_ADDR to another address",
        ),
    }
}

fn clock(skew_ms: i64) -> Option<Finding> {
    (skew_ms.abs() > SKEW_MAX_MS).then(|| {
        Finding::warning(
            "server clock",
            format!("it differs from this one by {} ms", skew_ms.abs()),
            "let every machine take its time from NTP",
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
            let mend = "check its DNS name, the proxy and its certificate; some networks do not let a machine reach its \
                        own public address: then try it from elsewhere";
            return Finding::warning(WHAT, format!("{base} cannot be asked from here: {words}"), mend);
        }
    };
    let answer = &heard.answer;
    match &heard.seen {
        Some((seen, _)) if !is_ours(seen.host.as_bytes(), config) => Finding::broken(
            WHAT,
            format!(
                "the proxy in front tells the server that it was asked as {}, and the server refuses that",
                seen.host
            ),
            "let the proxy pass the Host on; nginx: proxy_set_header Host $http_host",
        ),
        Some((seen, _)) => Finding::good(WHAT, format!("{base} leads to {}", seen.instance)),
        None if answer.is_plain_ok() && !asked => Finding::good(WHAT, format!("{base} leads to a server")),
        None if answer.is_plain_ok() => Finding::broken(
            WHAT,
            format!("{base} leads to a server with another secret key, or the proxy drops the header that asks"),
            "give every instance the same LATCHKEY_SECRET_KEY",
        ),
        None if (300..400).contains(&answer.status) => Finding::broken(
            WHAT,
            format!("{base} leads on to {}", answer.location()),
            "set LATCHKEY_BASE_URL to the address where people end up, or take the redirect away",
        ),
        None => Finding::broken(
            WHAT,
            format!("{base} answers {} to /healthz, and that is not this program", answer.status),
            "let the proxy pass every path on to LATCHKEY_ADDR unchanged",
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
                "requests come through {peer}, which is not trusted: everybody seems to be there, and one person's \
                     wrong passwords keep the others waiting"
            ),
            format!("set LATCHKEY_TRUSTED_PROXIES={}, if that is your proxy", with_trusted(config, peer)),
        ),
        (false, _) if config.production() => Finding::warning(
            WHAT,
            format!("requests come through {peer} without X-Forwarded-For: everybody seems to be there"),
            "let the proxy write it; nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for",
        ),
        (true, true) => Finding::good(WHAT, format!("{peer} is trusted and says that this machine is {client}")),
        (false, _) => Finding::good(WHAT, format!("none in between; this machine is {client}")),
    }
}

/// The setting as it would be with one proxy more.
fn with_trusted(config: &Config, peer: &str) -> String {
    let trusted = config.trusted_proxies.iter().map(ToString::to_string);
    trusted.chain([peer.to_owned()]).collect::<Vec<_>>().join(",")
}
