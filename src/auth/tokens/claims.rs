//! What an access token says (RFC 9068), typed strictly: a claim that is missing or of another type fails. Server side.

use serde::{Deserialize, Serialize};

use crate::auth::{
    revocations::set::{Granted, RevocationSubject},
    users::Role,
};

/// `typ` of the header (RFC 9068 2.1), so that no other kind of JWT passes for an access token.
pub const TYP: &str = "at+jwt";

/// `typ` of a token that says who has logged in, and opens nothing.
pub const ID_TOKEN: &str = "JWT";

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
    /// Of the token of an application: what it may do, in words with blanks between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Of the token of an application: what it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Empty where no user let it: the application acts for itself.
    pub id: String,
    /// The epoch of the application at minting.
    pub client_epoch: i64,
    /// The user whose application acts for itself; `epoch` is theirs then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Claims {
    /// Whether it is for our own pages, which have it in a cookie.
    pub fn is_of_page(&self) -> bool {
        self.grant.is_none() && self.client_id == BROWSER_CLIENT && self.aud == audience(&self.iss)
    }

    /// Whose requests wait for each other: those of a session, or of a grant without one.
    pub fn turn_of(&self) -> &str {
        self.grant.as_ref().map_or(&self.sid, |grant| &grant.id)
    }

    /// Whether it is for an application.
    pub fn is_granted(&self) -> bool {
        self.grant.is_some() && self.client_id != BROWSER_CLIENT && self.aud != audience(&self.iss)
    }

    /// What the revocations are asked about.
    pub fn revocation_subject(&self) -> RevocationSubject<'_> {
        let Self { sub, sid, epoch, global_epoch, client_id, grant, .. } = self;
        let granted = grant.as_ref().map(|grant| Granted {
            grant: &grant.id,
            client: client_id,
            client_epoch: grant.client_epoch,
        });
        let user_id = grant.as_ref().and_then(|grant| grant.owner.as_ref()).unwrap_or(sub);
        RevocationSubject { user_id, sid, epoch: *epoch, global_epoch: *global_epoch, granted }
    }
}

/// The audience of our API, under the issuer, for our own pages.
pub fn audience(issuer: &str) -> String {
    format!("{issuer}/api")
}

/// The same for applications: its name as a resource (RFC 8707, RFC 9728).
pub fn resource(issuer: &str) -> String {
    format!("{issuer}/api/v1")
}

/// A token that is ours, and was in its time.
#[derive(Clone, Debug)]
pub struct Verified {
    pub claims: Claims,
    /// The key that signed it.
    pub kid: String,
}
