//! The authorization server (OAuth 2.1, OpenID Connect): applications are registered here, log users in here, and get
//! tokens for the API. Server side.
//!
//! The stories of logging in are those of the core, and so is what ends a grant: its session, its user, everyone. Protocol
//! types are our own and small: `oxide-auth` knows neither OpenID Connect nor PKCE for everyone, `oauth2-types` and
//! `openidconnect` bring a client's half and a second JOSE library along.

pub mod actions;
pub mod addresses;
pub mod allow;
pub mod answer;
pub mod authorize;
pub mod clients;
pub mod device;
pub mod discovery;
pub mod grants;
pub mod introspect;
pub mod load;
pub mod log_out;
pub mod mint;
pub mod notices;
pub mod params;
pub mod part;
pub mod refusal;
pub mod routes;
pub mod scope;
pub mod settings;
pub mod store;
pub mod ticket;
pub mod token;
