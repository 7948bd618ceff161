//! Where this installation is reached, worked out of the settings once: requests compare with it. Server side.

use url::{Origin, Url};

use super::config::Config;

/// The names of this installation, each as it stands in a token, a header or a link.
#[derive(Debug)]
pub struct Site {
    /// The base URL without a slash at the end: issuer of tokens, start of links.
    pub issuer: String,
    /// The audience of our API, under the issuer.
    pub audience: String,
    /// Whose forms are believed, as browsers write an origin: `https://accounts.example.com`.
    pub origins: Vec<String>,
    /// The values of `Host` that are ours.
    hosts: Vec<String>,
}

impl Site {
    pub fn of(config: &Config) -> Self {
        let base = config.base_url().origin();
        // Outside production the loopback names count as one.
        let names = if config.production() { &[][..] } else { &["localhost", "127.0.0.1", "[::1]"] };
        let loopback =
            names.iter().filter_map(|name| Url::parse(&format!("http://{name}:{}", config.addr.port())).ok());
        let all: Vec<Origin> = [base].into_iter().chain(loopback.map(|url| url.origin())).collect();
        let issuer = config.issuer();
        Self {
            audience: format!("{issuer}/api"),
            issuer,
            origins: all.iter().map(Origin::ascii_serialization).collect(),
            hosts: all.iter().flat_map(hosts).collect(),
        }
    }

    /// As bytes, case aside. A parser would read `accounts.exa%6dple.com`, a TAB or a user name as something else, and
    /// whoever stands in front reads it in yet another way.
    pub fn is_host(&self, host: &[u8]) -> bool {
        self.hosts.iter().any(|ours| ours.as_bytes().eq_ignore_ascii_case(host))
    }
}

/// With the port, and without it where it is the usual one.
fn hosts(origin: &Origin) -> Vec<String> {
    let Origin::Tuple(scheme, name, port) = origin else { return Vec::new() };
    let usual = matches!((&**scheme, port), ("http", 80) | ("https", 443));
    [format!("{name}:{port}")].into_iter().chain(usual.then(|| name.to_string())).collect()
}
