//! What an access token says (RFC 9068), typed strictly: a claim that is missing or of another type fails. Server side.

use serde::{Deserialize, Serialize};

use crate::auth::{revocations::set::RevocationSubject, users::Role};

/// `typ` of the header (RFC 9068 2.1), so that no other kind of JWT passes for an access token.
pub const TYP: &str = "at+jwt";

/// `client_id` of our own pages.
pub const BROWSER_CLIENT: &str = "latchkey-web";

/// No name, no email: a JWT is readable by whoever holds it. About 650 bytes encoded with ES256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The base URL. A string: an array that contains it is refused.
    pub iss: String,
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// The session's public name.
    pub sid: String,
    /// The user's epoch at minting. Whole numbers, never `iat`: one second is too coarse to order two events.
    pub epoch: i64,
    /// The epoch of everyone that the session began in.
    pub global_epoch: i64,
    /// Seconds since the Unix epoch, like `nbf` and `exp`.
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    /// When the user last proved who they are (RFC 9470 needs it; the name is OpenID Connect's).
    pub auth_time: i64,
    pub jti: String,
    pub client_id: String,
    pub role: Role,
}

/// A token that is ours, and was in its time.
#[derive(Clone, Debug)]
pub struct Verified {
    pub claims: Claims,
    /// The key that signed it.
    pub kid: String,
}

impl Verified {
    /// What the revocations are asked about.
    pub fn revocation_subject(&self) -> RevocationSubject<'_> {
        let Claims { sub: user_id, sid, epoch, global_epoch, .. } = &self.claims;
        RevocationSubject { user_id, sid, epoch: *epoch, global_epoch: *global_epoch }
    }
}
