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
    known("typ", "What kind of JWT it is, so that no other kind passes for an access token.", "RFC 9068, 2.1"),
    known("alg", "How it is signed. The verifier goes by its key and refuses any other word here.", "RFC 7515, 4.1.1"),
    known(
        "kid",
        "Which key signed it. Keys change; the published document lists them by this name.",
        "RFC 7515, 4.1.4",
    ),
];

/// In the order of the token.
pub const CLAIMS: [Known; 13] = [
    known("iss", "Who made it. A token of another server is refused.", "RFC 7519, 4.1.1"),
    known("aud", "Whom it is for. A token for another API is refused.", "RFC 7519, 4.1.3"),
    known("sub", "The user, by an id that is never given to anybody else.", "RFC 7519, 4.1.2"),
    known(
        "sid",
        "The session that it was minted from. When that ends, the token is dead.",
        "OpenID Connect Front-Channel Logout, 3",
    ),
    known("epoch", "The user's epoch. It rises when every credential of the user must die.", "Latchkey's own"),
    known("global_epoch", "The epoch of everybody. It rises when everyone is logged out.", "Latchkey's own"),
    time("iat", "When it was made.", "RFC 7519, 4.1.6"),
    time("nbf", "From when it counts.", "RFC 7519, 4.1.5"),
    time("exp", "When it dies by itself. Nobody has to do anything for that.", "RFC 7519, 4.1.4"),
    time(
        "auth_time",
        "When the user last gave the password. Sensitive acts need a recent one.",
        "OpenID Connect Core, 2",
    ),
    known("jti", "A name for this one token, for logs.", "RFC 7519, 4.1.7"),
    known("client_id", "Which program it was given to.", "RFC 8693, 4.3"),
    known(
        "role",
        "What the user might do when it was made. A change of role kills the token, since this would be stale.",
        "Latchkey's own",
    ),
];

pub fn of(name: &str) -> Option<&'static Known> {
    HEADER.iter().chain(&CLAIMS).find(|known| known.name == name)
}
