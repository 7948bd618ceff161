//! Settings that stop a start, and those that work and should not be. Server side.

use super::Finding;
use crate::{base::config::Config, web::assets};

pub fn look(config: &Config) -> Vec<Finding> {
    let always = [together(config), listening(config), package(config)];
    let sometimes = [cookies(config), proxies(config), reports(config), help(config), metrics(config)];
    always.into_iter().chain(sometimes.into_iter().flatten()).collect()
}

fn together(config: &Config) -> Finding {
    match config.check() {
        Err(words) => Finding::error_as_told("settings", &words),
        Ok(()) if config.production() => Finding::ok("settings", format!("production at {}", config.issuer())),
        Ok(()) => Finding::warning(
            "settings",
            format!("development at {}", config.issuer()),
            "for production, set LATCHKEY_BASE_URL to the https address",
        ),
    }
}

/// A TLS proxy stands in front; whoever gets round it gets round TLS, and says any address is theirs.
fn listening(config: &Config) -> Finding {
    let addr = config.addr;
    if addr.ip().is_loopback() {
        return Finding::ok("listening", format!("{addr}, which only this machine can reach"));
    }
    Finding::warning(
        "listening",
        format!("other machines can reach {addr} without TLS"),
        format!(
            "allow only the proxy in the firewall, or set LATCHKEY_ADDR=127.0.0.1:{} if the proxy is on this machine",
            addr.port()
        ),
    )
}

fn cookies(config: &Config) -> Option<Finding> {
    config.insecure_cookies.then(|| {
        Finding::warning(
            "cookies",
            "sent without Secure and the __Host- prefix: anyone on the network can read them",
            "unset LATCHKEY_INSECURE_COOKIES and use https or localhost",
        )
    })
}

/// Whoever is in such a range chooses the address that is counted and written down.
fn proxies(config: &Config) -> Option<Finding> {
    let all = config.trusted_proxies.iter().find(|range| range.prefix_len() == 0)?;
    Some(Finding::warning(
        "proxies",
        format!("{all} trusts everyone, so anyone can claim any IP address"),
        "set LATCHKEY_TRUSTED_PROXIES to the addresses or the network of your proxies only",
    ))
}

fn reports(config: &Config) -> Option<Finding> {
    let known = config.security_contact.as_ref().map(|contact| format!("security reports go to {contact}"));
    let missing = "missing, so no one knows where to report a security issue";
    contact(config, "security.txt", known, missing, "set LATCHKEY_SECURITY_CONTACT=mailto:security@example.com")
}

fn help(config: &Config) -> Option<Finding> {
    let known = config.support_contact.as_ref().map(|contact| format!("users are told to contact {}", contact.words));
    let missing = "no contact, so users are told to contact their administrator, but not how";
    contact(config, "support", known, missing, "set LATCHKEY_SUPPORT_CONTACT=help@example.com")
}

/// In production someone has to be named.
fn contact(config: &Config, what: &'static str, known: Option<String>, missing: &str, fix: &str) -> Option<Finding> {
    match known {
        Some(known) => Some(Finding::ok(what, known)),
        None => config.production().then(|| Finding::warning(what, missing, fix)),
    }
}

fn metrics(config: &Config) -> Option<Finding> {
    let addr = config.metrics_addr.filter(|addr| !addr.ip().is_loopback())?;
    Some(Finding::warning(
        "metrics",
        format!("anyone who can reach {addr} sees how much is going on"),
        "allow only your monitoring in the firewall, or set LATCHKEY_METRICS_ADDR to a loopback address",
    ))
}

fn package(config: &Config) -> Finding {
    let options = assets::leptos_options();
    match assets::missing(&options) {
        None => Finding::ok("package", format!("found at {}", options.site_root)),
        Some(missing) if config.production() => Finding::error(
            "package",
            format!("not complete: {missing} is missing, so the server won't start"),
            "copy site/ and hash.txt next to the program",
        ),
        Some(missing) => Finding::warning(
            "package",
            format!("not complete: {missing} is missing, so pages have no style or work without JavaScript"),
            "build it with `cargo xtask build`",
        ),
    }
}
