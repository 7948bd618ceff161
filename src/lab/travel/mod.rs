//! Section 1 of the Lab: the two cookies, decoded, and how a token grows with what it says.

pub mod chart;
pub mod claims;
pub mod decode;
pub mod page;
pub mod sizes;

use serde_json::Value;

/// The cookies of a login. Secrets are masked.
pub struct Cookies {
    /// Those of who looks; else those of the demo user.
    pub own: bool,
    pub session: Cookie,
    /// `None` when the browser sent no valid token.
    pub token: Option<Token>,
}

pub struct Cookie {
    pub name: String,
    /// As in the `Set-Cookie` line, after the value.
    pub attributes: String,
    pub shown: String,
    pub value_bytes: usize,
}

pub struct Token {
    pub cookie: Cookie,
    /// Encoded: header, claims, signature.
    pub bytes: [usize; 3],
    pub header: Value,
    pub claims: Value,
}

/// How large a cookie with a token is, by its permissions: each was really signed.
#[derive(Clone)]
pub struct Sizes {
    pub algorithms: Vec<&'static str>,
    pub rows: Vec<SizeRow>,
    /// Of a session cookie, whatever its user may do.
    pub session_bytes: usize,
}

#[derive(Clone)]
pub struct SizeRow {
    pub permissions: usize,
    pub bytes: Vec<usize>,
}

impl SizeRow {
    pub fn largest(&self) -> usize {
        self.bytes.iter().copied().max().unwrap_or_default()
    }
}

impl Sizes {
    /// A cookie with a token of this algorithm, which says nothing of permissions.
    pub fn least_of(&self, algorithm: &str) -> Option<usize> {
        let at = self.algorithms.iter().position(|name| *name == algorithm)?;
        self.rows.first()?.bytes.get(at).copied()
    }

    /// With about how many permissions a cookie of the first algorithm passes this many bytes: between the two rows around
    /// it the size grows evenly.
    pub fn permissions_at(&self, bytes: usize) -> Option<usize> {
        self.rows.windows(2).find_map(|pair| {
            let (below, above) = (pair[0].bytes[0], pair[1].bytes[0]);
            let span = pair[1].permissions - pair[0].permissions;
            (below <= bytes && bytes < above).then(|| pair[0].permissions + span * (bytes - below) / (above - below))
        })
    }
}

/// Browsers keep no larger cookie: name and value (RFC 6265bis 5.6).
pub const COOKIE_BYTES_MAX: usize = 4_096;

/// What many servers and proxies take of one header line by default: 8 KiB.
pub const HEADER_BYTES_MAX: usize = 8_192;
