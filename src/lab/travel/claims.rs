//! What each field of our tokens is for, and who has defined it. Both sides.

/// A field of the header, or a claim.
pub struct Known {
    pub name: &'static str,
    pub why: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// Seconds since the epoch.
    pub is_time: bool,
}

const fn known(name: &'static str, why: &'static str, source: &'static str) -> Known {
    Known { name, why, source, is_time: false }
}

const fn time(name: &'static str, why: &'static str, source: &'static str) -> Known {
    Known { name, why, source, is_time: true }
}

pub const HEADER: [Known; 3] = [
    known("typ", "The kind of JWT, so that no other kind passes for an access token.", "RFC 9068, 2.1"),
    known("alg", "How it is signed. The verifier goes by its key and refuses any other value here.", "RFC 7515, 4.1.1"),
    known("kid", "Which key signed it. Keys change; the published key set lists them by this name.", "RFC 7515, 4.1.4"),
];

/// In the order of the token.
pub const CLAIMS: [Known; 13] = [
    known("iss", "Who issued it. A token from another server is refused.", "RFC 7519, 4.1.1"),
    known("aud", "Who it is for. A token for another API is refused.", "RFC 7519, 4.1.3"),
    known("sub", "The user, by an ID that is never reused.", "RFC 7519, 4.1.2"),
    known(
        "sid",
        "The session it was issued for. When that ends, the token is revoked.",
        "OpenID Connect Front-Channel Logout, 3",
    ),
    known("epoch", "The user's epoch. It rises when every credential of the user is revoked.", "Latchkey's own"),
    known("global_epoch", "Everyone's epoch. It rises when everyone is logged out.", "Latchkey's own"),
    time("iat", "When it was issued.", "RFC 7519, 4.1.6"),
    time("nbf", "Not valid before.", "RFC 7519, 4.1.5"),
    time("exp", "When it expires on its own.", "RFC 7519, 4.1.4"),
    time(
        "auth_time",
        "When the user last entered the password. Sensitive actions need a recent one.",
        "OpenID Connect Core, 2",
    ),
    known("jti", "A name for this one token, for logs.", "RFC 7519, 4.1.7"),
    known("client_id", "The program it was issued to.", "RFC 8693, 4.3"),
    known(
        "role",
        "The user's role when it was issued. A change of role revokes the token, since this would be out of date.",
        "Latchkey's own",
    ),
];

pub fn of(name: &str) -> Option<&'static Known> {
    HEADER.iter().chain(&CLAIMS).find(|known| known.name == name)
}
