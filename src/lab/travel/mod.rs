//! What travels with a request: the two cookies, decoded, and how a token grows with what it says.

pub mod chart;
pub mod claims;
#[cfg(feature = "ssr")]
pub mod decode;
#[cfg(feature = "ssr")]
pub mod load;
pub mod page;
#[cfg(feature = "ssr")]
pub mod sizes;

/// The first section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Travel {
    /// `None` for who has neither a log-in nor a visit.
    pub cookies: Option<Cookies>,
    pub sizes: Sizes,
}

/// The cookies of a log-in. Secrets are masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookies {
    /// Those of who looks; else those of the demo user.
    pub own: bool,
    pub session: Cookie,
    /// `None` when the browser sent no token that counts.
    pub token: Option<Token>,
}

/// Numbers are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    /// As in the `Set-Cookie` line, after the value.
    pub attributes: String,
    /// The value, masked.
    pub shown: String,
    pub value_bytes: usize,
}

impl Cookie {
    /// Name and value: what browsers limit.
    pub fn bytes(&self) -> usize {
        self.name.len() + self.value_bytes
    }
}

/// An access token, verified before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub cookie: Cookie,
    /// Encoded: header, claims, signature.
    pub parts: [usize; 3],
    pub header: Vec<Said>,
    pub claims: Vec<Said>,
}

/// A field of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub name: String,
    /// As JSON.
    pub value: String,
    pub time: Option<Time>,
}

/// A time that a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Milliseconds since the epoch.
    pub ms: i64,
    /// Milliseconds until then; below zero when it is past.
    pub in_ms: i64,
}

/// How large a cookie with a token is, by its permissions: each was really signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub algorithms: Vec<String>,
    pub rows: Vec<SizeRow>,
    /// Name and value of a session cookie, whatever its user may do.
    pub session_bytes: usize,
    /// This server refuses a longer token.
    pub token_bytes_max: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeRow {
    pub permissions: usize,
    /// Name and value, by algorithm.
    pub bytes: Vec<usize>,
}

impl Sizes {
    /// The largest of a row.
    pub fn largest(row: &SizeRow) -> usize {
        row.bytes.iter().copied().max().unwrap_or_default()
    }

    /// With about how many permissions a cookie of the first algorithm passes this many bytes: between the two rows around
    /// it the size grows evenly.
    pub fn permissions_at(&self, bytes: usize) -> Option<usize> {
        let first = |row: &SizeRow| row.bytes.first().copied().unwrap_or_default();
        self.rows.windows(2).find_map(|pair| {
            let (below, above) = (first(&pair[0]), first(&pair[1]));
            let passes = below <= bytes && bytes < above;
            let span = pair[1].permissions - pair[0].permissions;
            passes.then(|| pair[0].permissions + span * (bytes - below) / (above - below))
        })
    }
}

/// Browsers keep no larger cookie: name and value (RFC 6265bis 5.6).
pub const COOKIE_BYTES_MAX: usize = 4_096;

/// What many servers and proxies take of one header line by default: 8 KiB.
pub const HEADER_BYTES_MAX: usize = 8_192;
