//! Who calls: address and browser. Server side.

use std::net::{IpAddr, Ipv4Addr};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    pub ip: String,
    /// Raw, cut to 512 characters; never shown as it is.
    pub user_agent: String,
}

impl Caller {
    /// The widest of [`networks_of`]; empty where no one calls, as on the command line.
    pub fn widest_network(&self) -> String {
        networks_of(&self.ip).pop().unwrap_or_default().0
    }

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

/// As `to_string`, mostly without `fmt`: each line of the log has it.
pub fn ip_text(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => dotted(ip),
        IpAddr::V6(ip) => ip.to_string(),
    }
}

fn dotted(ip: Ipv4Addr) -> String {
    let mut text = String::with_capacity("255.255.255.255".len());
    for part in ip.octets() {
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(itoa::Buffer::new().format(part));
    }
    text
}

/// What is no browser: a script, a program, a crawler.
const PROGRAM: &str = "Script or app";

/// Browser and system in words: "Firefox on Windows".
pub fn device_words(user_agent: &str) -> String {
    if user_agent.is_empty() {
        return "Unknown program".to_owned();
    }
    if let Some(host) = host_of_command_line(user_agent) {
        return format!("Latchkey on {host}");
    }
    // Every browser says that it is Mozilla, for the sake of servers of the nineties.
    let claims_browser = user_agent.starts_with("Mozilla/") || user_agent.starts_with("Opera/");
    match woothee::parser::Parser::new().parse(user_agent) {
        _ if !claims_browser => PROGRAM.to_owned(),
        Some(found) if matches!(found.category, "crawler" | "misc") => PROGRAM.to_owned(),
        Some(found) if found.name != "UNKNOWN" => match system(found.os) {
            Some(system) => format!("{} on {system}", browser(found.name)),
            None => browser(found.name).to_owned(),
        },
        _ => "Unknown browser".to_owned(),
    }
}

/// Our own command line names its host: "latchkey/0.1.0 (build-7)".
fn host_of_command_line(user_agent: &str) -> Option<&str> {
    let (_, rest) = user_agent.strip_prefix("latchkey/")?.split_once(" (")?;
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    rest.strip_suffix(')').filter(|host| (1..=64).contains(&host.len()) && host.bytes().all(is_of_name))
}

/// As its maker calls it; the parser has names of its own.
fn browser(name: &str) -> &str {
    match name {
        "Google Search App" => "Google app",
        "InternetTVBrowser" => "TV",
        "SamsungBrowser" => "Samsung Internet",
        "Webview" => "App",
        other => other,
    }
}

/// Without a version: browsers call Windows 11 "Windows NT 10.0".
fn system(name: &str) -> Option<&str> {
    match name {
        "UNKNOWN" => None,
        "Mac OSX" | "Mac OS Classic" => Some("macOS"),
        "Windows Phone OS" => Some("Windows Phone"),
        windows if windows.starts_with("Windows") => Some("Windows"),
        other => Some(other),
    }
}
