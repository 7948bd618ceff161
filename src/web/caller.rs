//! Who calls, as far as HTTP can tell: address and browser. Server side.

use std::net::{IpAddr, SocketAddr};

use axum::{extract::ConnectInfo, http::request::Parts};

use crate::config::Config;

/// Address and user agent of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    pub ip: String,
    /// Raw, cut to 512 characters; never shown as it is.
    pub user_agent: String,
}

const USER_AGENT_CHARS: usize = 512;

impl Caller {
    pub fn of(parts: &Parts, config: &Config) -> Self {
        let user_agent = parts.headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self { ip: Self::ip_of(parts, config), user_agent: user_agent.chars().take(USER_AGENT_CHARS).collect() }
    }

    /// The address alone, for where every request passes.
    pub fn ip_of(parts: &Parts, config: &Config) -> String {
        client_ip(parts, config).map(|ip| ip.to_string()).unwrap_or_default()
    }

    /// Who has opened the connection: the caller, or the proxy in between. Canonical: on a socket that listens for both,
    /// IPv4 comes as `::ffff:10.0.0.5`.
    pub fn peer_of(parts: &Parts) -> Option<IpAddr> {
        Some(parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical())
    }

    /// The widest of [`networks_of`]; empty where nobody calls, as on the command line.
    pub fn widest_network(&self) -> String {
        networks_of(&self.ip).pop().unwrap_or_default().0
    }

    /// Browser and system in words.
    pub fn device(&self) -> String {
        device_words(&self.user_agent)
    }
}

/// The peer, or, when the peer is a trusted proxy, the right-most address in X-Forwarded-For that is not one:
/// whatever stands left of it was written by the client (ASVS 4.1.3).
fn client_ip(parts: &Parts, config: &Config) -> Option<IpAddr> {
    let peer = Caller::peer_of(parts)?;
    if !config.trusts(peer) {
        return Some(peer);
    }
    let forwarded = parts.headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<Option<IpAddr>> = forwarded.flat_map(|line| line.split(',')).map(forwarded_ip).collect();
    // What cannot be read ends the chain: beyond it only the client may have written.
    chain.into_iter().rev().map_while(|ip| ip).find(|ip| !config.trusts(*ip)).or(Some(peer))
}

/// Some proxies write the port, too, and some IPv4 in the clothes of IPv6.
fn forwarded_ip(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    ip.map(|ip: IpAddr| ip.to_canonical())
}

/// The networks that an address is in, the narrowest first, each with how many times the tries of one address it may
/// have: an IPv4 address, or the /64, /56 and /48 of an IPv6 address. A server or a household gets a /64 at least, many
/// a /56, and a /48 is what anybody can have who asks for it, or the customers of a small provider.
pub fn networks_of(ip: &str) -> Vec<(String, i64)> {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            vec![
                (format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"), 1),
                (format!("{a:x}:{b:x}:{c:x}:{:x}::/56", d & 0xff00), 2),
                (format!("{a:x}:{b:x}:{c:x}::/48"), 4),
            ]
        }
        Ok(ip) => vec![(ip.to_string(), 1)],
        // Without an address, which only tests have, all are one.
        Err(_) => vec![(String::new(), 1)],
    }
}

/// The narrowest of [`networks_of`].
pub fn network_of(ip: &str) -> String {
    networks_of(ip).swap_remove(0).0
}

/// Browser and system in words: "Firefox on Windows 10".
pub fn device_words(user_agent: &str) -> String {
    let known = woothee::parser::Parser::new().parse(user_agent);
    match known {
        Some(found) if found.name != "UNKNOWN" && found.os != "UNKNOWN" => format!("{} on {}", found.name, found.os),
        Some(found) if found.name != "UNKNOWN" => found.name.to_owned(),
        _ if user_agent.is_empty() => "Unknown program".to_owned(),
        _ => "Unknown browser".to_owned(),
    }
}
