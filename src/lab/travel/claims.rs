//! What each field of our tokens is for, and who has defined it. Server side.

pub struct Field {
    pub name: &'static str,
    pub why: &'static str,
    pub source: &'static str,
}

macro_rules! fields {
    ($($name:literal $why:literal $source:literal)+) => {
        [$(Field { name: $name, why: $why, source: $source }),+]
    };
}

pub static HEADER: [Field; 3] = fields! {
    "typ" "The kind of JWT, so that no other kind passes for an access token." "RFC 9068, 2.1"
    "alg" "How it is signed. The verifier goes by its key and refuses any other value here." "RFC 7515, 4.1.1"
    "kid" "Which key signed it. Keys change; the published key set lists them by this name." "RFC 7515, 4.1.4"
};

pub static CLAIMS: [Field; 13] = fields! {
    "iss" "Who issued it. A token from another server is refused." "RFC 7519, 4.1.1"
    "aud" "Who it is for. A token for another API is refused." "RFC 7519, 4.1.3"
    "sub" "The user, by an ID that is never reused." "RFC 7519, 4.1.2"
    "sid" "The session it was issued for. When that ends, the token is revoked." "OpenID Connect Front-Channel Logout, 3"
    "epoch" "The user's epoch. It rises when every credential of the user is revoked." "Latchkey's own"
    "global_epoch" "Everyone's epoch. It rises when everyone is logged out." "Latchkey's own"
    "iat" "When it was issued." "RFC 7519, 4.1.6"
    "nbf" "Not valid before." "RFC 7519, 4.1.5"
    "exp" "When it expires on its own." "RFC 7519, 4.1.4"
    "auth_time" "When the user last entered the password. Sensitive actions need a recent one." "OpenID Connect Core, 2"
    "jti" "A name for this one token, for logs." "RFC 7519, 4.1.7"
    "client_id" "The program it was issued to." "RFC 8693, 4.3"
    "role" "The user's role when it was issued. A change of role revokes the token, since this would be out of date." "Latchkey's own"
};

pub const TIMES: [&str; 4] = ["iat", "nbf", "exp", "auth_time"];
