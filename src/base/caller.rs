//! Who calls: address and browser. Server side.

use std::net::IpAddr;

/// From where, and with which browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    pub ip: String,
    /// Raw, cut to 512 characters; never shown as it is.
    pub user_agent: String,
}

impl Caller {
    /// The widest of [`networks_of`]; empty where nobody calls, as on the command line.
    pub fn widest_network(&self) -> String {
        networks_of(&self.ip).pop().unwrap_or_default().0
    }

    /// Browser and system in words.
    pub fn device(&self) -> String {
        device_words(&self.user_agent)
    }
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
