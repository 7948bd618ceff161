//! Who calls, as far as HTTP can tell. Server side.

use std::net::{IpAddr, SocketAddr};

use axum::{extract::ConnectInfo, http::request::Parts};

use crate::base::{
    caller::{Caller, ip_text},
    config::Config,
};

const USER_AGENT_CHARS: usize = 512;

pub fn caller_of(parts: &Parts, config: &Config) -> Caller {
    let user_agent = parts.headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // What can be read as text in a header is ASCII (`to_str`), so a byte is a letter.
    let user_agent = user_agent.get(..USER_AGENT_CHARS).unwrap_or(user_agent).to_owned();
    Caller { ip: ip_of(parts, config), user_agent }
}

/// The address alone.
pub fn ip_of(parts: &Parts, config: &Config) -> String {
    client_ip(parts, config).map(ip_text).unwrap_or_default()
}

/// Who has opened the connection: the caller, or the proxy in between. Canonical: on a socket that listens for both,
/// IPv4 comes as `::ffff:10.0.0.5`.
pub fn peer_of(parts: &Parts) -> Option<IpAddr> {
    Some(parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical())
}

/// The peer, or, when the peer is a trusted proxy, the right-most address in X-Forwarded-For that is not one:
/// whatever stands left of it was written by the client (ASVS 4.1.3).
pub fn client_ip(parts: &Parts, config: &Config) -> Option<IpAddr> {
    let peer = peer_of(parts)?;
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
